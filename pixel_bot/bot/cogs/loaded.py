"""A cog that is loaded, its state in words, and its modules."""

import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from twitchio.ext import commands

from pixel_bot.bot.cogs.importing import modules_of, take_away
from pixel_bot.configuration.cog_files import CogFile
from pixel_bot.errors import CogError
from pixel_bot.texts import fit, roughly
from pixel_bot.wording.texts import texts

_ = texts(__name__)


class CogHost(Protocol):
    """The bot, as far as cogs are put in and taken out."""

    async def remove_component(self, name: str, /) -> commands.Component | None:
        """Take a cog class away, with what it offers."""
        ...

    def cog_begins(self, name: str, folder: Path | None) -> None:
        """A cog is put in; ``folder`` is its own, None for a cog that is one file."""
        ...

    async def cog_settled(self, name: str, *, loaded: bool) -> None:
        """A cog was put in with all that it has, or is gone."""
        ...

    def cog_ended(self, name: str) -> None:
        """A cog was taken away: what it was doing ends."""
        ...


@dataclass(frozen=True, slots=True)
class CogState:
    """A cog by name; ``problem`` is empty when nothing is wrong with it. ``since`` is when this state began.

    ``lacks`` are scopes of Twitch without which a part of it is off.
    """

    name: str
    loaded: bool
    problem: str = ""
    since: datetime | None = None
    lacks: Sequence[str] = ()

    def words(self, now: datetime) -> str:
        """Its name, and what is wrong since when: ``slots (broken for 3m: KeyError)``."""
        if self.lacks and self.loaded:
            scopes = ", ".join(self.lacks)
            return _("{cog} (partly off: allow {scopes} on the set-up page)", cog=self.name, scopes=scopes)
        if not self.problem:
            return self.name if self.loaded else _("{cog} (off)", cog=self.name)
        ago = roughly((now - self.since).total_seconds()) if self.since is not None else ""
        why = fit(self.problem, LONGEST_PROBLEM)
        return _("{cog} (broken for {time}: {why})", cog=self.name, time=ago, why=why)


LONGEST_PROBLEM = 80
"""Characters of what is wrong with a cog that chat is shown. The log has all of it."""


@dataclass(slots=True)
class LoadedCog:
    """A cog that runs: its modules, and the cog classes that its ``setup`` added."""

    file: CogFile
    module: ModuleType
    since: datetime
    modules: Mapping[str, ModuleType] = field(default_factory=dict[str, ModuleType])
    components: list[commands.Component] = field(default_factory=list[commands.Component])


def folder_of(module: ModuleType) -> Path | None:
    """The folder of a cog's top module; None where that is one file."""
    file = Path(module.__file__) if module.__file__ is not None else None
    return file.parent if file is not None and file.name == "__init__.py" else None


def setup_of(module: ModuleType) -> Any:
    """The ``setup`` of a cog.

    Raises:
        CogError, TypeError: it has none that could be run.
    """
    setup = getattr(module, "setup", None)
    if setup is None:
        raise CogError("it has no `async def setup(bot)`.")
    if not inspect.iscoroutinefunction(setup):
        raise TypeError("its setup must be `async def setup(bot)`")
    return setup


def give_back(cog: LoadedCog) -> None:
    """Its modules are the ones that are imported again."""
    take_away(modules_of(cog.file))
    sys.modules.update(cog.modules)
