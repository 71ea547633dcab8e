"""Imports the modules of a cog, and takes them away again, all of them."""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from twitchio.ext import commands

from pixel_bot.configuration.cog_files import BUILT_IN, PACKAGE, CogFile
from pixel_bot.errors import CogError, PixelError


def import_cog(cog: CogFile) -> ModuleType:
    """Import a cog anew. Modules that an earlier import left are in the way: take them away first.

    Raises:
        Exception, SystemExit: whatever its code raises. None of its modules is left then.
    """
    if cog.path is None:
        importlib.invalidate_caches()
    try:
        with _no_stale_bytecode(cog):
            return importlib.import_module(cog.module) if cog.path is None else _import_file(cog, cog.path)
    except BaseException:
        take_away(modules_of(cog))
        raise


def modules_of(cog: CogFile) -> Mapping[str, ModuleType]:
    """All modules of a cog that are imported now, by name."""
    if cog.path is not None and cog.folder is None:
        alone = sys.modules.get(cog.module)
        return {cog.module: alone} if alone is not None else {}
    top = cog.module if cog.path is not None else cog.name
    near = [name for name in tuple(sys.modules) if name.startswith(top)]
    return {name: sys.modules[name] for name in near if f"{name}.".startswith(f"{top}.")}


def take_away(modules: Mapping[str, ModuleType]) -> None:
    """The next import makes these anew. Those that another bot in this process has imported since stay."""
    for name, module in modules.items():
        if sys.modules.get(name) is module:
            del sys.modules[name]


def reason(exc: BaseException, cog: CogFile) -> str:
    """What went wrong and where, in one line: the last place in the cog's own code."""
    cause = exc
    while isinstance(cause, commands.ComponentLoadError) and cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, SyntaxError):
        return f"{_file(cause.filename or '', cog)}line {cause.lineno}: {cause.msg}"
    places = [f for f in traceback.extract_tb(cause.__traceback__) if _is_of(f.filename, cog)]
    where = f"{_file(places[-1].filename, cog)}line {places[-1].lineno}: " if places else ""
    if isinstance(cause, PixelError | commands.ComponentLoadError):
        return f"{where}{cause}".rstrip(".")  # a sentence already
    return f"{where}{type(cause).__name__}: {cause}".rstrip(": .")


def _import_file(cog: CogFile, path: Path) -> ModuleType:
    inside = [str(cog.folder)] if cog.folder is not None else None
    if inside is not None:
        importlib.invalidate_caches()  # a cog that is one file is not looked for in folders
    spec = importlib.util.spec_from_file_location(cog.module, path, submodule_search_locations=inside)
    if spec is None or spec.loader is None:
        raise CogError(f"The file {path} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    put_in(cog, module)
    spec.loader.exec_module(module)
    return module


def put_in(cog: CogFile, module: ModuleType) -> None:
    """Let a module be known by the cog's name.

    Not by ``sys.path``: a cog with the name ``random`` must not replace a module.
    """
    if PACKAGE not in sys.modules:
        package = ModuleType(PACKAGE, "The cogs that were loaded from files.")
        package.__path__ = []
        sys.modules[PACKAGE] = package
    sys.modules[cog.module] = module


@contextmanager
def _no_stale_bytecode(cog: CogFile) -> Generator[None]:
    """Compiled files are told apart by whole seconds: a cog that is edited and loaded at once would be the old one."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = before or cog.path is None or not cog.path.is_relative_to(BUILT_IN)
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _is_of(filename: str, cog: CogFile) -> bool:
    if cog.path is None:
        top = sys.modules.get(cog.name)
        places = [Path(place) for place in getattr(top, "__path__", ())]
        return any(Path(filename).is_relative_to(place) for place in places)
    return Path(filename).is_relative_to(cog.folder) if cog.folder is not None else Path(filename) == cog.path


def _file(filename: str, cog: CogFile) -> str:
    """Of a cog with several files, which one."""
    return f"{Path(filename).name}, " if cog.folder is not None or cog.path is None else ""
