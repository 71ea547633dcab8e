"""What the sources of cogs call their commands and their classes; nothing of them is run."""

import ast
from collections.abc import Iterator
from pathlib import Path

MAKES_COMMANDS = {"command", "redeem"}


def command_names(tree: ast.Module) -> Iterator[str]:
    """Every name that chat can type for a command of that source, aliases included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and called(mark) in MAKES_COMMANDS:
                    yield from names_of_command(node.name, mark)


def class_names(tree: ast.Module) -> Iterator[str]:
    """The classes of that source."""
    return (node.name for node in tree.body if isinstance(node, ast.ClassDef))


def trees_in(folder: Path) -> Iterator[ast.Module]:
    """The sources of a folder, those that can be parsed."""
    for path in sorted(folder.rglob("*.py")):
        try:
            yield ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, SyntaxError):
            continue


def called(call: ast.Call) -> str:
    """The last word of what is called: ``sleep`` for ``time.sleep()``."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def names_of_command(method: str, mark: ast.Call) -> Iterator[str]:
    """The names of one command, that of its method or the given one first.

    Args:
        method: the method's name.
        mark: the call of ``@command`` or ``@redeem``.
    """
    first = mark.args[0] if mark.args else None
    yield first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else method
    given = [word.value for word in mark.keywords if word.arg in {"aliases", "key", "name"}]
    for part in (part for value in given for part in ast.walk(value)):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
