"""Points that come from another bot: paid once for each list, in one transaction, and taken back in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import Change
from pixel_bot.errors import BadAmount, BatchUndone, ImportRefused, UnknownBatch
from pixel_bot.imports.accounts import ImportAccounts, find
from pixel_bot.imports.files import PointFile
from pixel_bot.points import ledger, mod_changes
from pixel_bot.points.ledger import Entry
from pixel_bot.points.mod_changes import CHUNK, Reversal
from pixel_bot.texts import count

ACTOR = "import"
"""Whose changes these are: nobody's in chat."""


@dataclass(frozen=True, slots=True)
class Batch:
    """An import that stands: its name and when it was made."""

    name: str
    made: datetime


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import would meet.

    Attributes:
        new: how many of its people are not known yet.
        standing: the same list, when it was imported already and not taken back.
        others: other imports that stand and have paid some of these people, with how many.
    """

    new: int
    standing: Batch | None
    others: Sequence[tuple[Batch, int]]


class Imports:
    """Pays lists of points, and takes them back."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def preview(self, file: PointFile) -> ImportPreview:
        """What is there already. Changes nothing."""
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
        """Add the points of a list to the balances of its people; who is new is created.

        Args:
            file: the list.
            name: of the file, kept with every row.

        Returns:
            None when it was paid now; else the import of the same list that stands already, and nothing was changed.

        Raises:
            ImportRefused: somebody would have more than a balance can hold. Nothing was changed.
        """
        now = self._clock.now()
        # While this transaction is open nobody else writes, so whatever can be looked up before is.
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
        """Take the points of an import back, as far as they are still there.

        Raises:
            UnknownBatch: there is no such import.
            BatchUndone: it was taken back before.
        """
        now = self._clock.now()
        async with self._database.write() as session:
            struck = await session.execute(
                update(Change)
                .where(Change.batch == batch, Change.undone_at.is_(None))
                .values(undone_at=now)
                .returning(Change.id)
            )
            change = struck.scalar()
            if change is None:
                last = select(Change.undone_at).where(Change.batch == batch).order_by(Change.id.desc()).limit(1)
                before = (await session.execute(last)).scalar()
                raise UnknownBatch(batch) if before is None else BatchUndone(batch, local(before))
            return await mod_changes.reverse(session, change, now, f"{ACTOR} {batch}")

    async def _known(self, file: PointFile) -> list[int | None]:
        """The rows of those who are here already and need no Twitch id any more."""
        known: list[int | None] = []
        async with self._database.readers() as session:
            for start in range(0, len(file.people), CHUNK):
                found = await find(session, file.people[start : start + CHUNK])
                known += [None if f.unbound else f.user for f in found]
        return known


def local(moment: datetime) -> str:
    """The moment as the streamer's clock shows it."""
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
    """The imports that stand, each with its change."""
    query = select(Change.id, Change.batch, Change.created_at).where(
        Change.batch.is_not(None), Change.undone_at.is_(None)
    )
    return [(change, Batch(batch or "", made)) for change, batch, made in await session.execute(query)]


async def _paid_by(session: AsyncSession, change: int, accounts: set[int]) -> int:
    """To how many of these accounts an import went."""
    rows = await session.execute(
        sql(
            "SELECT DISTINCT COALESCE(u.merged_into, u.id) FROM transactions t JOIN users u ON u.id = t.user_id "
            "WHERE t.change_id = :change"
        ),
        {"change": change},
    )
    return len(accounts.intersection(rows.scalars()))
