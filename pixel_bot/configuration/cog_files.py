"""Where cogs are found: beside this package, in ``COGS_DIR``, and in installed packages. Nothing is imported here."""

import importlib.util
import keyword
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path

BUILT_IN = Path(__file__).resolve().parents[2] / "cogs"
"""Ours lie beside this package. They are found by their place: a folder ``cogs`` elsewhere cannot hide them."""

PACKAGE = "pixel_cogs"
"""The package that cogs of both folders are modules of. It stands in no folder, so no name of theirs hides another."""

NO_GROUPS = frozenset({"tests", "locale"})
"""Folders beside cogs that hold none."""

_SETUP = re.compile(rb"^async def setup\(", re.MULTILINE)

GROUP = "pixel_bot.cogs"
"""The group of entry points in which an installed package names its cog."""


@dataclass(frozen=True, slots=True)
class CogFile:
    """A cog that was found.

    Args:
        name: what it is called: that of its file, its folder, or its package.
        module: what it is imported as.
        path: its file; of a folder, the ``__init__.py``. None for an installed package.
        where: the place in words, like ``my_cogs/slots.py``.
    """

    name: str
    module: str
    path: Path | None
    where: str

    @property
    def folder(self) -> Path | None:
        """Its folder, where it is one."""
        return self.path.parent if self.path is not None and self.path.name == "__init__.py" else None


@dataclass(slots=True)
class CogFiles:
    """Every cog by name, and a sentence for each one that cannot be used."""

    cogs: dict[str, CogFile] = field(default_factory=dict[str, CogFile])
    problems: list[str] = field(default_factory=list[str])


def find_cogs(folder: Path | None, left_out: Collection[str] = (), *, installed: bool = True) -> CogFiles:
    """Find all cogs: those that come along, those of a folder, and those of installed packages.

    Args:
        folder: ``COGS_DIR``.
        left_out: names that ``COGS_OFF`` leaves out, or places, like ``cogs/lineup.py``, where a namesake stays.
        installed: False to leave out those of installed packages, which take longer to be found.
    """
    off = {name.casefold() for name in left_out}
    elsewhere = set[str]()
    found = CogFiles()
    places: list[Iterator[CogFile | str]] = [_in_folder(BUILT_IN)]
    if folder is not None and folder.is_dir():
        places.append(_in_folder(folder))
    if installed:
        places.append(_installed())
    for cog in (one for place in places for one in place):
        if isinstance(cog, str):
            found.problems.append(cog)
        elif cog.where.casefold() in off:
            elsewhere.add(cog.where.casefold())
        else:
            _add(found, cog)
    unknown = off - elsewhere - {name.casefold() for name in found.cogs} if installed else set[str]()
    found.problems += [f"COGS_OFF: there is no cog {name}." for name in sorted(unknown)]
    found.cogs = {name: cog for name, cog in found.cogs.items() if name.casefold() not in off}
    return found


def cog_name(module: str) -> str:
    """The name of the cog that a module belongs to, by the module's dotted name."""
    first, *rest = module.split(".")
    return rest[0] if first in {PACKAGE, "cogs"} and rest else first


def sources_of(cog: CogFile) -> Sequence[Path]:
    """All source files of a cog."""
    if cog.path is None:
        spec = importlib.util.find_spec(cog.name)
        if spec is None or spec.origin is None:
            return ()
        path = Path(spec.origin)
    else:
        path = cog.path
    return sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else (path,)


def forget_installed() -> None:
    """Look for installed packages anew the next time."""
    _entry_points.cache_clear()


def _add(found: CogFiles, cog: CogFile) -> None:
    # Settings and tables are named by the cog, in one case: Slots and slots would share theirs.
    taken = {name.casefold(): there for name, there in found.cogs.items()}
    there = taken.get(cog.name.casefold())
    if there is None:
        found.cogs[cog.name] = cog
        return
    found.problems.append(
        f"Two cogs have the name {there.name}: {there.where} and {cog.where}. The first one counts. Rename the other."
    )


def _in_folder(folder: Path) -> Iterator[CogFile | str]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(("_", ".")):
            continue
        if path.is_dir() and path.name not in NO_GROUPS and not (path / "__init__.py").is_file():
            yield from _in_group(path, folder.name)
        elif cog := _at(path, f"{folder.name}/{path.name}"):
            yield cog


def _in_group(group: Path, parent: str) -> Iterator[CogFile | str]:
    """The cogs in a folder that is none itself; whatever else lies there is left alone."""
    for path in sorted(group.iterdir()):
        if path.name.startswith(("_", ".", "test_")):
            continue
        init = path / "__init__.py"
        source = init if init.is_file() else path
        if source.suffix == ".py" and source.is_file() and _SETUP.search(source.read_bytes()):
            yield from filter(None, [_at(path, f"{parent}/{group.name}/{path.name}")])


def _at(path: Path, where: str) -> CogFile | str | None:
    init = path / "__init__.py"
    if path.suffix == ".py" and path.is_file():
        name, file = path.stem, path
    elif path.is_dir() and init.is_file():
        name, file = path.name, init
    else:
        return None
    if not name.isidentifier() or keyword.iskeyword(name):
        return f"{where} is left out: the name of a cog is one word of letters, digits and _. Rename it."
    return CogFile(name, f"{PACKAGE}.{name}", file, where)


def _installed() -> Iterator[CogFile | str]:
    for name, module, package in _entry_points():
        top, where = module.split(".")[0], f"the installed package {package}"
        if name != top:
            yield f"The cog {name} of {where} is left out: its entry point must have the name of its module, {top}."
        elif top in sys.stdlib_module_names:
            yield f"The cog {name} of {where} is left out: a module of Python itself has that name."
        else:
            yield CogFile(name, module, None, where)


@lru_cache(maxsize=1)
def _entry_points() -> Sequence[tuple[str, str, str]]:
    """Each cog's name, its module, and the package; read at once, because the package may be gone the next time."""
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return [(one.name, one.module, one.dist.name if one.dist is not None else "a package") for one in found]
