"""``import`` and ``undo``: points of another bot, for the live database."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from pixel_bot.cli.imports.import_commands import undo_commands
from pixel_bot.cli.imports.import_report import is_whole, tell_file, tell_outlook, tell_standing
from pixel_bot.cli.live_database import bring_up, opened_live, refuse_play_money
from pixel_bot.cli.progress import progress_of
from pixel_bot.cli.saying import say
from pixel_bot.clock import Clock
from pixel_bot.db.engine import sqlite_path
from pixel_bot.db.meta import recall
from pixel_bot.db.schema import HEAD, revision
from pixel_bot.imports.batches import ImportPreview, Imports
from pixel_bot.imports.errors import ImportRefused, UnknownBatch
from pixel_bot.imports.files import PointFile, Said, read_point_file
from pixel_bot.services import build_services
from pixel_bot.settings import Settings
from pixel_bot.texts import count, fit, plain

LONG_FILE = 2 * 1024 * 1024
"""Bytes, from which on reading takes long enough for a bar."""

LONG_LIST = 50_000
"""Viewers, from which on paying does."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the streamer says of an import.

    Attributes:
        again: people who got points by another import are paid, too.
        all_lines: every line that is left out is named.
        said: what is said of the file itself.
    """

    again: bool = False
    all_lines: bool = False
    said: Said = field(default_factory=Said)


async def import_points(settings: Settings, file: Path, *, dry_run: bool, wishes: Wishes | None = None) -> int:
    """Add the points of a list to the live database, once. A dry run says what that would do, and does nothing.

    Returns:
        The exit code: 0 when the points of all lines are there now; 1 when nothing was changed because some of these
        people were paid by an import before, or when many lines are left out. A dry run returns what the import would.

    Raises:
        ImportRefused: the file cannot be used, nobody in it would get points, or the database is for play money.
        DatabaseRefused: the database is damaged or newer.
        FolderNotWritable, DatabaseNotWritable: it must be written, and cannot be.
    """
    wishes = wishes or Wishes()
    name = fit(plain(file.name), 100)
    found = await read_list(file, f"{name} was not imported.", wishes.said)
    tell_file(name, found, all_lines=wishes.all_lines)
    if not found.people:
        raise ImportRefused(f"{name} was not imported: nobody in it would get points.")
    if dry_run:
        may_be_paid = await _only_look(settings, found, again=wishes.again)
    else:
        may_be_paid = await _pay(settings, found, name, again=wishes.again)
    return 0 if may_be_paid and is_whole(found) else 1


async def read_list(file: Path, refused: str, said: Said | None = None) -> PointFile:
    """Read a list in a thread, with a bar where it takes long.

    Raises:
        ImportRefused: it cannot be read; the sentence begins with ``refused``.
    """

    def read() -> PointFile:
        with progress_of("Reading", is_long=_size_of(file) > LONG_FILE) as progress:
            return read_point_file(file, said, progress)

    try:
        return await asyncio.to_thread(read)
    except ImportRefused as exc:
        raise ImportRefused(f"{refused} {exc}") from exc


def _size_of(file: Path) -> int:
    """Bytes; 0 where it is no file, which the reader then says."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except (OSError, ValueError):
        return 0


async def _pay(settings: Settings, found: PointFile, name: str, *, again: bool) -> bool:
    async with opened_live(settings) as database:
        await bring_up(database, settings)
        imports = Imports(database, Clock(), build_services(settings, database, Clock()).levels)
        outlook = await imports.preview(found)
        if not tell_outlook(found, outlook, again=again):
            return False
        batch = await imports.free_batch(found) if again else found.batch
        last = None if again else outlook.last
        with progress_of("Paying", is_long=len(found.people) > LONG_LIST) as progress:
            # Somebody may import the same list at this very moment: then it is theirs that stands.
            standing = await imports.pay(found, name, batch=batch, last=last, progress=progress)
    if standing is not None:
        tell_standing(standing)
        return False
    say(f"Done. This is batch {batch}. To take it back: python -m pixel_bot undo {batch}")
    return True


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
        await bring_up(database, settings)
        if await undo_commands(database, typed):
            return 0
        back = await Imports(database, Clock(), build_services(settings, database, Clock()).levels).undo(typed)
    say(f"Import {typed} was taken back: {count(back.points, 'point')} from {count(back.people, 'viewer')}.")
    if back.missing:
        say(f"{count(back.missing, 'point')} had been spent and cannot be taken back.")
    return 0


async def _only_look(settings: Settings, found: PointFile, *, again: bool) -> bool:
    path = sqlite_path(settings.database_for("live"))
    batch = found.batch
    if path is not None and not path.exists():
        may_be_paid = tell_outlook(found, ImportPreview(len(found.people)), again=again)
    else:
        async with opened_live(settings) as database:
            if await revision(database) != HEAD:
                raise ImportRefused(
                    "A dry run changes nothing, and this database has another schema. "
                    "Run first: python -m pixel_bot db upgrade"
                )
            async with database.readers() as session:
                refuse_play_money(await recall(session, "mode"))
            imports = Imports(database, Clock())
            may_be_paid = tell_outlook(found, await imports.preview(found), again=again)
            batch = await imports.free_batch(found) if again else batch
    would = f"It would be batch {batch}." if may_be_paid else "It would be refused."
    say(f"This was a dry run: nothing was changed. {would}")
    return may_be_paid
