"""Imports of commands: each file is stored once, in one transaction, and undone in one."""

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import count_import, recall, remember
from pixel_bot.db.models import Change
from pixel_bot.imports.batches import ACTOR, Batch
from pixel_bot.imports.commands.review import Review, review
from pixel_bot.imports.commands.store import CommandStore, Everything, Stored
from pixel_bot.imports.commands.values import CommandFile
from pixel_bot.texts import count

KEY = "import-commands:"
"""Of the table ``meta``: what a batch has stored, for as long as it is not undone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an import.

    Attributes:
        review: what happens to each command.
        batch: its name.
        standing: the import of the same file that stands already; then nothing was changed.
        stored: what was stored; None where nothing was, as in a dry run.
    """

    review: Review
    batch: str
    standing: Batch | None = None
    stored: Stored | None = None


def batch_of(file: CommandFile) -> str:
    """Idempotency key of the import: a hash of everything in the file."""
    everything = [sorted(orjson.dumps(asdict(one)) for one in part) for part in (file.commands, file.timers)]
    everything += [sorted(orjson.dumps(asdict(one)) for one in part) for part in (file.quotes, file.counters)]
    return hashlib.sha256(b"\n".join(line for part in everything for line in (b"--", *part))).hexdigest()[:12]


class CommandImports:
    """Stores and undoes imports of commands."""

    def __init__(self, database: Database, clock: Clock, store: CommandStore, built_in: Collection[str]) -> None:
        self._database = database
        self._clock = clock
        self._store = store
        self._built_in = built_in

    async def preview(self, file: CommandFile) -> Outcome:
        """Dry run: what would happen to each command. Read only."""
        batch = batch_of(file)
        async with self._database.readers() as session:
            names = await self._store.names(session)
            standing = await _standing(session, batch)
        return Outcome(review(file, self._built_in, names), batch, standing)

    async def store(self, file: CommandFile, name: str) -> Outcome:
        """Store everything that can be stored.

        Args:
            file: what was read.
            name: the file's name, for the list of changes.

        Raises:
            ImportRefused: the database cannot hold commands yet. Nothing was changed.
        """
        batch, now = batch_of(file), self._clock.now()
        async with self._database.write() as session:
            reviewed = review(file, self._built_in, await self._store.names(session))
            standing = await _standing(session, batch)
            if standing is not None:
                return Outcome(reviewed, batch, standing)
            everything = Everything(reviewed.stored, file.timers, file.quotes, file.counters)
            stored = await self._store.add(session, everything, now)
            summary = f"import {count(len(reviewed.stored), 'command')} of {file.source} from {name}"
            values = {"actor": ACTOR, "summary": summary, "created_at": now, "batch": batch}
            await session.execute(insert(Change).values(values))
            await remember(session, f"{KEY}{batch}", stored.as_json())
            await count_import(session)
        return Outcome(reviewed, batch, stored=stored)

    async def undo(self, batch: str) -> tuple[int, int] | None:
        """Take away what an import stored, as far as nobody has changed it since.

        Returns:
            How many commands went, and how many had been stored; None where no import of commands has that name.
        """
        async with self._database.readers() as session:
            if await recall(session, f"{KEY}{batch}") is None:
                return None
        async with self._database.write() as session:
            kept = await recall(session, f"{KEY}{batch}")
            if kept is None:
                return None
            stored = Stored.from_json(kept)
            gone = await self._store.remove(session, stored)
            now = self._clock.now()
            undone = update(Change).where(Change.batch == batch, Change.undone_at.is_(None)).values(undone_at=now)
            await session.execute(undone)
            await session.execute(text("DELETE FROM meta WHERE key = :key"), {"key": f"{KEY}{batch}"})
            await count_import(session)
            return gone, len(stored.commands)


async def _standing(session: AsyncSession, batch: str) -> Batch | None:
    made = await session.execute(select(Change.created_at).where(Change.batch == batch, Change.undone_at.is_(None)))
    return next((Batch(batch, at) for at in made.scalars()), None)
