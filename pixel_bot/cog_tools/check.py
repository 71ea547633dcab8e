"""Looks a cog over as a reviewer would, on a bot and a database of its own that are gone afterwards."""

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from sqlalchemy import inspect
from twitchio.ext import commands

from pixel_bot.bot.cogs.hearing import EVENTS
from pixel_bot.cog_data.models import models_of, owner_of
from pixel_bot.cog_tools.findings import Finding, Findings, place_of
from pixel_bot.cog_tools.source import look_at_source
from pixel_bot.cog_tools.trying import Trial
from pixel_bot.cog_tools.watching import Tasks, no_network
from pixel_bot.configuration.cog_files import PACKAGE, CogFile, find_cogs, sources_of
from pixel_bot.configuration.cog_settings import names_in
from pixel_bot.configuration.loading import ENV_FILE
from pixel_bot.db.tables import COG_PREFIX, Base
from pixel_bot.errors import CogError, StartError
from pixel_bot.settings import Settings
from pixel_bot.testing.stage import Stage, stage
from pixel_bot.upkeep.check import check

LEFT_OUT = ("__pycache__", "tests", "test_*.py", "conftest.py", ".*")
"""What lies beside a cog's code and is not part of it."""


async def check_cog(path: Path) -> list[Finding]:
    """Look a cog over.

    Args:
        path: its file, or its folder.

    Returns:
        What is wrong with it, by place.

    Raises:
        StartError: there is no cog at that place.
    """
    cog = cog_at(path)
    original = _whole(cog)
    with _own_folder() as folder:
        cogs = folder / "checked"
        findings = Findings({cogs / original.name: original})
        namesake = _built_in().get(cog.name.casefold())
        if namesake is not None and namesake.path != cog.path:
            findings.add("name", f"A cog {cog.name} comes along with the bot. Give this one another name.", original)
        elif look_at_source(_code_of(cog), findings):
            with no_network():
                # It comes when the bot is there already, so that what it brings can be told from what was there.
                cogs.mkdir()
                off = "" if namesake is None else namesake.where
                async with stage(folder, cogs_dir=cogs, cogs_off=off, games=True, **_settings_for(cog)) as chat:
                    _copy(original, cogs)
                    await Visit(chat, cog, cogs, findings).whole()
    return findings.in_order()


def cog_at(path: Path) -> CogFile:
    """The cog at a path: its file or its folder.

    Raises:
        StartError: there is none.
    """
    place = path.absolute()
    if not place.exists():
        raise StartError(f"There is no file or folder {path}.")
    file = place / "__init__.py" if place.is_dir() else place
    if not file.is_file() or file.suffix != ".py":
        raise StartError(f"{path} is no cog: that is a file NAME.py, or a folder with an __init__.py.")
    name = file.parent.name if file.name == "__init__.py" else file.stem
    if not name.isidentifier() or name.startswith("_"):
        raise StartError(f"{path} is no cog: its name is one word of letters, digits and _, and begins with a letter.")
    return CogFile(name, f"{PACKAGE}.{name}", file, str(path))


def _built_in() -> dict[str, CogFile]:
    """The cogs that come along, by their names in lower case."""
    return {name.casefold(): cog for name, cog in find_cogs(None, installed=False).cogs.items()}


