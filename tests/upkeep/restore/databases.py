"""A backup and the database that it replaces."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from pixel_bot.db.meta import Mode
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings
from tests.harness.seed import url_of

BALANCES = "SELECT name, points FROM users WHERE points > 0 ORDER BY name"
THEN, SINCE = [("alice", 100)], [("alice", 100), ("bob", 50)]
"""Balances when the backup was made, and those of the database that is there now."""


async def grant(services: Services, login: str, points: int) -> None:
    streamer = await services.viewers.meet(Person("1", "pixel_street", "Pixel_Street"))
    viewer = await services.viewers.meet(Person(f"id-{login}", login, login))
    await services.economy.add(streamer, viewer, points)


@asynccontextmanager
async def in_use(file: Path, mode: Mode = "live") -> AsyncGenerator[Services]:
    settings = settings_in(file.parent, database_url=url_of(file))
    async with opened(settings, mode, SettableClock()) as services:
        yield services


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files but the lock, which belongs to nobody's data."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def aside_of(present: Path) -> Path:
    (aside,) = present.parent.glob("pixel_*.before-restore.db")
    return aside


async def is_right(file: Path) -> bool:
    return not await findings(file)
