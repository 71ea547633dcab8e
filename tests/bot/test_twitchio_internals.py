"""An upgrade of TwitchIO that renames a private part which the bot builds on fails here, and not in silence."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from twitchio.ext import commands

from pixel_bot.bot.twitchio_internals import PRIVATE, BotInternals, CommandInternals, ContextInternals
from tests.harness.paths import ROOT

GLUE = ROOT / "pixel_bot/bot/twitchio_internals.py"
OURS = {commands.Bot: BotInternals, commands.Context: ContextInternals, commands.Command: CommandInternals}
PAIRS = [(owner, name) for owner, names in PRIVATE.items() for name in names]
SUBCLASSES = {"BotInternals", "ContextInternals", "CommandInternals", "PixelBot", "Context", "PixelCommand"}
"""Classes of TwitchIO's, as far as ours build on them, by the names under which they are subclassed."""


@cache
def names_set_by(owner: type[Any]) -> set[str]:
    """The attributes that a class, or one that it builds on, sets on its instances or defines as methods."""
    found: set[str] = set()
    for base in owner.__mro__:
        if base.__module__.split(".")[0] != "twitchio":
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        found |= {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value)
        }
        found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return found


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def private_of_twitchio() -> set[str]:
    """All private names of the three classes of TwitchIO that ours build on."""
    names = set[str]().union(*(names_set_by(owner) for owner in PRIVATE))
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def used_privates(source: str, private: set[str]) -> Iterator[str]:
    """Private names of TwitchIO that classes which build on its own use or define."""
    for cls in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)):
        if not {base.id for base in cls.bases if isinstance(base, ast.Name)} & SUBCLASSES:
            continue
        for node in ast.walk(cls):
            if isinstance(node, ast.Attribute) and is_self(node.value) and node.attr in private:
                yield f"{cls.name} uses {node.attr}"
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in private:
                yield f"{cls.name} overrides {node.name}"


@pytest.mark.parametrize(("owner", "name"), PAIRS)
def test_twitchio_still_has_each_private_name(owner: type[Any], name: str) -> None:
    assert name in names_set_by(owner)


@pytest.mark.parametrize(("owner", "name"), PAIRS)
def test_each_listed_name_is_needed(owner: type[Any], name: str) -> None:
    source = inspect.getsource(OURS[owner])
    assert f"self.{name}" in source or f"def {name}(" in source


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (commands.Context, "_get_command", ["self", "reset"]),
        (commands.Command, "_do_conversion", ["self", "context", "param", "annotation", "raw"]),
        (commands.Command, "_invoke", ["self", "context"]),
        (commands.Command, "_dispatch_error", ["self", "context", "exception"]),
        (commands.Bot, "_dispatch", ["self", "listener", "original"]),
        (commands.Bot, "_setup", ["self"]),
    ],
)
def test_what_we_override_or_call_still_takes_the_same(owner: type[Any], name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_a_renamed_name_would_be_found() -> None:
    assert "_get_command" in names_set_by(commands.Context)
    assert "_get_the_command" not in names_set_by(commands.Context)
    assert "_command" in names_set_by(commands.Context)


def other_sources() -> Iterator[Path]:
    return (path for folder in ("pixel_bot", "cogs") for path in (ROOT / folder).rglob("*.py") if path != GLUE)


def test_no_other_module_touches_private_parts_of_twitchio() -> None:
    private = private_of_twitchio()
    found = [
        f"{path.name}: {use}" for path in other_sources() for use in used_privates(path.read_text("utf-8"), private)
    ]
    assert found == []


def test_a_touch_elsewhere_would_be_found() -> None:
    source = "class Mine(Context):\n    def _get_command(self):\n        return self._view\n"
    assert list(used_privates(source, private_of_twitchio())) == [
        "Mine overrides _get_command",
        "Mine uses _view",
    ]
