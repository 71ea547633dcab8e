"""People who come for the first time or under another name, and what they are worth."""

from pathlib import Path
from typing import Any

from sqlalchemy import text

from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.ledger import Entry, post
from pixel_bot.points.levels import Gain
from pixel_bot.services import Services
from tests.harness.seed import place_of, query


def person(platform_id: str, login: str) -> Person:
    return Person(platform_id, login, login)


def joystick(platform_id: str, login: str) -> Person:
    return Person(platform_id, login, login, "joystick")


async def admitted(services: Services, *people: Person) -> dict[Person, int]:
    async with services.database.write() as session:
        return {who: known.id for who, known in (await services.viewers.upsert(session, people)).items()}


async def endowed(services: Services, who: Person, points: int, xp: int) -> Viewer:
    """Somebody with points and XP."""
    viewer = await services.viewers.meet(who)
    now = services.clock.now()
    async with services.database.write() as session:
        await post(session, [Entry(viewer.id, points, "test", now)])
        await services.levels.add(session, [Gain(viewer.id, viewer.name, viewer.display_name, xp, now)])
    return viewer


async def worth(services: Services, user_id: int) -> tuple[str, int, int]:
    """Name, points and XP of one row."""
    async with services.database.readers() as session:
        row = (
            await session.execute(
                text(
                    "SELECT u.name, u.points, COALESCE(x.xp, 0) FROM users u "
                    "LEFT JOIN xp_records x ON x.user_name = u.name WHERE u.id = :id"
                ),
                {"id": user_id},
            )
        ).one()
    return row[0], row[1], row[2]


async def table(services: Services, sql: str) -> list[tuple[Any, ...]]:
    return query(place_of(services.database), sql)


def file_of(services: Services) -> Path | str:
    return place_of(services.database)
