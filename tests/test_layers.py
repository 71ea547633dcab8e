"""Imports run downwards only and in no circle; folders, files and functions stay small enough to read."""

import ast
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.harness.paths import ROOT

ROOMS = (
    # What needs nothing of ours
    "wording", "texts", "errors", "configuration", "setting_types", "setting_groups", "settings", "clock", "lru_cache",
    "logs",
    # Values, and what works on no rule
    "model", "filters", "variables", "concurrency", "security", "db", "sounds", "web",
    # The rules, and the SQL
    "points", "cog_data", "earning", "overlay", "redeems", "accounts", "imports", "upkeep", "services",
    # What was bought, made to happen
    "backends.base_url", "backends.tts", "backends", "queue", "diagnostics",
    # Where viewers are
    "platforms", "platforms.joystick", "platforms.twitch",
    # TwitchIO glue, and the one import for cog authors
    "bot", "plugin",
    # What can be done from elsewhere, by the same services
    "api",
    # The doubles of both platforms
    "sandbox.twitch", "sandbox.joystick", "sandbox",
    # Composition, test kit, tools for authors of cogs, command line
    "run", "testing", "cog_tools", "cli", "__main__",
)  # fmt: skip
"""The rooms of ``pixel_bot``, from the ground up. A room may import those that stand before it, and itself."""

MAX_FILES_IN_A_FOLDER = 25
MAX_MODULES_AT_THE_TOP = 12
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 55
MOST_FUNCTION_LINES = 20
"""At the 90th percentile."""


def room_of(module: str) -> str:
    """The room of a module of ours, by its dotted name; ``cogs`` for a cog, "" for the package itself."""
    first, *rest = module.split(".")
    if first == "cogs":
        return "cogs"
    known = (".".join(rest[:depth]) for depth in (2, 1))
    return next((name for name in known if name in ROOMS), rest[0] if rest else "")


def cog_of(module: str) -> str:
    """The cog that a module is part of."""
    return module.split(".")[1] if "." in module else ""


@cache
def told_of(source: str) -> tuple[list[ast.Import | ast.ImportFrom], dict[str, int]]:
    """The statements of a source that import, and how many lines each function has, decorators left out."""
    imports: list[ast.Import | ast.ImportFrom] = []
    lengths: dict[str, int] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lengths[f"{node.name}:{node.lineno}"] = (node.end_lineno or node.lineno) - node.lineno + 1
    return imports, lengths


def imported(source: str, module: str, modules: Iterable[str]) -> Iterator[str]:
    """Every module of ours that a source imports, also inside functions and for annotations alone."""
    known = frozenset(modules)
    inside = any(name.startswith(f"{module}.") for name in known)
    for node in told_of(source)[0]:
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            package = [*module.split("."), *([""] if inside else [])][: -node.level] if node.level else []
            parent = ".".join([*package, *([node.module] if node.module else [])])
            found = [name if (name := f"{parent}.{alias.name}") in known else parent for alias in node.names]
        yield from (name for name in found if name.split(".")[0] in {"pixel_bot", "cogs"})


def violations(source: str, module: str, modules: Iterable[str] = ()) -> list[str]:
    """Imports that the table does not allow."""
    room = room_of(module)
    found: list[str] = []
    for name in imported(source, module, modules):
        target = room_of(name)
        if target in {"", room}:
            # A cog may import its own modules, and never those of another one.
            allowed = room != "cogs" or cog_of(name) == cog_of(module)
        elif room == "cogs":
            allowed = target == "plugin"
        else:
            allowed = target in ROOMS and ROOMS.index(target) < ROOMS.index(room)
        if not allowed:
            found.append(f"{module} ({room}) imports {name} ({target})")
    return found


