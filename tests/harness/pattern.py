"""A fresh database for each test: made by the migrations once in each process, and copied from then on."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pixel_bot.db.engine import Database
from pixel_bot.settings import Mode
from pixel_bot.upkeep.upgrade import upgrade
from tests.harness.seed import url_of


@cache
def pattern() -> bytes:
    """The file of an empty database, as the migrations leave it."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as elsewhere:
        path = Path(folder) / "pattern.db"
        elsewhere.submit(asyncio.run, _make(path)).result()
        return path.read_bytes()


def fresh(path: Path) -> None:
    """Put an empty database there, unless something is there already."""
    if not path.exists():
        path.write_bytes(pattern())


def fresh_file(folder: Path, mode: Mode) -> str:
    """The URL of the file that is a mode's own in that folder, with an empty database in it when it was not there."""
    path = folder / ("pixel.db" if mode == "live" else "sandbox.db")
    if folder.is_dir():
        fresh(path)
    return url_of(path)


async def _make(path: Path) -> None:
    database = Database(url_of(path))
    try:
        await upgrade(database, path.parent / "backups")
    finally:
        await database.close()
