"""Imports run downwards only, and files and functions stay small enough to read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.paths import ROOT

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 60

BASE = {"base"}
MAY_IMPORT = {
    "base": BASE,
    "db": BASE | {"db"},
    "services": BASE | {"db", "services"},
    "backends": BASE | {"backends"},
    "jobs": BASE | {"db", "services", "backends", "jobs"},
    "web": BASE | {"db", "services", "web"},
    "platforms": BASE | {"db", "services", "web", "platforms"},
    "chat": BASE | {"db", "services", "backends", "jobs", "chat"},
    "plugin": BASE | {"services", "jobs", "chat", "plugin"},
    "cogs": {"plugin"},
}
"""What each layer may import; ``top`` (app, live, show, runner, testing and so on) may import everything but cogs."""

BASE_MODULES = {"errors", "texts", "clock", "settings", "setting_types", "logs", "filters", "sounds"}
TOP_MODULES = {
    "app",
    "live",
    "login",
    "setup",
    "setup_joystick",
    "setup_twitch",
    "show",
    "on_twitch",
    "runner",
    "cli",
    "maintenance",
    "backups",
    "care",
    "copying",
    "servers",
    "importing",
    "testing",
    "voices",
    "__main__",
}


def layer_of(module: str) -> str:
    """The layer of a module of ours, by its dotted name."""
    first, *rest = module.split(".")
    if first == "cogs":
        return "cogs"
    if not rest:
        return "base"  # the package itself: its version
    name = rest[0]
    if name in BASE_MODULES:
        return "base"
    if name in TOP_MODULES:
        return "top"
    return "chat" if name == "bot" else name


def imported(source: str, module: str) -> Iterator[str]:
    """Every module of ours that a source imports, also inside functions; names are resolved to modules."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            parent = ".".join([*package, *([node.module] if node.module else [])])
            found = [parent] if parent.count(".") else [f"{parent}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in found if name.split(".")[0] in {"pixel_bot", "cogs"})


def violations(source: str, module: str) -> list[str]:
    """Imports that the layers do not allow."""
    layer = layer_of(module)
    found: list[str] = []
    for name in imported(source, module):
        if module == "pixel_bot.bot.cog_loader" and name == "cogs":
            continue  # the package is only asked where its files are
        if name == "pixel_bot.__version__":
            continue
        target = layer_of(name)
        allowed = target != "cogs" if layer == "top" else target in MAY_IMPORT[layer]
        if not allowed:
            found.append(f"{module} ({layer}) imports {name} ({target})")
    return found


def sources() -> list[tuple[str, Path]]:
    """Every module of ours and its file."""
    files = [p for folder in ("pixel_bot", "cogs") for p in sorted((ROOT / folder).rglob("*.py"))]
    return [(".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), p) for p in files]


def test_the_sources_are_found() -> None:
    modules = {module for module, _ in sources()}
    assert {"pixel_bot", "pixel_bot.bot.bot", "pixel_bot.points.ledger", "cogs.points"} <= modules
    assert {layer_of(module) for module in modules} == {*MAY_IMPORT, "top"}


def test_imports_run_downwards() -> None:
    wrong = [line for module, path in sources() for line in violations(path.read_text(encoding="utf-8"), module)]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cogs.points", "from pixel_bot.points.ledger import post"),
        ("cogs.points", "import cogs.admin"),
        ("cogs.points", "from cogs import admin"),
        ("pixel_bot.points.ledger", "from pixel_bot.bot.bot import PixelBot"),
        ("pixel_bot.points.ledger", "from pixel_bot.web.server import STATIC"),
        ("pixel_bot.points.ledger", "from ..chat import context"),
        ("pixel_bot.points.ledger", "def late():\n    import pixel_bot.sandbox.twitch.users"),
        ("pixel_bot.db.engine", "from pixel_bot.points import ledger"),
        ("pixel_bot.db.engine", "from pixel_bot import plugin"),
        ("pixel_bot.web.pages", "from pixel_bot.bot.context import Context"),
        ("pixel_bot.sandbox.page", "from pixel_bot.bot.bot import PixelBot"),
        ("pixel_bot.bot.context", "from pixel_bot.plugin import Cog"),
        ("pixel_bot.bot.bot", "from pixel_bot.run.sandbox_app import App"),
        ("pixel_bot.texts", "from pixel_bot.db.models import stamp"),
        ("pixel_bot.run.sandbox_app", "from cogs.points import Points"),
    ],
)
def test_an_upward_import_would_be_found(module: str, source: str) -> None:
    assert len(violations(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cogs.points", "import random\nfrom pixel_bot.plugin import Cog\nfrom twitchio.ext import commands"),
        ("pixel_bot.points.ledger", "from pixel_bot.db.json_rows import fold\nfrom pixel_bot import __version__"),
        ("pixel_bot.run.sandbox_app", "from pixel_bot.bot.bot import PixelBot"),
    ],
)
def test_a_downward_import_is_allowed(module: str, source: str) -> None:
    assert violations(source, module) == []


def long_functions(source: str, most: int) -> list[str]:
    """Functions with more lines than that, decorators left out."""
    return [
        f"{node.name}: {length} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > most
    ]


def test_no_file_is_too_long() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for _, path in sources()}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_is_too_long() -> None:
    found = [
        f"{module}.{function}"
        for module, path in sources()
        for function in long_functions(path.read_text(encoding="utf-8"), MAX_FUNCTION_LINES)
    ]
    assert found == []


def test_a_long_function_would_be_found() -> None:
    source = "async def long():\n" + "    pass\n" * 60
    assert long_functions(source, 60) == ["long: 61 lines"]
    assert long_functions(source, 61) == []
