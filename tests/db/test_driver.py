"""The connection to a SQLite file and its thread."""

import asyncio
from pathlib import Path

from pixel_bot.db.driver import connect

SECONDS = 10


async def test_a_close_that_is_overtaken_by_a_stop_ends(tmp_path: Path) -> None:
    """Whoever is cancelled while SQLAlchemy closes a connection stops its thread, too."""
    connection = await connect(tmp_path / "pixel.db")
    closing = asyncio.create_task(connection.close())
    await asyncio.sleep(0)
    connection.stop()
    async with asyncio.timeout(SECONDS):
        await closing


async def test_it_can_be_stopped_and_closed_again(tmp_path: Path) -> None:
    connection = await connect(tmp_path / "pixel.db")
    async with asyncio.timeout(SECONDS):
        await connection.close()
        await connection.close()
        connection.stop()
