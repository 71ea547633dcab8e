"""Lists of points, and what their import left in the database."""

from pathlib import Path
from typing import Any

from pixel_bot.imports.files import PointFile, read_point_file
from pixel_bot.model.people import Viewer
from pixel_bot.points.ledger import Entry, post
from pixel_bot.services import Services
from tests.harness.database import rows

MOD = Viewer(0, "mod", "Mod", 0)
Row = tuple[Any, ...]


def listed(folder: Path, *lines: str) -> PointFile:
    return read_point_file(written(folder, *lines))


def written(folder: Path, *lines: str, name: str = "points.csv") -> Path:
    file = folder / name
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


async def balances(services: Services) -> dict[str, int]:
    return {row[0]: row[1] for row in await rows(services, "SELECT name, points FROM users")}


async def spend(services: Services, name: str, amount: int) -> None:
    viewer = await services.viewers.find(name)
    async with services.database.write() as session:
        await post(session, [Entry(viewer.id, -amount, "redeem:tts", services.clock.now())])
