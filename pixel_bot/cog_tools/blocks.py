"""What stands inside of the blocks that write, and must not."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from pixel_bot.cog_tools.findings import Findings

WRITERS = {"transaction", "write", "sessions"}
SPEECH = {"reply", "announce", "send"}

TOO_SOON = "It speaks inside of a block that writes: nothing is durable yet. Leave the block first, then speak."
NESTED = (
    "It begins a writer inside of a writer, which would wait for itself without end. Use tx.debit, tx.credit and "
    "tx.session there, or leave the block first."
)


def look_into_blocks(function: ast.AsyncFunctionDef, file: Path, findings: Findings) -> None:
    """Note speech and second writers inside of ``async with self.bot.transaction(...)`` and its like."""
    for block in _statements(function.body):
        if isinstance(block, ast.AsyncWith) and any(_begins_writer(item.context_expr) for item in block.items):
            for node in _statements(block.body):
                match node:
                    case ast.Await(value=ast.Call(func=ast.Attribute(value=owner, attr=name))):
                        if name in SPEECH and _last(owner) in {"ctx", "context", "bot"}:
                            findings.add("speech", TOO_SOON, file, node.lineno)
                        elif _last(owner) == "economy" and name != "history":
                            findings.add("writer", NESTED, file, node.lineno)
                    case ast.AsyncWith(items=items) if any(_begins_writer(item.context_expr) for item in items):
                        findings.add("writer", NESTED, file, node.lineno)
                    case _:
                        pass


def _begins_writer(made: ast.expr) -> bool:
    """Whether it is ``...bot.transaction(...)`` or its like."""
    return isinstance(made, ast.Call) and _last(made.func) in WRITERS and "bot" in ast.unparse(made.func).split(".")


def _last(node: ast.expr) -> str:
    return ast.unparse(node).split(".")[-1]


def _statements(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """All nodes there, apart from those of functions that are only defined there."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        yield node
        yield from _statements(list(ast.iter_child_nodes(node)))
