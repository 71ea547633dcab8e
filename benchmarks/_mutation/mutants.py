"""Mutants of a module: its source with one small change each, in its Python or in the SQL of its strings."""

import ast
import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, cast

from typing_extensions import override

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd
}  # fmt: skip
REMOVABLE = (ast.Expr, ast.AugAssign, ast.Raise, ast.Break, ast.Continue)
REFINEMENTS = {"order_by", "limit", "with_for_update"}
"""Methods of a query without which it is a query still."""

NO_CODE = {"annotation", "returns", "decorator_list", "bases"}
"""Fields of the syntax tree whose changes no run notices, or that fail at the import."""

SQL = re.compile(r"\b(SELECT|UPDATE|INSERT|DELETE|WHERE|ON CONFLICT|ORDER BY)\b")
TOKEN = re.compile(
    r"ON CONFLICT \([^()]*\) DO NOTHING|IS NOT NULL|IS NULL|>=|<=|[=<>+]|\b(?:AND|OR|DESC)\b|(?<![\w'])\d+\b"
)
TOKENS = {
    "IS NOT NULL": "IS NULL", "IS NULL": "IS NOT NULL", ">=": ">", "<=": "<", "=": "!=", "<": "<=", ">": ">=",
    "+": "-", "AND": "OR", "OR": "AND", "DESC": "ASC",
}  # fmt: skip
OPERAND = r"(?:[\w.:]+(?:\([^()]*\))?(?:\s*[-+]\s*[\w.:]+)*|'[^']*'|\([^()]*\))"
BEFORE_CONDITION = re.compile(r"\b(?:WHERE|AND|OR|ON)\s+(?!CONFLICT)")
CONDITION = re.compile(
    rf"{OPERAND}\s*(?:>=|<=|!=|<>|[=<>])\s*{OPERAND}|{OPERAND}\s+IS (?:NOT )?NULL|{OPERAND}\s+IN\s*\([^()]*\)"
    r"|\([^()]*\)"
)
ASSIGNMENTS = re.compile(r"\bSET\b.*?(?=\bFROM\b|\bWHERE\b|$)", re.DOTALL)


Change = tuple[str, str, str]
"""A line, and the code of it before and after."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed module: the line of the change and what stands there, the code before and after, the whole source."""

    line: int
    text: str
    was: str
    now: str
    source: str

    @property
    def change(self) -> Change:
        """What names it wherever its line is."""
        return self.text, self.was, self.now

    @override
    def __str__(self) -> str:
        return f"{self.line}: {self.text}\n    {self.was}  ->  {self.now}"


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a module, in the order of its lines; its comments are not in them."""
    tree = ast.parse(source)
    lines = source.splitlines()
    for parent, name, place in _places(tree):
        held = getattr(parent, name)
        old: ast.AST = held if place is None else held[place]
        for new in _variants(old):
            _put(parent, name, place, new)
            changed = ast.unparse(ast.fix_missing_locations(tree))
            _put(parent, name, place, old)
            line: int = getattr(old, "lineno", 1)
            yield Mutant(line, lines[line - 1].strip()[:100], *_shown(old, new), changed)


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Where something of the tree can be exchanged: its parent, the field, and the place in it."""
    for name, held in ast.iter_fields(node):
        many = cast(list[Any], held) if isinstance(held, list) else [held]
        for place, child in enumerate(many):
            if not isinstance(child, ast.AST) or name in NO_CODE or _is_told(child):
                continue
            yield node, name, place if isinstance(held, list) else None
            if not isinstance(child, ast.UnaryOp) or not isinstance(child.operand, ast.Constant):
                yield from _places(child)


def _is_told(node: ast.AST) -> bool:
    """True for what is for people only: a docstring, a line of the log."""
    if not isinstance(node, ast.Expr):
        return False
    return isinstance(node.value, ast.Constant) or ast.unparse(node.value).startswith("log.")


def _put(parent: ast.AST, name: str, place: int | None, new: ast.AST) -> None:
    if place is None:
        setattr(parent, name, new)
    else:
        getattr(parent, name)[place] = new


def _variants(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[op, *rest]) if type(op) in COMPARISONS:
            yield _with(node, ops=[COMPARISONS[type(op)](), *rest])
        case ast.BinOp(op=op) if type(op) in OPERATORS and "None" not in ast.unparse(node.right):
            yield _with(node, op=OPERATORS[type(op)]())
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Call(func=ast.Attribute(attr=name, value=before)) if name in REFINEMENTS:
            yield before
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)) if SQL.search(value):
            yield from (_with(node, value=words) for words in sql_mutants(value))
        case ast.Call(func=ast.Attribute(attr="where")):
            yield from (_with(node, args=without) for without in _each_left_out(node.args))
        case ast.Call(func=ast.Attribute(attr="values")):
            yield from (_with(node, keywords=without) for without in _each_left_out(node.keywords))
        case ast.stmt() if _is_removable(node):
            yield ast.Pass()
        case _:
            return


def _is_removable(node: ast.stmt) -> bool:
    """True for statements without which the module can still run, and for which no other mutant stands."""
    match node:
        case ast.If(body=[only], orelse=[]):
            return not _is_removable(only)
        case ast.Assign(targets=[ast.Attribute()], value=value):
            return not isinstance(value, ast.Name)
        case ast.If(orelse=[]) | ast.Assign(targets=[ast.Subscript()]):
            return True
        case _:
            return isinstance(node, REMOVABLE)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _each_left_out(parts: Sequence[Any]) -> Iterator[list[Any]]:
    for place in range(len(parts)):
        yield [*parts[:place], *parts[place + 1 :]]


def sql_mutants(text: str) -> Iterator[str]:
    """The text with one operator, number or direction changed, or without one of its conditions."""
    assigned = [match.span() for match in ASSIGNMENTS.finditer(text)]
    for match in TOKEN.finditer(text):
        token = match[0]
        if token == "=" and any(start <= match.start() < end for start, end in assigned):
            continue
        new = str(int(token) + 1) if token.isdigit() else TOKENS.get(token, "")
        yield text[: match.start()] + new + text[match.end() :]
    for before in BEFORE_CONDITION.finditer(text):
        if match := CONDITION.match(text, before.end()):
            yield text[: match.start()] + "true" + text[match.end() :]


def _shown(old: ast.AST, new: ast.AST) -> tuple[str, str]:
    """Both in one line each; of long texts only what differs, with some of what stands around it."""
    was, now = (" ".join(ast.unparse(node).split()) for node in (old, new))
    if isinstance(new, ast.Pass):
        return was[:100], "removed"
    same = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
    start = max(0, same - 30)
    return was[start : start + 100], now[start : start + 100]
