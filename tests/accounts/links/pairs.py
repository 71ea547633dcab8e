"""Two accounts that may be linked, and what each is worth."""

from dataclasses import dataclass

from pixel_bot.accounts.merge import Linked
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.ledger import Entry, post
from pixel_bot.points.levels import Gain
from pixel_bot.services import Services
from tests.harness.database import rows

MOD = Viewer(0, "mod", "Mod", 0)


def here(login: str) -> Person:
    return Person(f"id-{login}", login, login)


async def pay(services: Services, viewer: Viewer, points: int = 0, xp: int = 0) -> None:
    now = services.clock.now()
    async with services.database.write() as session:
        await post(session, [Entry(viewer.id, points, "test", now)] if points else [])
        await services.levels.add(session, [Gain(viewer.id, viewer.name, viewer.display_name, xp, now)] if xp else [])


async def worth(services: Services, user_id: int) -> tuple[int, int, int]:
    """Points, XP and level of one row, as it is."""
    query = (
        "SELECT u.points, COALESCE(x.xp, 0), COALESCE(x.level, 1) FROM users u "
        "LEFT JOIN xp_records x ON x.user_name = u.name WHERE u.id = :id"
    )
    ((points, xp, level),) = await rows(services, query, id=user_id)
    return points, xp, level


@dataclass(frozen=True)
class Pair:
    """Alice on Twitch with 50 points and 600 XP, and on Joystick.tv with 30 points and 700 XP."""

    kept: Viewer
    merged: Viewer


async def link(services: Services, pair: Pair) -> Linked:
    asked = await services.links.ask(pair.merged, public=False)
    linked = await services.links.give(pair.kept, asked.code)
    assert isinstance(linked, Linked)
    return linked
