"""Viewers with points, and their rows in the ledger."""

from collections.abc import Sequence

from pixel_bot.model.people import Person, Viewer
from pixel_bot.points import ledger
from pixel_bot.points.ledger import Entry, post
from pixel_bot.services import Services

Change = tuple[Viewer, int]


async def met(services: Services, name: str, points: int = 0) -> Viewer:
    """A viewer who has so many points."""
    viewer = await services.viewers.meet(Person(f"id-{name}", name, name))
    if points:
        await posted(services, [(viewer, points)])
    return await services.viewers.find(name)


async def posted(services: Services, changes: Sequence[Change]) -> dict[int, int]:
    now = services.clock.now()
    async with services.database.write() as session:
        return await post(session, [Entry(viewer.id, amount, "test", now) for viewer, amount in changes])


async def points(services: Services, viewer: Viewer) -> int:
    async with services.database.readers() as session:
        return await ledger.balance_of(session, viewer.id)


async def history(services: Services, viewer: Viewer) -> list[tuple[int, str, int]]:
    """Amount, reason and balance, oldest first."""
    found = await services.economy.history(viewer, 1_000)
    return [(row.amount, row.reason, row.balance_after) for row in reversed(found)]
