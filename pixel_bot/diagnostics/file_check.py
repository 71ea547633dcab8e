"""Checks the files and folders that the settings name, by the readers of the bot itself, and whether it could start."""

import logging
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from typing_extensions import override

from pixel_bot.configuration.finding import Finding, hint, warning
from pixel_bot.db.engine import sqlite_path
from pixel_bot.db.lock import is_held
from pixel_bot.errors import FolderNotWritable, StartError
from pixel_bot.filters.word_file import word_file
from pixel_bot.model.own_words import all_sentences, own_words
from pixel_bot.points.level_rewards import LevelRewards
from pixel_bot.settings import Mode, Settings
from pixel_bot.sounds.library import Sounds
from pixel_bot.texts import plain
from pixel_bot.web.server import WebServer

LITTLE_SPACE = 1_000_000_000
"""Bytes."""


async def check_files(settings: Settings) -> list[Finding]:
    """What is wrong with level rewards, blocked words, own texts, sounds, folders, disks and the port."""
    sounds = Sounds(settings.sounds_dir)
    return [
        *_rewards(settings),
        *_words(settings),
        *_texts(settings),
        *_sounds(sounds),
        *_folders(settings),
        *await _port(settings),
    ]


def running_on(settings: Settings) -> Path | None:
    """The database file of a bot that runs with these settings; None when none runs, or it is on a server."""
    modes: tuple[Mode, ...] = ("live", "sandbox")
    for mode in modes:
        path = sqlite_path(settings.database_for(mode))
        with suppress(FolderNotWritable):
            if path is not None and is_held(path):
                return path
    return None


def _rewards(settings: Settings) -> Iterator[Finding]:
    file = LevelRewards(settings.level_rewards_file).file
    with _warnings() as said:
        problem = file.problem
    yield from map(warning, [f"LEVEL_REWARDS_FILE: {problem}"] if problem else said)


def _words(settings: Settings) -> Iterator[Finding]:
    with _warnings():
        problem = word_file(settings.tts_words_file).problem
    if problem:
        yield warning(f"TTS_WORDS_FILE: {problem}")


def _texts(settings: Settings) -> Iterator[Finding]:
    file = own_words(settings.data_dir, lambda: all_sentences(settings.cogs_dir))
    with _warnings():
        broken, content = file.problem, file.now_or_without()
    yield from map(warning, content.problems or ([broken] if broken else []))


def _sounds(sounds: Sounds) -> Iterator[Finding]:
    try:
        yield from (warning(f"SOUNDS_DIR: {problem}") for problem in sounds.problems())
    except OSError as exc:
        yield warning(f"SOUNDS_DIR cannot be read: {exc.strerror}.")


def _folders(settings: Settings) -> Iterator[Finding]:
    data, backups = _existing(settings.data_dir), _existing(settings.backup_dir)
    for name, folder in (("DATA_DIR", data), ("BACKUP_DIR", backups)):
        if not _can_write(folder):
            weight = "error" if name == "DATA_DIR" else "warning"
            yield Finding(weight, f"{name}: {folder} cannot be written. Allow writing there, or choose another folder.")
        elif (free := shutil.disk_usage(folder).free) < LITTLE_SPACE:
            yield warning(f"{name}: its disk has only {free // 1_000_000:,} MB free.")
    database = sqlite_path(settings.database_for("live"))
    if database is None:
        return
    where = f"{disk_of(backups)}, {shutil.disk_usage(backups).free / 1e9:,.0f} GB free"
    if _existing(database.parent).stat().st_dev == backups.stat().st_dev:
        yield hint(
            f"BACKUP_DIR is on the disk of the database ({where}): with this disk you would lose both. "
            "Best is another one."
        )
    else:
        yield hint(f"BACKUP_DIR is on another disk than the database: {where}.")


def disk_of(folder: Path) -> str:
    """The drive of a folder, or the folder at which its disk is mounted."""
    if folder.drive:
        return folder.drive
    return str(next((path for path in (folder, *folder.parents) if path.is_mount()), folder))


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())


def _can_write(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


async def _port(settings: Settings) -> list[Finding]:
    if (running := running_on(settings)) is not None:
        return [hint(f"A bot is running on {running}. It goes on with the settings that it started with.")]
    try:
        server = WebServer(settings.web_host, settings.web_port)
    except StartError as exc:
        return [Finding("error", f"WEB_PORT: {exc}" if "WEB_" not in str(exc)[:9] else str(exc))]
    await server.stop()
    return []


@contextmanager
def _warnings() -> Generator[list[str]]:
    """Collects what the readers would write into the log."""
    said: list[str] = []

    class Collector(logging.Handler):
        @override
        def emit(self, record: logging.LogRecord) -> None:
            said.append(plain(record.getMessage()))

    logger, collector = logging.getLogger("pixel_bot"), Collector(logging.WARNING)
    propagates = logger.propagate
    logger.addHandler(collector)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagates
