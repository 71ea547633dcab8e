"""``import`` and ``undo``: points of another bot, for the live database."""

import asyncio
import heapq
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database, is_damaged, sqlite_path
from pixel_bot.db.meta import recall, remember
from pixel_bot.db.schema import HEAD, check_file, damaged, revision
from pixel_bot.db.write_outage import in_plain_words
from pixel_bot.imports.batches import Batch, ImportPreview, Imports, local
from pixel_bot.imports.errors import ImportRefused, UnknownBatch
from pixel_bot.imports.files import PointFile, read_point_file
from pixel_bot.imports.people import Holder
from pixel_bot.settings import Settings
from pixel_bot.texts import count, fit, number, plain
from pixel_bot.upkeep.upgrade import upgrade

SHOWN_FIRST = 3
SHOWN_LARGEST = 5
SHOWN_SKIPPED = 20


async def import_points(settings: Settings, file: Path, *, dry_run: bool) -> int:
    """Add the points of a CSV file to the live database, once. A dry run says what that would do, and does nothing.

    Returns:
        The exit code: 0 when the points are there, also when they were before.

    Raises:
        ImportRefused: the file cannot be used, nobody in it would get points, or the database is for play money.
        DatabaseRefused: the database is damaged or newer.
        FolderNotWritable, DatabaseNotWritable: it must be written, and cannot be.
    """
    name = fit(plain(file.name), 100)
    try:
        found = await asyncio.to_thread(read_point_file, file)
    except ImportRefused as exc:
        raise ImportRefused(f"{name} was not imported. {exc}") from exc
    _tell_file(name, found)
    if not found.people:
        raise ImportRefused(f"{name} was not imported: nobody in it would get points.")
    if dry_run:
        return await _only_look(settings, found)
    async with opened_live(settings) as database:
        await _bring_up(database, settings)
        imports = Imports(database, Clock())
        outlook = await imports.preview(found)
        _tell_outlook(found, outlook)
        if outlook.standing is None:
            # Somebody may import the same list at this very moment: then it is theirs that stands.
            standing = await imports.pay(found, name)
            if standing is None:
                say(f"Done. This is batch {found.batch}. To take it back: python -m pixel_bot undo {found.batch}")
            else:
                _tell_standing(standing)
    return 0


async def undo_import(settings: Settings, batch: str) -> int:
    """Take an import back, as far as its points are still there. Returns the exit code.

    Raises:
        UnknownBatch: there is no such import, or no database at all.
        BatchUndone: it was taken back before.
        DatabaseRefused, FolderNotWritable, DatabaseNotWritable: the database cannot be used.
    """
    typed = fit(plain(batch.strip().lower()), 40)
    path = sqlite_path(settings.database_for("live"))
    if path is not None and not path.exists():
        raise UnknownBatch(typed)
    async with opened_live(settings) as database:
        await _bring_up(database, settings)
        back = await Imports(database, Clock()).undo(typed)
    say(f"Import {typed} was taken back: {count(back.points, 'point')} from {count(back.people, 'viewer')}.")
    if back.missing:
        say(f"{count(back.missing, 'point')} had been spent and cannot be taken back.")
    return 0


async def _only_look(settings: Settings, found: PointFile) -> int:
    path = sqlite_path(settings.database_for("live"))
    if path is not None and not path.exists():
        _tell_outlook(found, ImportPreview(len(found.people), None, ()))
    else:
        async with opened_live(settings) as database:
            if await revision(database) != HEAD:
                raise ImportRefused(
                    "A dry run changes nothing, and this database has another schema. "
                    "Run first: python -m pixel_bot db upgrade"
                )
            async with database.readers() as session:
                _refuse_play_money(await recall(session, "mode"))
            _tell_outlook(found, await Imports(database, Clock()).preview(found))
    say(f"This was a dry run: nothing was changed. It would be batch {found.batch}.")
    return 0


@asynccontextmanager
async def opened_live(settings: Settings) -> AsyncGenerator[Database]:
    """The live database, with its errors translated."""
    url = settings.database_for("live")
    path = sqlite_path(url)
    if path is not None:
        check_file(path)
    database = Database(url)
    try:
        with in_plain_words(path):
            yield database
    except DatabaseError as exc:
        if is_damaged(exc):
            raise damaged(path) from exc
        raise
    finally:
        await database.close()


async def _bring_up(database: Database, settings: Settings) -> None:
    """Upgrade it to the present schema, and mark it as live, because real points come into it."""
    done = await upgrade(database, settings.backup_dir)
    if done.backup is not None:
        say(f"The database was upgraded, after a copy to {done.backup}.")
    async with database.write() as session:
        mode = await recall(session, "mode")
        _refuse_play_money(mode)
        if mode is None:
            await remember(session, "mode", "live")


def _refuse_play_money(mode: str | None) -> None:
    if mode == "sandbox":
        raise ImportRefused(
            "This is the sandbox's database, and its points are play money. Nothing was changed. "
            "Unset DATABASE_URL, or point it to the live database."
        )


def _tell_file(name: str, file: PointFile) -> None:
    say(f"{name} is from {file.source}, by its columns: {file.columns}.")
    if file.people:
        say(f"{count(len(file.people), 'viewer')}, {count(file.total, 'point')} in all.")
        say(f"First: {_listed(file.people[:SHOWN_FIRST])}.")
        say(f"Most: {_listed(heapq.nlargest(SHOWN_LARGEST, file.people, key=lambda one: one.points))}.")
    if file.empty:
        say(f"{count(file.empty, 'viewer')} with 0 points: nothing to import.")
    if not file.skipped:
        return
    say(f"{count(len(file.skipped), 'line')} skipped:")
    for line, why in file.skipped[:SHOWN_SKIPPED]:
        say(f"  Line {line}: {why}.")
    if len(file.skipped) > SHOWN_SKIPPED:
        say(f"  ... and {number(len(file.skipped) - SHOWN_SKIPPED)} more.")
    say("To pay those as well, put them, corrected, into a file of their own: this one pays only once.")


def _tell_outlook(file: PointFile, outlook: ImportPreview) -> None:
    known = len(file.people) - outlook.new
    say(f"{count(outlook.new, 'viewer')} new here, {number(known)} known.")
    if outlook.standing is not None:
        _tell_standing(outlook.standing)
        return
    for other, people in outlook.others:
        say(
            f"Careful: {number(people)} of them got points by import {other.name} on {local(other.made)} already. "
            f"If this is a newer list of the same bot, take that back: python -m pixel_bot undo {other.name}"
        )


def _tell_standing(batch: Batch) -> None:
    say(
        f"This list was already imported on {local(batch.made)}, as batch {batch.name}; nothing was changed. "
        f"To take it back: python -m pixel_bot undo {batch.name}"
    )


def _listed(people: Sequence[Holder]) -> str:
    return ", ".join(f"{one.login or one.shown} {number(one.points)}" for one in people)


def say(line: str) -> None:
    """Print it, whatever the encoding of the terminal."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
