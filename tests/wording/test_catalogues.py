"""The German catalogues say everything, and all that viewers read in the built-in cogs can be translated."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import polib
import pytest

from pixel_bot.configuration.cog_files import BUILT_IN
from pixel_bot.wording.catalogue import HERE, languages
from pixel_bot.wording.extract import CALLS, DECORATORS, Sentence, sentences_of
from pixel_bot.wording.fields import misfit

WITHOUT = {"counters", "lineup", "quotes", "timers", "wheel"}
"""Cogs whose sentences are not translated yet."""

FOLDERS = ["greetings"]
"""Cogs that are folders, and are translated."""

COGS = sorted(
    {
        *FOLDERS,
        *(path.stem for path in BUILT_IN.glob("[a-z]*.py")),
    }
    - WITHOUT
)
CHARGED = "Nothing was charged."
"""It is taken off the end of a sentence where channel points paid."""

SAMPLES = {"1,234.5", "1st", "{n}d", "{n}h", "{n}m", "{n}s", " or ", "point"}
"""Words that other code knows by heart."""


def catalogue(name: str) -> tuple[Path, Mapping[str, Sentence]]:
    """A German catalogue, and what its source says."""
    if name == "core":
        return HERE / "locale" / "de" / "core.po", sentences_of(sorted(HERE.rglob("*.py")))
    if name in FOLDERS:
        sources = sorted((BUILT_IN / name).rglob("*.py"))
        return BUILT_IN / name / "locale" / "de" / f"{name}.po", sentences_of(sources)
    return BUILT_IN / "locale" / "de" / f"{name}.po", sentences_of([BUILT_IN / f"{name}.py"])


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
        if isinstance(above[1], ast.Expr) or any(_is_marked(one) or _is_typed(one) for one in above):
            continue
        yield node.value


def _reads_like_words(text: str) -> bool:
    return bool(re.search(r"[A-Za-z]{2,}[,;:.!?]? +[A-Za-z]", text) or re.search(r"[a-z]{2,}[.!?](\s|$)", text))


def _is_marked(node: ast.AST) -> bool:
    known = CALLS | DECORATORS.keys()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return isinstance(node.func.value, ast.Name) and node.func.value.id == "log"
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known


def _is_typed(node: ast.AST) -> bool:
    """A command as it is typed: ``f"{prefix}link yes"``, or the name of one that is passed on."""
    if isinstance(node, ast.Constant):
        return node.value == "help mod"
    return isinstance(node, ast.JoinedStr) and "prefix" in ast.unparse(node.values[0])


@pytest.mark.parametrize("name", COGS)
def test_every_sentence_of_a_cog_can_be_translated(name: str) -> None:
    # Descriptions of settings are for .env, as the log is for the streamer: both are English.
    inside = [file for file in (BUILT_IN / name).rglob("*.py") if file.stem != "settings"]
    files = inside if name in FOLDERS else [BUILT_IN / f"{name}.py"]
    found = [words for file in files for words in untranslated(file.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "line",
    ['ctx.reply("You have it.")', 'ctx.reply(f"{viewer} has {n} of them")', 'raise BadInput(f"Not {that}, friend.")'],
)
def test_a_sentence_that_cannot_be_translated_would_be_found(line: str) -> None:
    assert len(list(untranslated(line))) >= 1
    assert list(untranslated('"""A docstring of it."""\nctx.reply(_("You have it."))\nf"{prefix}link yes"')) == []
