"""Loads cogs, and keeps one broken cog from stopping the rest."""

import asyncio
import difflib
import logging
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from types import ModuleType
from typing import Any

from sqlalchemy.exc import DBAPIError
from twitchio.ext import commands

from pixel_bot.bot.cogs.importing import import_cog, modules_of, reason, take_away
from pixel_bot.bot.cogs.loaded import CogHost, CogState, LoadedCog, folder_of, give_back, setup_of
from pixel_bot.clock import Clock
from pixel_bot.configuration.cog_files import CogFile, CogFiles, cog_name, find_cogs, forget_installed, sources_of
from pixel_bot.errors import CogError
from pixel_bot.logs.floods import watch
from pixel_bot.queue.queue import Queue
from pixel_bot.redeems.catalogue import Redeems
from pixel_bot.settings import Settings
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

SETUP_SECONDS = 30.0
"""The longest that ``setup`` of a cog may take."""

TEARDOWN_SECONDS = 10.0


_loading: ContextVar[LoadedCog | None] = ContextVar("loading_cog", default=None)


class CogLoader:
    """The cogs of one bot: those that come along, those of ``COGS_DIR``, and those of installed packages."""

    def __init__(self, bot: CogHost, redeems: Redeems, queue: Queue, settings: Settings, clock: Clock) -> None:
        self._bot = bot
        self._redeems = redeems
        self._queue = queue
        self._settings = settings
        self._clock = clock
        self._loaded: dict[str, LoadedCog] = {}
        self._problems: dict[str, tuple[str, datetime]] = {}
        self._lock = asyncio.Lock()
        self.lacking: Callable[[str], Sequence[str]] = lambda _: ()
        """Which scopes of Twitch a cog lacks."""

    async def load_all(self) -> None:
        """Load every cog that is found. Those that fail are reported in the log, and listed."""
        folder = self._settings.cogs_dir
        if folder is not None and not folder.is_dir():
            log.error("COGS_DIR: there is no folder %s. Only the built-in cogs run.", folder)
        found = self._found()
        for problem in found.problems:
            log.error("%s", problem)
        for cog in found.cogs.values():
            try:
                async with self._lock:
                    await self._load(cog)
            except CogError as exc:
                log.error("%s The other cogs run.", exc)

    async def load(self, name: str) -> None:
        """Load one cog.

        Raises:
            CogError: it is loaded already, does not exist, or fails. The sentence says where.
        """
        forget_installed()
        async with self._lock:
            await self._load(self._named(name))

    async def unload(self, name: str) -> None:
        """Unload one cog; its commands fall silent, and what waits for its redeems is given back.

        Raises:
            CogError: it is not loaded.
        """
        async with self._lock:
            await self._unload(self._loaded_as(name), _("The cog {cog} was taken away.", cog=name))

    async def reload(self, name: str) -> None:
        """Load one cog anew, with all of its modules. When the new version fails, the old one goes on.

        Raises:
            CogError: it is not loaded, or fails.
        """
        async with self._lock:
            old = self._loaded_as(name)
            try:
                await self._replace(old)
            except (Exception, SystemExit) as exc:
                why = reason(exc, old.file)
                words = later("The cog {cog} could not be loaded: {why}. The old version goes on.")
                raise CogError(_(words, cog=name, why=why)) from exc

    async def set_aside(self, name: str, why: str) -> None:
        """Unload a cog that does not work. It stays so until somebody loads it again."""
        async with self._lock:
            cog = self._loaded.get(name)
            if cog is None:
                return
            self._problems[name] = (why, self._clock.now())
            log.error("The cog %s is set aside: %s. The other cogs run. Load it again with !cog load.", name, why)
            try:
                await self._unload(cog, _("The cog {cog} does not work.", cog=name))
            except DBAPIError:
                log.exception("What waits for the redeems of %s could not be given back.", name)

    async def close(self) -> None:
        """Unload all; what waits for their redeems is kept for the next start."""
        async with self._lock:
            for name, cog in tuple(self._loaded.items()):
                del self._loaded[name]
                await self._take_out(cog)
                take_away(cog.modules)

    def is_loaded(self, name: str) -> bool:
        """Whether a cog of that name runs."""
        return name in self._loaded

    def owner_of(self, component: object) -> str:
        """The name of the cog that a cog class belongs to: whose ``setup`` adds it, else that of its module."""
        loading = _loading.get()
        if loading is not None:
            return loading.file.name
        held = (name for name, cog in self._loaded.items() if component in cog.components)
        return next(held, cog_name(type(component).__module__))

    def note_component(self, component: commands.Component) -> None:
        """A cog class is added."""
        loading = _loading.get()
        if loading is not None:
            loading.components.append(component)

    def components_of(self, name: str) -> Sequence[commands.Component]:
        """The cog classes of a loaded cog."""
        cog = self._loaded.get(name)
        return tuple(cog.components) if cog is not None else ()

    def keeps_others(self, name: str) -> bool:
        """True for the cog by whose commands others are loaded: without it, nobody could."""
        cog = self._loaded.get(name)
        return cog is not None and any("cog_load" in c.__all_commands__ for c in cog.components)

    def states(self) -> list[CogState]:
        """All cogs that were found, loaded or not, by name."""
        names = sorted({*self._loaded, *self._found().cogs, *self._problems})
        return [self._state(name) for name in names]

    def broken(self, *, partly: bool = True) -> list[str]:
        """What is wrong with cogs, a few words each; with ``partly`` also what lacks a scope of Twitch."""
        now, lacking = self._clock.now(), {name for name in self._loaded if partly and self.lacking(name)}
        return [self._state(name).words(now) for name in sorted({*self._problems, *lacking})]

    def _state(self, name: str) -> CogState:
        problem, since = self._problems.get(name, ("", None))
        cog = self._loaded.get(name)
        began = since or (cog.since if cog is not None else None)
        return CogState(name, cog is not None, problem, began, tuple(self.lacking(name)) if cog is not None else ())

    async def _load(self, file: CogFile) -> None:
        if file.name in self._loaded:
            raise CogError(_("The cog {cog} is loaded already.", cog=file.name))
        try:
            take_away(modules_of(file) if file.path is not None else {})
            self._loaded[file.name] = await self._put_in(file, import_cog(file))
        except (Exception, SystemExit) as exc:
            why = reason(exc, file)
            self._problems[file.name] = (why, self._clock.now())
            await self._bot.cog_settled(file.name, loaded=False)
            raise CogError(_("The cog {cog} could not be loaded: {why}.", cog=file.name, why=why)) from exc
        self._problems.pop(file.name, None)
        _say_as_much_as_we(file)

    async def _put_in(self, file: CogFile, module: ModuleType) -> LoadedCog:
        """Run a module's ``setup``. When it fails, nothing of the cog is left."""
        cog = LoadedCog(file, module, self._clock.now())
        # The entry point of an installed package may name a module inside of it.
        top = module if file.path is not None else sys.modules[file.name]
        self._bot.cog_begins(file.name, folder_of(top))
        try:
            async with _as_loading(cog):
                await setup_of(module)(self._bot)
        except TimeoutError as exc:
            await self._take_out(cog)
            raise CogError(f"its setup takes longer than {SETUP_SECONDS:.0f} seconds.") from exc
        except BaseException:
            await self._take_out(cog)
            take_away(modules_of(file))
            raise
        cog.modules = modules_of(file)
        await self._bot.cog_settled(file.name, loaded=True)
        return cog

    async def _replace(self, old: LoadedCog) -> None:
        """The new code is imported before the old one goes: most mistakes show there, and cost nothing."""
        old.modules = modules_of(old.file) or old.modules
        take_away(old.modules)
        file = self._found().cogs.get(old.file.name, old.file)
        try:
            module = import_cog(file)
        except BaseException:
            give_back(old)
            raise
        await self._take_out(old)
        try:
            self._loaded[file.name] = await self._put_in(file, module)
        except BaseException:
            give_back(old)
            self._loaded[file.name] = await self._put_in(old.file, old.module)
            raise
        self._problems.pop(file.name, None)

    async def _unload(self, cog: LoadedCog, why: str) -> None:
        offered = set(self._redeems.keys)
        del self._loaded[cog.file.name]
        cog.modules = modules_of(cog.file) or cog.modules
        await self._take_out(cog)
        take_away(cog.modules)
        await self._bot.cog_settled(cog.file.name, loaded=False)
        await self._queue.drop_redeems(sorted(offered - set(self._redeems.keys)), why)

    async def _take_out(self, cog: LoadedCog) -> None:
        """Whatever its own clean-up does, the cog is gone afterwards."""
        for component in tuple(cog.components):
            await _patiently(cog, self._bot.remove_component(component.name))
        cog.components.clear()
        if (teardown := getattr(cog.module, "teardown", None)) is not None:
            await _patiently(cog, teardown(self._bot))
        self._bot.cog_ended(cog.file.name)

    def _named(self, name: str) -> CogFile:
        found = self._found().cogs
        if name in found:
            return found[name]
        if name.casefold() in {off.casefold() for off in self._settings.cogs_left_out}:
            raise CogError(_("The cog {cog} is off, because COGS_OFF names it.", cog=name))
        near = difflib.get_close_matches(name, found, 1) if name.isidentifier() else []
        hint = " " + _("Did you mean {cog}?", cog=near[0]) if near else ""
        raise CogError(_("There is no cog {cog}.", cog=name[:40]) + hint)

    def _loaded_as(self, name: str) -> LoadedCog:
        cog = self._loaded.get(name)
        if cog is None:
            words = later("The cog {cog} is not loaded.") if name.isidentifier() else later("There is no cog {cog}.")
            raise CogError(_(words, cog=name[:40]))
        return cog

    def _found(self) -> CogFiles:
        return find_cogs(self._settings.cogs_dir, self._settings.cogs_left_out)


@asynccontextmanager
async def _as_loading(cog: LoadedCog) -> AsyncGenerator[None]:
    token = _loading.set(cog)
    try:
        async with asyncio.timeout(SETUP_SECONDS):
            yield
    finally:
        _loading.reset(token)


async def _patiently(cog: LoadedCog, end: Coroutine[Any, Any, Any]) -> None:
    try:
        async with asyncio.timeout(TEARDOWN_SECONDS):
            await end
    except Exception:
        # The boundary to a cog's own clean-up, which may raise anything: the bot's part of it is gone by then.
        log.exception("The cog %s did not end as it should. It is gone all the same.", cog.file.name)


def _say_as_much_as_we(file: CogFile) -> None:
    """An installed package's log lines are shown from the same level on as those of other cogs, and counted, too."""
    if file.path is not None:
        watch(file.name, file.folder or file.path)
        return
    for source in sources_of(file)[:1]:
        watch(file.name, source.parent)
    logging.getLogger(file.name).setLevel(logging.getLogger("pixel_bot").level)
