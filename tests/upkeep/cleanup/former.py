"""Items and events of former days."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, text

from pixel_bot.db.json_rows import fold, unfold
from pixel_bot.db.models import QueueItem, stamp
from pixel_bot.model.people import Person
from pixel_bot.services import Services

DAY = timedelta(days=1)
ALICE = Person("9", "alice", "Alice")


async def put_item(services: Services, days_ago: float | None, status: str = "done", **values: Any) -> int:
    """An item that ended so many days ago (None: it has not). Returns its id."""
    now = services.clock.now()
    ended = None if days_ago is None else now - timedelta(days=days_ago)
    row: dict[str, Any] = {
        "kind": "effect",
        "status": status,
        "payload_json": {},
        "created_at": now - 30 * DAY,
        "cost": 0,
    }
    async with services.database.write() as session:
        made = await session.execute(
            insert(QueueItem).values(**(row | {"finished_at": ended, "told": True} | values)).returning(QueueItem.id)
        )
        return made.scalar_one()


async def put_events(services: Services, rows: Sequence[tuple[str, str]], days_ago: float) -> None:
    """Events of so many days ago: id and kind."""
    at = stamp(services.clock.now() - timedelta(days=days_ago))
    async with services.database.write() as session:
        source = unfold(session, {"id": "text", "kind": "text", "at": "timestamp"})
        await session.execute(
            text(
                "INSERT INTO events (id, kind, points, xp, created_at) "
                f"SELECT row.id, row.kind, 1, 1, row.at FROM {source}"
            ),
            {"rows": fold([(*row, at) for row in rows])},
        )


async def column(services: Services, statement: str) -> list[Any]:
    async with services.database.readers() as session:
        return list((await session.execute(text(statement))).scalars())
