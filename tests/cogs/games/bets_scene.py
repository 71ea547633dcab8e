"""A chat in which games may be played."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pixel_bot.testing import SettableClock, Stage, stage
from tests.harness.database import findings, rows


@asynccontextmanager
async def game(
    folder: Path, clock: SettableClock | None = None, points: int = 1_000, **settings: Any
) -> AsyncGenerator[Stage]:
    """A stage with games on and the stream on. Alice, bob and carol have so many points, and mia is a mod."""
    rules: dict[str, Any] = {"games": True, "games_day_loss": 0, "cogs_off": OTHERS, **settings}
    async with stage(folder, clock, **rules) as chat:
        await chat.goes_live()
        for name in ("alice", "bob", "carol"):
            await chat.viewer(name, points=points)
        yield chat


OTHERS = (
    "clips,commands,counters,gamble,giveaways,greetings,levels,lineup,pixel,quotes,roulette,slots,sounds,speech,thanks,"
    "timers,wheel"
)
"""Cogs that have nothing to do with games."""


async def owned(chat: Stage) -> list[int]:
    """What alice, bob and carol have."""
    return [await chat.points(name) for name in ("alice", "bob", "carol")]


async def all_is_over(chat: Stage) -> None:
    """No round is open, and the ledger is exact."""
    assert await rows(chat, "SELECT id FROM rounds WHERE state = 'open'") == []
    assert await findings(chat.bot) == []
