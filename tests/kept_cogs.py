"""Built-in cogs are imported once for all bots that a process of tests runs one after the other.

Making the classes and commands of all cogs anew takes a third of a bot's start. Commands know the bot that they belong
to, so a module serves one bot at a time: it is kept when that one has unloaded it, and a second bot beside the first
imports its own.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from pixel_bot.bot.cogs import importing
from pixel_bot.configuration.cog_files import BUILT_IN, CogFile

_free: dict[str, list[Mapping[str, ModuleType]]] = {}
"""The modules of cogs that no bot uses, by the cog."""

_import_file = importing._import_file


def _kept(cog: CogFile, path: Path) -> ModuleType:
    """A module that is free, or a new one that will be; of a folder, with all of its modules."""
    if not path.is_relative_to(BUILT_IN):
        return _import_file(cog, path)
    if free := _free.get(cog.module):
        modules = free.pop()
        module = modules[cog.module]
        importing.put_in(cog, module)
        sys.modules.update(modules)
        return module
    module = _import_file(cog, path)
    if not hasattr(module, "teardown"):  # else it ends in its own way
        modules = dict(importing.modules_of(cog))

        async def teardown(_: object) -> None:
            _free.setdefault(cog.module, []).append(modules)

        vars(module)["teardown"] = teardown
    return module


def keep_cogs() -> None:
    """From now on built-in cogs are kept."""
    importing._import_file = _kept
