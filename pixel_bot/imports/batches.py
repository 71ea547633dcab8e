"""Imports of points: each list is paid once, in one transaction, and undone in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count as count_up

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import Change
from pixel_bot.errors import BadAmount
from pixel_bot.imports import xp
from pixel_bot.imports.accounts import ImportAccounts, find
from pixel_bot.imports.errors import BatchUndone, ImportRefused, UnknownBatch
from pixel_bot.imports.files import PointFile
from pixel_bot.imports.table import Progress, unheard
from pixel_bot.points import ledger, mod_changes
from pixel_bot.points.ledger import Entry
from pixel_bot.points.levels import Levels
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
class Overlap:
    """Another active import that paid some of the people of a list.

    Attributes:
        batch: that import.
        people: how many of the list it paid.
        equal: how many of them have the very same points on the list.
    """

    batch: Batch
    people: int
    equal: int


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """Dry run of an import.

    Attributes:
        new: how many of its people have no row yet.
        standing: the active import of the same list, if any.
        others: other active imports that paid some of these people.
        last: the change that was last recorded, by whomever; 0 when there is none.
    """

    new: int
    standing: Batch | None = None
    others: Sequence[Overlap] = ()
    last: int = 0


class Imports:
    """Pays and undoes imports."""

    def __init__(self, database: Database, clock: Clock, levels: Levels | None = None) -> None:
        """Imports into a database; ``levels`` is needed for lists with XP."""
        self._database = database
        self._clock = clock
        self._levels = levels

    async def preview(self, file: PointFile) -> ImportPreview:
        """Dry run: what the import would find. Read only."""
        async with self._database.readers() as session:
            last = (await session.execute(select(func.max(Change.id)))).scalar() or 0
            batches = await _standing(session)
            points: dict[int, int] = {}
            new = 0
            for start in range(0, len(file.people), CHUNK):
                people = file.people[start : start + CHUNK]
                found = await find(session, people)
                new += sum(f.user is None for f in found)
                if batches:
                    points |= {f.account: p.points for p, f in zip(people, found, strict=True) if f.account is not None}
            others = [await _overlap(session, change, b, points) for change, b in batches if b.name != file.batch]
        standing = next((b for _, b in batches if b.name == file.batch), None)
        return ImportPreview(new, standing, [other for other in others if other.people], last)

    async def free_batch(self, file: PointFile) -> str:
        """The name under which a list is paid once more, beside those of its imports that stand."""
        async with self._database.readers() as session:
            taken = {batch.name for _, batch in await _standing(session)}
        return next(name for time in count_up(1) if (name := file.batch_of(time)) not in taken)

    async def pay(
        self,
        file: PointFile,
        name: str,
        *,
        batch: str = "",
        last: int | None = None,
        progress: Progress = unheard,
    ) -> Batch | None:
        """Add the points of a list to the balances of its people; new viewers are created.

        Args:
            file: the list.
            name: the file's name, stored with every ledger row.
            batch: the name of the import; else that of the list.
            last: the last change that a preview saw: an import that was made since then is not overlooked.
            progress: hears how much is written.

        Returns:
            None when it was paid now; else the active import of that name, and nothing was changed.

        Raises:
            ImportRefused: a balance would exceed its limit, or another import came in between. Nothing was changed.
        """
        batch = batch or file.batch
        now = self._clock.now()
        # Looked up before the transaction, which holds the writer lock of the whole database while it is open.
        known = await self._known(file)
        try:
            async with self._database.write() as session:
                others = await _standing(session)
                standing = next((b for _, b in others if b.name == batch), None)
                if standing is not None:
                    return standing
                if last is not None and any(change > last for change, _ in others):
                    raise ImportRefused(
                        "Another list was imported at this moment. Nothing was changed. Run this again."
                    )
                change = await _record(session, file, batch, name, now)
                await self._post(session, file, known, change, name, now, progress)
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
            if self._levels is not None:
                await xp.take_back(session, self._levels, change, now)
            return await mod_changes.reverse(session, change, now, f"{ACTOR} {batch}")

    async def _post(
        self,
        session: AsyncSession,
        file: PointFile,
        known: Sequence[int | None],
        change: int,
        name: str,
        now: datetime,
        progress: Progress,
    ) -> None:
        accounts = ImportAccounts(session, now)
        for start in range(0, len(file.people), CHUNK):
            progress(start / len(file.people))
            people = file.people[start : start + CHUNK]
            users = await accounts.of(people, known[start : start + CHUNK])
            paid = [(u, p) for u, p in zip(users, people, strict=True) if p.points]
            entries = [Entry(u, p.points, "import", now, change_id=change, note=name) for u, p in paid]
            await ledger.post(session, entries)
            with_xp = [(u, p.xp) for u, p in zip(users, people, strict=True) if p.xp]
            if with_xp and self._levels is not None:
                await xp.add(session, self._levels, change, with_xp, now)

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


async def _record(session: AsyncSession, file: PointFile, batch: str, name: str, now: datetime) -> int:
    summary = f"import {count(file.total, 'point')} for {count(len(file.people), 'viewer')} from {name}"
    values = {"actor": ACTOR, "summary": summary, "created_at": now, "batch": batch}
    return (await session.execute(insert(Change).values(values).returning(Change.id))).scalar_one()


async def _standing(session: AsyncSession) -> list[tuple[int, Batch]]:
    """The active imports, each with its change id."""
    query = select(Change.id, Change.batch, Change.created_at).where(
        Change.batch.is_not(None), Change.undone_at.is_(None)
    )
    return [(change, Batch(batch or "", made)) for change, batch, made in await session.execute(query)]


async def _overlap(session: AsyncSession, change: int, batch: Batch, points: Mapping[int, int]) -> Overlap:
    """Whom of these accounts an import paid, and whom with the same points."""
    rows = await session.execute(
        sql(
            "SELECT COALESCE(u.merged_into, u.id), SUM(t.amount) FROM transactions t JOIN users u ON u.id = t.user_id "
            "WHERE t.change_id = :change GROUP BY COALESCE(u.merged_into, u.id)"
        ),
        {"change": change},
    )
    people = equal = 0
    for account, amount in rows:
        people += account in points
        equal += points.get(account) == amount
    return Overlap(batch, people, equal)
