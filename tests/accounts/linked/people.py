"""Two accounts that are one, and what they are worth."""

from pathlib import Path
from typing import Any

from pixel_bot.accounts.merge import Linked
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.ledger import Entry, post
from pixel_bot.services import Services
from pixel_bot.testing import there
from tests.harness.seed import place_of, query

MOD = Viewer(0, "mod", "Mod", 0)
HERE = Person("1", "alice", "Alice")
THERE = there("Ally")


async def link(services: Services, one: Person = HERE, other: Person = THERE) -> Linked:
    kept, merged = await services.viewers.meet(one), await services.viewers.meet(other)
    asked = await services.links.ask(merged, public=False)
    linked = await services.links.give(kept, asked.code)
    assert isinstance(linked, Linked)
    return linked


def table(services: Services, sql: str) -> list[tuple[Any, ...]]:
    return query(path_of(services), sql)


def path_of(services: Services) -> Path | str:
    return place_of(services.database)


def worth(services: Services, name: str) -> tuple[int, int]:
    ((points,),) = table(services, f"SELECT points FROM users WHERE name = '{name}'")
    xp = table(services, f"SELECT xp FROM xp_records WHERE user_name = '{name}'")
    return points, xp[0][0] if xp else 0


# The ledger follows


async def pay(services: Services, *entries: tuple[int, int]) -> dict[int, int]:
    now = services.clock.now()
    async with services.database.write() as session:
        return await post(session, [Entry(user, amount, "test", now) for user, amount in entries])
