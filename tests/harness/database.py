"""What stands in a bot's database, and whether it is consistent: for whatever a test has the database by."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import text

from pixel_bot.db.engine import Database
from pixel_bot.services import Services, curve_of
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.check import check
from tests.harness.seed import url_of


class HasServices(Protocol):
    """A bot, a stage or an app: what has the services."""

    @property
    def services(self) -> Services:
        """The services of the bot."""
        ...


Place = Database | Services | HasServices | Path
"""What a test has a database by; a path is that of a SQLite file, which is opened and closed again."""


async def rows(place: Place, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """All rows of a query, with ``:name`` in it for each of the values."""
    async with opened(place) as database, database.readers() as session:
        return [tuple(row) for row in await session.execute(text(sql), values)]


async def findings(place: Place) -> list[str]:
    """What the bot's own check of its database finds; nothing when all is consistent."""
    if isinstance(place, Path):
        curve = curve_of(settings_in(place.parent))
    elif isinstance(place, Database):
        curve = curve_of(settings_in(Path()))
    else:
        curve = services_of(place).levels.curve
    async with opened(place) as database, database.readers() as session:
        return await check(session, curve.level_of)


@asynccontextmanager
async def opened(place: Place) -> AsyncGenerator[Database]:
    """The database there; one that was opened for this is closed afterwards."""
    if isinstance(place, Database):
        yield place
    elif isinstance(place, Path):
        database = Database(url_of(place))
        try:
            yield database
        finally:
            await database.close()
    else:
        yield services_of(place).database


def services_of(place: Services | HasServices) -> Services:
    """The services themselves, or those of a bot."""
    return place if isinstance(place, Services) else place.services
