"""A chat whose bot takes channel points."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pixel_bot.bot.redemptions import RedemptionHandler, reward_texts
from pixel_bot.platforms.twitch.events.frames import frame_of
from pixel_bot.platforms.twitch.events.redemptions import ADDED, UPDATED, parse_redemption
from pixel_bot.platforms.twitch.redemptions import Redemptions
from pixel_bot.platforms.twitch.rewards import Rewards
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from pixel_bot.testing import Stage, stage
from tests.harness.database import rows
from tests.harness.waiting import until
from tests.redeems.near_twitch import QUICK, NearTwitch


class Channel:
    """A chat whose bot takes channel points of a near Twitch."""

    def __init__(self, chat: Stage, twitch: NearTwitch) -> None:
        bot = chat.bot
        self.chat, self.twitch, self.bot = chat, twitch, bot
        self.channel_points = bot.services.channel_points
        self.rewards = Rewards(twitch, self.channel_points, bot.redeems, STREAMER.id, lambda: reward_texts(bot), QUICK)
        self.redemptions = Redemptions(
            twitch, self.channel_points, chat.clock, STREAMER.id, RedemptionHandler(bot, self.channel_points), QUICK
        )
        bot.channel_points = self.rewards
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(w.run()) for w in (self.rewards, self.redemptions)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def offer(self, key: str = "sound", cost: int = 500) -> str:
        """A redeem is for channel points. Returns the reward's id."""
        return (await self.rewards.switch_on(key, cost)).reward_id or ""

    def redeem(self, login: str, reward_id: str, user_input: str = "") -> Json:
        """Somebody redeems, and the bot hears of it."""
        event = self.twitch.redeem(sandbox_user(login, name=login.title()), reward_id, user_input)
        self.hear(ADDED, event)
        return event

    def reject(self, event: Json, *, told: bool = True) -> None:
        """A mod rejects a redemption in Twitch's own queue."""
        self.twitch.settle(event["id"], "CANCELED")
        if told:
            self.hear(UPDATED, event | {"status": "canceled"})

    def hear(self, kind: str, event: Json) -> None:
        subscription: Json = {"id": "s", "type": kind, "version": "1", "condition": {}, "status": "enabled"}
        heard = parse_redemption(frame_of(frames.notification(subscription, event, "m", self.chat.clock.now())))
        assert heard is not None
        self.redemptions.on_event(heard)

    async def becomes(self, event: Json, status: str) -> None:
        """Wait until Twitch has a redemption at that status, and the bot knows that it has."""

        async def is_there() -> bool:
            known = await self.rows(
                "SELECT 1 FROM redemptions WHERE id = :id AND reported_at IS NOT NULL", id=event["id"]
            )
            return self.twitch.status(event) == status and bool(known)

        await until(is_there)

    async def waits(self, count: int) -> None:
        """Wait until so many items were put into the queue since the start."""

        async def is_there() -> bool:
            return (await self.rows("SELECT COUNT(*) FROM queue_items"))[0][0] >= count

        await until(is_there)

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        return await rows(self.bot, query, **values)

    async def said(self, *parts: str) -> str:
        """Wait until the bot has said something with all of these in it. Returns it."""
        await until(lambda: any(all(p in line for p in parts) for line in self.chat.sent))
        return next(line for line in self.chat.sent if all(p in line for p in parts))


@asynccontextmanager
async def channel_in(folder: Path, twitch: NearTwitch, **options: Any) -> AsyncGenerator[Channel]:
    async with stage(folder, twitch.clock, **options) as chat:
        channel = Channel(chat, twitch)
        channel.start()
        try:
            yield channel
        finally:
            await channel.stop()
