"""Finds cogs, loads them, and keeps one broken cog from stopping the rest."""

import importlib
import importlib.util
import logging
import pkgutil
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from twitchio.ext import commands

import cogs
from pixel_bot.errors import CogError
from pixel_bot.queue.queue import Queue
from pixel_bot.redeems.catalogue import Redeems

log = logging.getLogger(__name__)

_BUILT_IN = list(cogs.__path__)


@dataclass(frozen=True, slots=True)
class CogState:
    """A cog by name; ``problem`` is empty when nothing is wrong with it."""

    name: str
    loaded: bool
    problem: str = ""


class CogLoader:
    """The cogs of one bot: those of the installed package, and those of a folder of the streamer's own."""

    def __init__(self, bot: commands.Bot, redeems: Redeems, queue: Queue, folder: Path | None) -> None:
        self._bot = bot
        self._redeems = redeems
        self._queue = queue
        self._folder = folder
        self._problems: dict[str, str] = {}

    async def load_all(self) -> None:
        """Load every cog that is found. Those that fail are reported in the log, and listed."""
        self._extend_path()
        importlib.invalidate_caches()
        for name in self._found():
            try:
                await self._load(name)
            except CogError as exc:
                log.error("%s The other cogs run.", exc)

    async def load(self, name: str) -> None:
        """Load one cog.

        Raises:
            CogError: it is loaded already, does not exist, or fails. The sentence says where.
        """
        importlib.invalidate_caches()
        if importlib.util.find_spec(f"cogs.{self._checked(name)}") is None:
            raise CogError(f"There is no cog {name}.")
        await self._load(name)

    async def _load(self, name: str) -> None:
        try:
            await self._bot.load_module(f"cogs.{self._checked(name)}")
        except commands.ModuleAlreadyLoadedError:
            raise CogError(f"The cog {name} is loaded already.") from None
        except (commands.ModuleLoadFailure, commands.NoEntryPointError, TypeError, SystemExit) as exc:
            self._problems[name] = _reason(exc)
            raise CogError(f"The cog {name} could not be loaded: {self._problems[name]}.") from exc
        self._problems.pop(name, None)

    async def unload(self, name: str) -> None:
        """Unload one cog; its commands fall silent, and what waits for its redeems is given back.

        Raises:
            CogError: it is not loaded.
        """
        offered = set(self._redeems.keys)
        try:
            await self._bot.unload_module(f"cogs.{self._checked(name)}")
        except commands.ModuleNotLoadedError:
            raise CogError(f"The cog {name} is not loaded.") from None
        await self._queue.drop_redeems(sorted(offered - set(self._redeems.keys)), f"The cog {name} was taken away.")

    async def reload(self, name: str) -> None:
        """Load one cog anew. When the new version fails, the old one goes on.

        Raises:
            CogError: it is not loaded, or fails.
        """
        importlib.invalidate_caches()
        try:
            await self._bot.reload_module(f"cogs.{self._checked(name)}")
        except commands.ModuleNotLoadedError:
            raise CogError(f"The cog {name} is not loaded.") from None
        except (commands.ModuleLoadFailure, commands.NoEntryPointError, TypeError, SystemExit) as exc:
            raise CogError(f"The cog {name} could not be loaded: {_reason(exc)}. The old version goes on.") from exc

    def states(self) -> list[CogState]:
        """All cogs that were found, loaded or not, by name."""
        loaded = {name.removeprefix("cogs.") for name in self._bot.modules}
        names = sorted(loaded | set(self._found()) | set(self._problems))
        return [CogState(name, name in loaded, self._problems.get(name, "")) for name in names]

    def _checked(self, name: str) -> str:
        if not name.isidentifier():
            raise CogError(f"There is no cog {name[:40]}.")
        return name

    def _extend_path(self) -> None:
        """Own cogs join the package's path, not ``sys.path``: a cog named ``random`` must not replace a module."""
        cogs.__path__[:] = [*_BUILT_IN, *([str(self._folder)] if self._folder else [])]
        if self._folder is not None and not self._folder.is_dir():
            log.error("COGS_DIR: there is no folder %s. Only the built-in cogs run.", self._folder)

    def _found(self) -> Iterator[str]:
        built_in = sorted(m.name for m in pkgutil.iter_modules(_BUILT_IN))
        yield from (name for name in built_in if not name.startswith("_"))
        if self._folder is None or not self._folder.is_dir():
            return
        for name in sorted(m.name for m in pkgutil.iter_modules([str(self._folder)])):
            if name.startswith("_"):
                continue
            if name in built_in:
                log.error("COGS_DIR: %s.py has the name of a built-in cog. Rename it, then it is loaded.", name)
            else:
                yield name


def _reason(exc: BaseException) -> str:
    """What went wrong and where, in one line: the last place in the cog's own code."""
    if isinstance(exc, commands.NoEntryPointError):
        return "it has no `async def setup(bot)`"
    cause = exc.__cause__ or exc
    if isinstance(cause, commands.ComponentLoadError) and cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, SyntaxError):
        return f"line {cause.lineno}: {cause.msg}"
    folders = {Path(folder) for folder in cogs.__path__}
    places = [f for f in traceback.extract_tb(cause.__traceback__) if Path(f.filename).parent in folders]
    where = f"line {places[-1].lineno}: " if places else ""
    return f"{where}{type(cause).__name__}: {cause}"
