"""A bot with rows that are backed up."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.seed import url_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def fill(file: Path) -> None:
    settings = settings_in(file.parent, database_url=url_of(file))
    async with opened(settings, "live", SettableClock()) as services:
        streamer = await services.viewers.meet(Person("1", "pixel_street", "Pixel_Street"))
        for number in range(10):
            viewer = await services.viewers.meet(Person(f"9{number}", f"fan_{number}", f"Fan_{number}"))
            await services.economy.add(streamer, viewer, 100)


def database_of(services: Services) -> Path:
    assert services.database.path is not None
    return services.database.path


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())