def circle(imports: Mapping[str, Iterable[str]]) -> Sequence[str]:
    """A circle of imports; empty when there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as exc:
        return exc.args[1]
    return ()


def sources() -> dict[str, Path]:
    """Every module of ours and its file."""
    files = [p for folder in ("pixel_bot", "cogs") for p in sorted((ROOT / folder).rglob("*.py"))]
    return {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in files}


SOURCES = {module: path.read_text(encoding="utf-8") for module, path in sources().items()}


def test_every_module_has_a_room() -> None:
    assert {"pixel_bot.bot.bot", "pixel_bot.points.ledger", "cogs.points"} <= SOURCES.keys()
    assert {room_of(module) for module in SOURCES} == {*ROOMS, "cogs", ""}


def test_imports_run_downwards() -> None:
    wrong = [line for module, source in SOURCES.items() for line in violations(source, module, SOURCES)]
    assert wrong == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circle({m: set(imported(source, m, SOURCES)) - {m} for m, source in SOURCES.items()}) == ()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cogs.points", "from pixel_bot.points.ledger import post"),
        ("cogs.points", "import cogs.admin"),
        ("cogs.commands.registry", "from ..counters import Counters"),
        ("cogs.pixel", "from ..clips import twitch"),
        ("cogs.pixel.ai", "from cogs.clips.twitch import TwitchClips"),
        ("cogs.points", "from cogs import admin"),
        ("pixel_bot.points.ledger", "from pixel_bot.bot.bot import PixelBot"),
        ("pixel_bot.points.ledger", "from pixel_bot.earning import awards"),
        ("pixel_bot.points.ledger", "from ..redeems import shop"),
        ("pixel_bot.points.ledger", "def late():\n    import pixel_bot.sandbox.twitch.users"),
        (
            "pixel_bot.bot.context",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pixel_bot.run.runner import run",
        ),
        ("pixel_bot.db.engine", "from pixel_bot.upkeep import check"),
        ("pixel_bot.db.engine", "from pixel_bot import plugin"),
        ("pixel_bot.web.pages", "from pixel_bot.bot.context import Context"),
        ("pixel_bot.sandbox.twitch.users", "from pixel_bot.sandbox.page import Page"),
        ("pixel_bot.bot.context", "from pixel_bot.plugin import Cog"),
        ("pixel_bot.bot.bot", "import cogs"),
        ("pixel_bot.bot.cogs.loader", "import cogs"),
        ("pixel_bot.texts", "from pixel_bot.db.models import stamp"),
        ("pixel_bot.run.runner", "from cogs.points import Points"),
    ],
)
def test_an_upward_import_would_be_found(module: str, source: str) -> None:
    assert len(violations(source, module, SOURCES)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cogs.points", "import random\nfrom pixel_bot.plugin import Cog\nfrom twitchio.ext import commands"),
        ("cogs.commands.registry", "from .tables import Options\nfrom . import sentences"),
        ("cogs.pixel.ai", "from .settings import Settings\nfrom pixel_bot.plugin import fit"),
        ("pixel_bot.points.ledger", "from pixel_bot.db.json_rows import fold\nfrom pixel_bot import __version__"),
        ("pixel_bot.run.sandbox_app", "from pixel_bot.bot.bot import PixelBot"),
    ],
)
def test_a_downward_import_is_allowed(module: str, source: str) -> None:
    assert violations(source, module, SOURCES) == []


def test_a_circle_would_be_found() -> None:
    assert circle({"a": ["b"], "b": ["c"], "c": []}) == ()
    assert set(circle({"a": ["b"], "b": ["c"], "c": ["a"]})) == {"a", "b", "c"}


def test_no_folder_is_crowded() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = Counter(str(Path(name).parent) for name in listed.splitlines())
    assert sum(folders.values()) > 300
    assert {name: n for name, n in folders.items() if n > MAX_FILES_IN_A_FOLDER} == {}
    assert sum(1 for path in sources().values() if path.parent == ROOT / "pixel_bot") <= MAX_MODULES_AT_THE_TOP


def test_no_file_is_too_long() -> None:
    lengths = {module: len(source.splitlines()) for module, source in SOURCES.items()}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_functions_are_short() -> None:
    found = {f"{m}.{name}": n for m, source in SOURCES.items() for name, n in told_of(source)[1].items()}
    assert {name: length for name, length in found.items() if length > MAX_FUNCTION_LINES} == {}
    assert sorted(found.values())[len(found) * 9 // 10] <= MOST_FUNCTION_LINES


def test_a_long_function_would_be_found() -> None:
    assert told_of("async def long():\n" + "    pass\n" * 60)[1] == {"long:1": 61}
