"""Built-in cogs are imported once for all bots that a process of tests runs one after the other.

Making the classes and commands of all cogs anew takes a third of a bot's start. Commands know the bot that they belong
to, so a module serves one bot at a time: it is kept when that one has unloaded it, and a second bot beside the first
imports its own.
"""

import sys
from collections.abc import Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, ModuleType

from typing_extensions import override

import cogs

FOLDER = Path(next(iter(cogs.__path__)))
_free: dict[str, list[ModuleType]] = {}
"""Modules that no bot uses, by name."""


class _Keeper(InspectLoader):
    """Loads a module as usual, or takes one that is free."""

    def __init__(self, usual: InspectLoader) -> None:
        self._usual = usual

    @override
    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        free = _free.get(spec.name)
        return free.pop() if free else self._usual.create_module(spec)

    @override
    def exec_module(self, module: ModuleType) -> None:
        if hasattr(module, "teardown"):
            return  # it was kept
        self._usual.exec_module(module)
        if hasattr(module, "teardown"):
            return  # it ends in its own way

        async def teardown(_: object) -> None:
            _free.setdefault(module.__name__, []).append(module)

        vars(module)["teardown"] = teardown

    @override
    def get_code(self, fullname: str) -> CodeType | None:
        return self._usual.get_code(fullname)

    @override
    def get_source(self, fullname: str) -> str | None:
        return self._usual.get_source(fullname)


class _Finder(MetaPathFinder):
    """Finds built-in cogs, and no others."""

    def __init__(self) -> None:
        self._found: dict[str, ModuleSpec] = {}

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("cogs."):
            return None
        if (known := self._found.get(fullname)) is not None:
            return known
        found = PathFinder.find_spec(fullname, [str(FOLDER)])
        if found is None or not isinstance(found.loader, InspectLoader):
            return None
        found.loader = _Keeper(found.loader)
        self._found[fullname] = found
        return found


def keep_cogs() -> None:
    """From now on built-in cogs are kept."""
    sys.meta_path.insert(0, _Finder())
