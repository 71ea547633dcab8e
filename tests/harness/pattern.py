"""A fresh database for each test: made by the migrations once in each process, and copied from then on."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pixel_bot.bot.bot import PixelBot
from pixel_bot.db.engine import Database
from pixel_bot.run.running_bot import opened
from pixel_bot.settings import Mode
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.upkeep.upgrade import upgrade
from tests.harness.seed import url_of


@cache
def pattern() -> bytes:
    """The file of an empty database, as the migrations leave it."""
    return _made_by(_migrate)


@cache
def started_pattern(mode: Mode) -> bytes:
    """The same after the first start of a bot in that mode, which writes its mark and the prices of the cogs."""
    return _made_by(lambda path: _start(path, mode))


def fresh(path: Path) -> None:
    """Put an empty database there, unless something is there already."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pattern())


def fresh_file(folder: Path, mode: Mode) -> str:
    """The URL of the file that is a mode's own in that folder, with a database in it when it was not there."""
    path = folder / ("pixel.db" if mode == "live" else "sandbox.db")
    if folder.is_dir() and not path.exists():
        path.write_bytes(started_pattern(mode))
    return url_of(path)


def _made_by(make: Callable[[Path], Coroutine[None, None, None]]) -> bytes:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as elsewhere:
        path = Path(folder) / "pattern.db"
        elsewhere.submit(asyncio.run, make(path)).result()
        return path.read_bytes()


async def _migrate(path: Path) -> None:
    database = Database(url_of(path))
    try:
        await upgrade(database, path.parent / "backups")
    finally:
        await database.close()


async def _start(path: Path, mode: Mode) -> None:
    path.write_bytes(pattern())
    async with opened(
        settings_in(path.parent, database_url=url_of(path), cogs_off=""), mode, SettableClock()
    ) as services:
        bot = PixelBot(services)
        await bot.setup_hook()
        await bot.backends.close()
        await bot.close(save_tokens=False)
