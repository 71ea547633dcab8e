"""Built-in cogs are imported once for all bots that a process of tests runs one after the other.

Making the classes and commands of all cogs anew takes a third of a bot's start. Commands know the bot that they belong
to, so a module serves one bot at a time: it is kept when that one has unloaded it, and a second bot beside the first
imports its own.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from twitchio.ext import commands

from pixel_bot.bot.cogs import importing, loader
from pixel_bot.configuration.cog_files import BUILT_IN, CogFile

_free: dict[str, list[Mapping[str, ModuleType]]] = {}
"""All modules of a cog that no bot uses, by the cog's module."""

_known: dict[str, Mapping[str, ModuleType]] = {}
"""The modules of a cog, by the cog's module, that were imported last or put back."""

_import_file = importing._import_file
_modules_of = importing.modules_of


def _kept(cog: CogFile, path: Path) -> ModuleType:
    """A module that is free, or a new one that will be; with those of its folder."""
    if not path.is_relative_to(BUILT_IN):
        return _import_file(cog, path)
    if free := _free.get(cog.module):
        modules = free.pop()
        importing.put_in(cog, modules[cog.module])
        sys.modules.update(modules)
        _known[cog.module] = modules
        return modules[cog.module]
    module = _import_file(cog, path)
    made = _known[cog.module] = dict(_modules_of(cog))
    if not hasattr(module, "teardown"):  # else it ends in its own way

        async def teardown(_: object) -> None:
            _free.setdefault(cog.module, []).append(made)

        vars(module)["teardown"] = teardown
    return module


def _known_modules_of(cog: CogFile) -> Mapping[str, ModuleType]:
    """As ``modules_of``, which looks through the names of all modules; a process of tests has thousands."""
    if cog.path is None or not cog.path.is_relative_to(BUILT_IN):
        return _modules_of(cog)
    modules, now = _known.get(cog.module, {}), sys.modules.get(cog.module)
    if now is None:
        return {name: sys.modules[name] for name in modules if name in sys.modules}
    return dict(modules) if modules.get(cog.module) is now else _modules_of(cog)


_collect_commands: Any = commands.Component.__new__


def _new(cls: type[commands.Component], *arguments: Any, **options: Any) -> commands.Component:
    """An object of a cog class, of which TwitchIO collects the commands once; listeners it binds to each object."""
    if vars(cls).get("__all_listeners__", True) or vars(cls)["__all_guards__"]:
        return _collect_commands(cls, *arguments, **options)
    made = object.__new__(cls)
    if not hasattr(made, "__component_name__"):
        made.__component_name__ = cls.__qualname__
    return made


def keep_cogs() -> None:
    """From now on built-in cogs are kept."""
    importing._import_file = _kept
    importing.modules_of = loader.modules_of = _known_modules_of
    setattr(commands.Component, "__new__", _new)  # noqa: B010 - no type checker lets it be assigned
