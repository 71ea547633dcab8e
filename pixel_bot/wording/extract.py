"""Finds the sentences in source code: what ``_(...)`` and ``later(...)`` get, and what commands say of themselves.

Help is text, too: of a method with ``@command`` or ``@redeem`` these are the first line of the docstring, ``usage``,
``name`` of a redeem and ``price``.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_WORD = re.compile(r"@?\w+")

CALLS = frozenset({"_", "later"})
DECORATORS = {"command": ("usage",), "redeem": ("usage", "name", "price")}
"""Decorators of commands, each with the arguments that are text."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the source: the original, its plural where it has one, and where it stands first."""

    text: str
    plural: str = ""
    file: str = ""
    line: int = 0

    @property
    def originals(self) -> tuple[str, ...]:
        """The original, and its plural where there is one."""
        return (self.text, self.plural) if self.plural else (self.text,)


def sentences_of(files: Iterable[Path]) -> dict[str, Sentence]:
    """The sentences of some source files, by their originals, in the order in which they stand there."""
    found: dict[str, Sentence] = {}
    for file in files:
        stat = file.stat()
        for sentence in _in_file(file, stat.st_mtime_ns):
            before = found.get(sentence.text)
            if before is None or (sentence.plural and not before.plural):
                found[sentence.text] = sentence
    return found


@lru_cache(maxsize=1_000)
def _in_file(file: Path, _mtime: int) -> tuple[Sentence, ...]:
    try:
        source = file.read_text(encoding="utf-8")
        if not any(mark in source for mark in ("texts(", "later(", "@command(", "@redeem(")):
            return ()
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()  # loading it says what is wrong
    return tuple(sorted(_in_tree(tree, file.name), key=lambda sentence: sentence.line))


def _in_tree(tree: ast.AST, file: str) -> Iterator[Sentence]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in CALLS:
            given = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if given and isinstance(node.args[0], ast.Constant):
                yield Sentence(given[0], given[1] if len(given) > 1 else "", file, node.lineno)
        elif isinstance(node, ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                yield from _of_command(node, decorator, file)


def _of_command(node: ast.AsyncFunctionDef, decorator: ast.expr, file: str) -> Iterator[Sentence]:
    if not isinstance(decorator, ast.Call) or _name(decorator.func) not in DECORATORS:
        return
    if help_line := (ast.get_docstring(node) or "").partition("\n")[0].strip():
        yield Sentence(help_line, "", file, node.lineno)
    for argument in decorator.keywords:
        if argument.arg in DECORATORS[_name(decorator.func)] and isinstance(argument.value, ast.Constant):
            text = argument.value.value
            # What is only names of parameters, like "@user N", is the same everywhere.
            if isinstance(text, str) and any(len(word) > 1 and word[0] != "@" for word in _WORD.findall(text)):
                yield Sentence(text, "", file, decorator.lineno)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
