"""What can be said about a cog by its source alone; nothing of it is run."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pixel_bot.cog_tools.blocks import look_into_blocks
from pixel_bot.cog_tools.findings import Findings
from pixel_bot.cog_tools.names import MAKES_COMMANDS, called, names_of_command

ALLOWED = {"pixel_bot.plugin"}
OURS = {"pixel_bot", "cogs", "pixel_cogs"}
MAKES_TABLES = {"DeclarativeBase", "DeclarativeBaseNoMeta", "declarative_base", "MetaData", "Table", "registry"}
CREATES = re.compile(r"\bCREATE\s+(?:TEMP(?:ORARY)?\s+)?TABLE\b", re.IGNORECASE)
BLOCKING = {
    "time.sleep", "input", "os.system", "urllib.request.urlopen", "socket.create_connection",
    "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
    *(f"{name}.{verb}" for name in ("requests", "httpx") for verb in ("get", "post", "put", "delete", "request")),
}  # fmt: skip
INSTEAD = {"time.sleep": "await asyncio.sleep"}


def look_at_source(files: Sequence[Path], findings: Findings) -> bool:
    """Note what is wrong with the source of a cog.

    Returns:
        Whether all of it can be parsed; else it cannot be loaded.
    """
    is_python = True
    for file in files:
        try:
            tree = ast.parse(file.read_bytes(), str(file))
        except SyntaxError as exc:
            findings.add("syntax", f"This is no Python: {exc.msg}.", file, exc.lineno or 0)
            is_python = False
        except (OSError, ValueError) as exc:
            findings.add("syntax", f"This cannot be read: {exc}.", file)
            is_python = False
        else:
            _look_at_tree(tree, file, findings)
    return is_python


def _look_at_tree(tree: ast.Module, file: Path, findings: Findings) -> None:
    names = dict(_imported(tree))
    for look in (_imports, _tables, _commands, _settings):
        for kind, words, line in look(tree):
            findings.add(kind, words, file, line)
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            for call in calls_in(node):
                name = full_name(call.func, names)
                if name in BLOCKING:
                    instead = INSTEAD.get(name, "await asyncio.to_thread")
                    words = f"{name} blocks the whole bot while it lasts. Use {instead}."
                    findings.add("blocking", words, file, call.lineno)
            look_into_blocks(node, file, findings)


def calls_in(function: ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    """The calls that a function makes itself, not those of functions that are defined in it."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        todo.extend(ast.iter_child_nodes(node))


def full_name(node: ast.expr, names: dict[str, str]) -> str:
    """What a dotted name means: ``time.sleep`` for ``sleep``, if it was imported from there."""
    match node:
        case ast.Name(id=name):
            return names.get(name, name)
        case ast.Attribute(value=value, attr=attr):
            return f"{full_name(value, names)}.{attr}"
        case _:
            return ""


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = inside if node.module in OURS else [node.module]
        else:
            continue
        for module in modules:
            if module.split(".")[0] in OURS and module not in ALLOWED:
                words = (
                    f"It imports {module}. Of the bot's own modules a cog imports pixel_bot.plugin and nothing else."
                )
                yield "import", words, node.lineno


def _tables(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            for name in sorted({alias.name for alias in node.names} & MAKES_TABLES):
                words = f"It makes tables with {name}. Only classes of CogModel are in every copy, backup and check."
                yield "table", words, node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CREATES.search(node.value):
            words = "It makes a table by SQL. Only classes of CogModel are in every copy, backup and check."
            yield "table", words, node.lineno


def _commands(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.AsyncFunctionDef) or ast.get_docstring(node):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and called(mark) in MAKES_COMMANDS:
                name = next(names_of_command(node.name, mark))
                yield "help", f"The command !{name} has no docstring, so !help says nothing of it.", node.lineno


def _settings(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        if not any(ast.unparse(base).split(".")[-1] == "CogSettings" for base in cls.bases):
            continue
        for node, after in zip(cls.body, [*cls.body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and _is_setting(node):
                described = "description=" in ast.unparse(node)
                if not described and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)):
                    words = f"The setting {node.target.id} says nothing of itself. Write a docstring below it."
                    yield "setting", words, node.lineno


def _is_setting(node: ast.AnnAssign) -> bool:
    name = node.target.id if isinstance(node.target, ast.Name) else "_"
    return not name.startswith("_") and name != "model_config" and "ClassVar" not in ast.unparse(node.annotation)
