"""The German catalogues say everything, and all that viewers read in the built-in cogs can be translated."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import polib
import pytest

from pixel_bot.configuration.cog_files import find_cogs, sources_of
from pixel_bot.wording.catalogue import HERE, languages
from pixel_bot.wording.extract import CALLS, DECORATORS, Sentence, sentences_of
from pixel_bot.wording.fields import misfit

FOUND = find_cogs(None, installed=False).cogs
COGS = sorted(FOUND)
CHARGED = "Nothing was charged."
"""It is taken off the end of a sentence where channel points paid."""

ENGLISH = {
    *("problems", "setup_step", "SetupStep"),
    *("ValueError", "OSError", "NoResult"),
    *("AiFailure", "_BudgetRefused", "_advice", "why"),
    *("_RULES", "persona", "_BY_OPENING", "ALWAYS_ON"),
}
"""Calls, methods and names whose texts nobody reads in chat: the set-up page, errors of authors, reasons in the log,
what an AI reads, and what a viewer types."""

SAMPLES = {"1,234.5", "1st", "{n}d", "{n}h", "{n}m", "{n}s", " or ", "point"}
"""Words that other code knows by heart."""


def catalogue(name: str) -> tuple[Path, Mapping[str, Sentence]]:
    """A German catalogue, and what its source says."""
    if name == "core":
        return HERE / "locale" / "de" / "core.po", sentences_of(sorted(HERE.rglob("*.py")))
    files = list(sources_of(FOUND[name]))
    return files[0].parent / "locale" / "de" / f"{name}.po", sentences_of(files)


@pytest.mark.parametrize("name", ["core", *COGS])
def test_german_is_complete_and_fits(name: str) -> None:
    file, sentences = catalogue(name)
    entries = {entry.msgid: entry for entry in polib.pofile(str(file), encoding="utf-8")}
    assert len(sentences) > 0
    assert entries.keys() - sentences.keys() == set(), "gone from the source: python -m pixel_bot texts --update de"
    assert sentences.keys() - entries.keys() == set(), "not in it: python -m pixel_bot texts --update de"
    for text, sentence in sentences.items():
        entry = entries[text]
        assert entry.translated(), text
        assert entry.msgid_plural == sentence.plural
        forms = list(entry.msgstr_plural.values()) or [entry.msgstr]
        assert [(form, why) for form in forms if (why := misfit(form, sentence.originals))] == []
        assert not any(re.search(r"\b(Sie|Ihr|Ihre|Ihnen)\b", form) for form in forms), text


def test_a_sentence_ends_as_the_code_expects_it() -> None:
    file, sentences = catalogue("core")
    entries = {entry.msgid: entry.msgstr for entry in polib.pofile(str(file), encoding="utf-8")}
    ending = [text for text in sentences if text.endswith(f". {CHARGED}")]
    assert len(ending) > 5
    assert [text for text in ending if not entries[text].endswith(f" {entries[CHARGED]}")] == []
    assert sentences.keys() >= SAMPLES


def test_the_languages() -> None:
    assert languages() == ["de", "en"]


def untranslated(source: str) -> Iterator[str]:
    """Literals of a cog that look like a sentence, and go past ``_``."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or not _reads_like_words(node.value):
            continue
        above = [node]
        while above[-1] in parents:
            above.append(parents[above[-1]])  # pyright: ignore[reportArgumentType]
        passed = (_is_marked, _is_typed, _is_english)
        if isinstance(above[1], ast.Expr) or any(is_passed(one) for one in above for is_passed in passed):
            continue
        yield node.value


def _reads_like_words(text: str) -> bool:
    return bool(re.search(r"[A-Za-z]{2,}[,;:.!?]? +[A-Za-z]", text) or re.search(r"[a-z]{2,}[.!?](\s|$)", text))


def _is_marked(node: ast.AST) -> bool:
    known = CALLS | DECORATORS.keys()
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known


def _is_english(node: ast.AST) -> bool:
    """What nobody reads in chat, as ``ENGLISH`` says, and the log, names of transactions, descriptions of settings."""
    match node:
        case (
            ast.Call(func=ast.Attribute(value=ast.Name(id="log")) | ast.Attribute(attr="transaction"))
            | ast.keyword(arg="description" | "page")
        ):
            return True
        case (
            ast.FunctionDef(name=name)
            | ast.Call(func=ast.Name(id=name))
            | ast.Assign(targets=[ast.Name(id=name)])
            | ast.AnnAssign(target=ast.Name(id=name))
        ):
            return name in ENGLISH
        case _:
            return False


def _is_typed(node: ast.AST) -> bool:
    """A command as it is typed: ``f"{prefix}link yes"``, or the name of one that is passed on."""
    if isinstance(node, ast.Constant):
        return node.value == "help mod"
    return isinstance(node, ast.JoinedStr) and "prefix" in ast.unparse(node.values[0])


@pytest.mark.parametrize("name", COGS)
def test_every_sentence_of_a_cog_can_be_translated(name: str) -> None:
    sources = [file.read_text(encoding="utf-8") for file in sources_of(FOUND[name])]
    assert [text for source in sources for text in untranslated(source)] == []


@pytest.mark.parametrize(
    "line",
    ['ctx.reply("You have it.")', 'ctx.reply(f"{viewer} has {n} of them")', 'raise BadInput(f"Not {that}, friend.")'],
)
def test_a_sentence_that_cannot_be_translated_would_be_found(line: str) -> None:
    assert len(list(untranslated(line))) >= 1
    assert list(untranslated('"""A docstring of it."""\nctx.reply(_("You have it."))\nf"{prefix}link yes"')) == []
