"""Imports of points: each list is paid once, in one transaction, and undone in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import Change
from pixel_bot.errors import BadAmount
from pixel_bot.imports.accounts import ImportAccounts, find
from pixel_bot.imports.errors import BatchUndone, ImportRefused, UnknownBatch
from pixel_bot.imports.files import PointFile
from pixel_bot.points import ledger, mod_changes
from pixel_bot.points.ledger import Entry
from pixel_bot.points.mod_changes import CHUNK, Reversal
from pixel_bot.texts import count

ACTOR = "import"
"""The actor of these changes, which is no viewer."""


@dataclass(frozen=True, slots=True)
class Batch:
    """An active import: its name and when it was made."""

    name: str
    made: datetime


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """Dry run of an import.

    Attributes:
        new: how many of its people have no row yet.
        standing: the active import of the same list, if any.
        others: other active imports that paid some of these people, with how many.
    """

    new: int
    standing: Batch | None
    others: Sequence[tuple[Batch, int]]


class Imports:
    """Pays and undoes imports."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def preview(self, file: PointFile) -> ImportPreview:
        """Dry run: what the import would find. Read only."""
        async with self._database.readers() as session:
            known: set[int] = set()
            new = 0
            for start in range(0, len(file.people), CHUNK):
                found = await find(session, file.people[start : start + CHUNK])
                new += sum(f.user is None for f in found)
                known |= {f.account for f in found if f.account is not None}
            batches = await _standing(session)
            others = [(b, await _paid_by(session, change, known)) for change, b in batches if b.name != file.batch]
        return ImportPreview(
            new,
            next((b for _, b in batches if b.name == file.batch), None),
            [(b, people) for b, people in others if people],
        )

    async def pay(self, file: PointFile, name: str) -> Batch | None:
        """Add the points of a list to the balances of its people; new viewers are created.

        Args:
            file: the list.
            name: the file's name, stored with every ledger row.

        Returns:
            None when it was paid now; else the active import of the same list, and nothing was changed.

        Raises:
            ImportRefused: a balance would exceed its limit. Nothing was changed.
        """
        now = self._clock.now()
        # Looked up before the transaction, which holds the writer lock of the whole database while it is open.
        known = await self._known(file)
        try:
            async with self._database.write() as session:
                standing = next((b for _, b in await _standing(session) if b.name == file.batch), None)
                if standing is not None:
                    return standing
                change = await _record(session, file, name, now)
                await _post(session, file, known, change, name, now)
        except BadAmount as exc:
            raise ImportRefused(f"{exc} Nothing was changed.") from exc
        return None

    async def undo(self, batch: str) -> Reversal:
        """Undo an import: take its points back, as far as they are not spent.

        Raises:
            UnknownBatch: there is no such import.
            BatchUndone: it was undone before.
        """
        now = self._clock.now()
        async with self._database.write() as session:
            undone = await session.execute(
                update(Change)
                .where(Change.batch == batch, Change.undone_at.is_(None))
                .values(undone_at=now)
                .returning(Change.id)
            )
            change = undone.scalar()
            if change is None:
                last = select(Change.undone_at).where(Change.batch == batch).order_by(Change.id.desc()).limit(1)
                before = (await session.execute(last)).scalar()
                raise UnknownBatch(batch) if before is None else BatchUndone(batch, local(before))
            return await mod_changes.reverse(session, change, now, f"{ACTOR} {batch}")

    async def _known(self, file: PointFile) -> list[int | None]:
        """The rows of known people; None for those who are new, or whose Twitch id is not bound yet."""
        known: list[int | None] = []
        async with self._database.readers() as session:
            for start in range(0, len(file.people), CHUNK):
                found = await find(session, file.people[start : start + CHUNK])
                known += [None if f.unbound else f.user for f in found]
        return known


def local(moment: datetime) -> str:
    """The moment in the streamer's local time."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


async def _post(
    session: AsyncSession, file: PointFile, known: Sequence[int | None], change: int, name: str, now: datetime
) -> None:
    accounts = ImportAccounts(session, now)
    for start in range(0, len(file.people), CHUNK):
        people = file.people[start : start + CHUNK]
        users = await accounts.of(people, known[start : start + CHUNK])
        await ledger.post(
            session,
            [
                Entry(u, p.points, "import", now, change_id=change, note=name)
                for u, p in zip(users, people, strict=True)
            ],
        )


async def _record(session: AsyncSession, file: PointFile, name: str, now: datetime) -> int:
    summary = f"import {count(file.total, 'point')} for {count(len(file.people), 'viewer')} from {name}"
    values = {"actor": ACTOR, "summary": summary, "created_at": now, "batch": file.batch}
    return (await session.execute(insert(Change).values(values).returning(Change.id))).scalar_one()


async def _standing(session: AsyncSession) -> list[tuple[int, Batch]]:
    """The active imports, each with its change id."""
    query = select(Change.id, Change.batch, Change.created_at).where(
        Change.batch.is_not(None), Change.undone_at.is_(None)
    )
    return [(change, Batch(batch or "", made)) for change, batch, made in await session.execute(query)]


async def _paid_by(session: AsyncSession, change: int, accounts: set[int]) -> int:
    """How many of these accounts an import paid."""
    rows = await session.execute(
        sql(
            "SELECT DISTINCT COALESCE(u.merged_into, u.id) FROM transactions t JOIN users u ON u.id = t.user_id "
            "WHERE t.change_id = :change"
        ),
        {"change": change},
    )
    return len(accounts.intersection(rows.scalars()))