@contextmanager
def _own_folder() -> Generator[Path]:
    """An empty folder, by its real path, that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cog-check-", ignore_cleanup_errors=True) as made:
        yield Path(made).resolve()


def _whole(cog: CogFile) -> Path:
    """Its folder, or its one file."""
    whole = cog.folder or cog.path
    assert whole is not None, "a cog at a path has one"
    return whole


def _code_of(cog: CogFile) -> Sequence[Path]:
    """Its files, without its tests."""
    inside = cog.folder
    return [
        file
        for file in sources_of(cog)
        if inside is None or not any(fnmatch(part, no) for part in file.relative_to(inside).parts for no in LEFT_OUT)
    ]


def _copy(original: Path, folder: Path) -> None:
    """Nothing that lies beside it is loaded, too, and nothing is written there."""
    if original.is_file():
        shutil.copy(original, folder / original.name)
    else:
        shutil.copytree(original, folder / original.name, ignore=shutil.ignore_patterns(*LEFT_OUT))


def _settings_for(cog: CogFile) -> Mapping[str, Any]:
    """The settings of the cog alone, as they are set here: it may need some to be loaded."""
    there = {name.upper(): value for name, value in (dotenv_values(ENV_FILE) | os.environ).items() if value}
    names = {name for name in names_in(cog) if name.lower() not in Settings.model_fields}
    return {name.lower(): there[name] for name in sorted(names) if name in there}


class Visit:
    """A cog comes into a bot, goes, comes again, is tried, and goes."""

    def __init__(self, chat: Stage, cog: CogFile, folder: Path, findings: Findings) -> None:
        self._chat = chat
        self._bot = chat.bot
        self._cog = cog
        self._folder = folder
        self._file = folder / _whole(cog).name
        self._findings = findings
        self._tasks = Tasks(folder)

    async def whole(self) -> None:
        """All of it; a cog that cannot be loaded is named, and that is all."""
        with self._tasks.watched():
            before, tables = self._there(), await self._tables()
            if not await self._load("be loaded"):
                return
            await self._look_at_tables(tables)
            await self._unload(before)
            if not await self._load("be loaded a second time"):
                return
            components = self._components()
            self._look_at_help(components)
            await Trial(self._chat, self._cog.name, self._folder, self._findings).run(components)
            await self._unload(before)
        async with self._chat.services.database.readers() as session:
            for words in await check(session, self._chat.services.levels.curve.level_of):
                self._findings.add("ledger", f"After its commands the ledger is not exact: {words}")

    async def _load(self, what: str) -> bool:
        try:
            await self._bot.cogs.load(self._cog.name)
        except CogError as exc:
            file, line = place_of(exc, self._folder) or (self._file, 0)
            words = str(exc).removeprefix(f"The cog {self._cog.name} could not be loaded: ")
            self._findings.add("load", f"It cannot {what}: {words}", file, line)
            await self._look_for_tasks()
            return False
        return True

    async def _unload(self, before: Mapping[str, set[str]]) -> None:
        try:
            await self._bot.cogs.unload(self._cog.name)
        except CogError as exc:
            self._findings.add("unload", f"It cannot be unloaded: {exc}", self._file)
        await self._look_for_tasks()
        for kind, there in self._there().items():
            for name in sorted(there - before[kind]):
                self._findings.add("left", f"It leaves {kind} {name} behind when it is unloaded.", self._file)

    async def _look_for_tasks(self) -> None:
        for file, line in await self._tasks.left():
            words = "The task that is started here still runs when the cog is unloaded. End it in component_teardown."
            self._findings.add("task", words, file, line)

    def _there(self) -> dict[str, set[str]]:
        """What a cog may leave behind, by kind."""
        bot = self._bot
        return {
            "the command": {bot.prefix + name for name in bot.commands_by_name},
            "the class": set(bot.component_names),
            "the redeem": set(bot.redeems.keys),
            "a method that hears": {name for name, kind in EVENTS.items() if bot.runtime.bus.hears(kind)},
            "the module": {name for name in sys.modules if name.startswith(f"{PACKAGE}.{self._cog.name}")},
            "in sys.path": set(sys.path),
            "the log handler": {type(handler).__name__ for handler in logging.getLogger().handlers},
            "the table": {t.name for t in Base.metadata.sorted_tables if owner_of(t) != self._cog.name},
        }

    def _components(self) -> Sequence[commands.Component]:
        return self._bot.cogs.components_of(self._cog.name)

    def _look_at_help(self, components: Sequence[commands.Component]) -> None:
        """Commands that its source does not show."""
        if self._findings.has("help"):
            return
        for component in components:
            for command in component.__all_commands__.values():
                if not command.help.strip():
                    words = f"The command !{command.name} has no docstring, so !help says nothing of it."
                    self._findings.add("help", words, self._file)

    async def _tables(self) -> set[str]:
        async with self._chat.services.database.readers() as session:
            connection = await session.connection()
            return set(await connection.run_sync(lambda inner: inspect(inner).get_table_names()))

    async def _look_at_tables(self, before: set[str]) -> None:
        prefix = f"{COG_PREFIX}{self._cog.name}_".lower()
        ours = {table.name for table in models_of(self._cog.name)}
        for name in sorted(await self._tables() - before - ours):
            if not self._findings.has("table"):
                words = f"It makes the table {name}. Only classes of CogModel are in every copy, backup and check."
                self._findings.add("table", words, self._file)
        for name in sorted(ours):
            if not name.startswith(prefix):
                self._findings.add("table", f"The table {name} does not begin with {prefix}.", self._file)
