"""What tests of channel points look at and wait for."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.channel_points import Redemption, Reward
from pixel_bot.sandbox.twitch.users import sandbox_user
from tests.harness.database import rows
from tests.harness.page_double import PageDouble, page_double
from tests.harness.twitch_harness import Harness

ALICE = sandbox_user("alice", name="Alice")
COST = 100
ADDED = "channel.channel_points_custom_reward_redemption.add"
SECONDS = 30.0


@asynccontextmanager
async def page_of(app: LiveApp, before: PageDouble | None = None) -> AsyncGenerator[PageDouble]:
    """The overlay page; one that was open before remembers what it played."""
    async with page_double(app.web.address, app.services.overlay.key) as page:
        if before is not None:
            page.ended = before.ended
        yield page


async def until(home: Harness, is_there: Callable[[], bool]) -> None:
    """Wait for a change of the double's channel points."""
    changed = asyncio.Event()
    home.twitch.changed.add(changed.set)
    try:
        async with asyncio.timeout(SECONDS):
            while not is_there():
                await changed.wait()
                changed.clear()
    finally:
        home.twitch.changed.discard(changed.set)


def ours(home: Harness) -> list[Reward]:
    return [reward for reward in home.twitch.points.rewards.values() if reward.client_id]


async def offered(home: Harness, cost: int = COST, cooldown: int = 0) -> Reward:
    """``!sound`` is a reward."""
    await home.ask("", f"!redeem cooldown sound {cooldown}", "broadcaster")
    answer = await home.ask("", f"!redeem native on sound {cost}", "broadcaster")
    assert answer == f"sound is a reward now, for {cost} channel points."
    (reward,) = ours(home)
    return reward


def status_of(home: Harness, made: Redemption) -> str:
    return home.twitch.points.redemptions[made.id].status


async def becomes(home: Harness, made: Redemption, status: str) -> None:
    await until(home, lambda: status_of(home, made) == status)


def balance(home: Harness) -> int:
    return home.twitch.points.balance_of(ALICE)


async def items(app: LiveApp) -> list[str]:
    return [status for (status,) in await rows(app, "SELECT status FROM queue_items ORDER BY id")]


async def ledger(app: LiveApp) -> list[tuple[Any, ...]]:
    """All rows but those for being there."""
    query = "SELECT user_id, reason, amount FROM transactions WHERE reason NOT IN ('chat', 'watch')"
    return await rows(app, query)
