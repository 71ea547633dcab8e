"""The documents know every command and every setting, and nothing is named twice."""

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import TypeAdapter

from pixel_bot.cli import main
from pixel_bot.plugin import audience, command_list
from pixel_bot.settings import Settings
from pixel_bot.testing import Stage, settings_in
from tests.cogs.all_settings import all_settings
from tests.harness.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
KEEPING = (ROOT / "docs" / "keeping.md").read_text(encoding="utf-8")
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
FIELDS = all_settings()
SETTINGS = list(FIELDS)
LONGEST_README = 200


class Caught(Exception):
    """The parser of the command line was caught before it parsed anything."""


def missing_commands(names: Iterable[str], document: str) -> list[str]:
    """Command names that the document does not show as code, like ``!points add``."""
    return [name for name in names if not re.search(rf"`!{re.escape(name)}[`\s]", document)]


def missing_settings(names: Iterable[str], document: str) -> list[str]:
    """Settings that the document does not show as code."""
    return [name for name in names if f"`{name}`" not in document]


def examples(document: str) -> dict[str, tuple[str, str]]:
    """Each setting of an example file with its value and the comment on the line above."""
    lines = ["", *document.splitlines()]
    found: dict[str, tuple[str, str]] = {}
    for above, line in pairwise(lines):
        match = re.fullmatch(r"#? ?([A-Z][A-Z0-9_]*)=(.*)", line)
        if match is not None:
            comment = above.removeprefix("#").strip() if above.startswith("#") and "=" not in above else ""
            found[match[1]] = (match[2], comment)
    return found


def table(document: str) -> dict[str, tuple[str, str]]:
    """Each setting of a table with its default and what it does."""
    rows = re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \| (?:`([^`]*)`)? *\| (.+) \|$", document, re.MULTILINE)
    return {name: (default, what) for name, default, what in rows}


def command_line() -> argparse.ArgumentParser:
    """The parser that the bot's command line is read with."""
    caught: list[argparse.ArgumentParser] = []

    def keep(parser: argparse.ArgumentParser, *_: object) -> None:
        caught.append(parser)
        raise Caught

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", keep)
        with suppress(Caught):
            main([])
    (parser,) = caught
    return parser


def below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands that may follow, by name."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        choices: object = action.choices
        if isinstance(choices, dict):
            found |= cast(dict[str, argparse.ArgumentParser], choices)
    return found


def commands_of(parser: argparse.ArgumentParser, words: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each command of a command line with its options, like ``db check``; the line without any has no words."""
    options = [action.option_strings[-1] for action in parser._actions if action.option_strings]
    if not words or not below(parser):
        yield words, [option for option in options if not words or option != "--help"]
    for name, child in below(parser).items():
        yield from commands_of(child, f"{words} {name}".strip())


def described_commands(document: str) -> set[str]:
    """The commands of a document's table, like ``db check``, without what is typed behind them."""
    rows: list[str] = re.findall(r"^\| `python -m pixel_bot ?([^`]*)` \|", document, re.MULTILINE)
    return {" ".join(takewhile(lambda word: re.fullmatch("[a-z][a-z-]*", word), row.split())) for row in rows}


def missing_options(options: Iterable[str], document: str) -> list[str]:
    """Options that no row of a table in the document begins with, like ``... --speed N``."""
    return [name for name in options if not re.search(rf"^\| `[^`\n]*{name}[` ]", document, re.MULTILINE)]


def twice(names: Iterable[str]) -> list[str]:
    """Names that stand more than once."""
    return [name for name, n in Counter(name.lower() for name in names).items() if n > 1]


async def test_every_command_stands_on_the_page_of_commands(chat: Stage) -> None:
    names = [name for c in command_list(chat.bot) for name in (c.name, *c.aliases)]
    assert len(names) > 15
    assert missing_commands(names, COMMANDS) == []


async def test_no_name_belongs_to_two_commands(chat: Stage) -> None:
    assert twice(name for c in command_list(chat.bot) for name in (c.name, *c.aliases)) == []


async def test_every_command_says_what_it_does(chat: Stage) -> None:
    assert [c.name for c in command_list(chat.bot) if not c.help.strip()] == []


async def test_the_page_of_commands_has_those_of_mods_and_of_the_streamer_apart(chat: Stage) -> None:
    titles = ("Viewers", "Mods and the streamer", "The streamer", "Points, XP and levels")
    viewers, mods, streamer, end = (COMMANDS.index(f"\n## {title}\n") for title in titles)
    parts = {"everyone": (viewers, mods), "mods": (mods, streamer), "broadcaster": (streamer, end)}
    for c in command_list(chat.bot):
        row = re.search(rf"^\| `!{re.escape(c.name)}[`\s]", COMMANDS, re.MULTILINE)
        assert row is not None, c.name
        first, last = parts[audience(c)]
        assert first < row.start() < last, c.name


def test_every_setting_stands_on_the_page_of_settings() -> None:
    assert missing_settings(SETTINGS, SETTINGS_PAGE) == []


def test_the_example_has_every_setting_and_no_other() -> None:
    assert sorted(examples(EXAMPLE)) == sorted(SETTINGS)


def test_the_example_explains_each_setting_and_shows_its_default(tmp_path: Path) -> None:
    shown_there = examples(EXAMPLE)
    assert [name for name in SETTINGS if not shown_there[name][1]] == []
    for name, info in FIELDS.items():
        value, field = shown_there[name][0], name.lower()
        if field in Settings.model_fields:
            shown = getattr(settings_in(tmp_path, **{field: value}), field) if value else value
        else:
            shown = TypeAdapter[Any](cast(Any, info.annotation)).validate_python(value) if value else value
        default: Any = info.default
        assert (shown or "") == (default or "") or (not value and not default.get_secret_value()), name


def test_every_setting_of_the_documents_exists() -> None:
    described = re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", SETTINGS_PAGE, re.MULTILINE)
    assert sorted(described) == sorted(SETTINGS)


def test_the_page_of_settings_says_what_the_example_says() -> None:
    assert table(SETTINGS_PAGE) == examples(EXAMPLE)


def test_a_setting_describes_itself_as_the_page_of_settings_does() -> None:
    described = {name: words for name, (_, words) in table(SETTINGS_PAGE).items()}
    assert {name: info.description for name, info in FIELDS.items()} == described


def test_every_command_of_the_command_line_stands_on_the_page_about_keeping() -> None:
    there = dict(commands_of(command_line()))
    assert len(there) > 10
    assert described_commands(KEEPING) == set(there)
    assert missing_options({option for options in there.values() for option in options}, KEEPING) == []


@pytest.mark.parametrize(
    "line",
    ["python -m pip install -e . && python -m pixel_bot", 'python -m pip install -e ".[dev]" && python -m pytest'],
)
def test_the_readme_has_the_two_commands_word_for_word(line: str) -> None:
    assert line in README.splitlines()


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= LONGEST_README


def test_an_undocumented_command_would_be_found() -> None:
    document = "| `!points [@user]` (`!balance`) | ... | `!points add @user N` |"
    assert missing_commands(["points", "balance", "points add"], document) == []
    assert missing_commands(["point", "dance", "points remove"], document) == ["point", "dance", "points remove"]


def test_an_undocumented_setting_would_be_found() -> None:
    assert missing_settings(["WEB_PORT", "MADE_UP"], "| `WEB_PORT` | `8080` |") == ["MADE_UP"]


def test_examples_are_read_with_their_comment() -> None:
    document = "# Port of the pages\n# WEB_PORT=8080\n# LOG_LEVEL=INFO\n\nMADE_UP=1\n"
    assert examples(document) == {
        "WEB_PORT": ("8080", "Port of the pages"),
        "LOG_LEVEL": ("INFO", ""),
        "MADE_UP": ("1", ""),
    }


def test_a_table_is_read_with_defaults() -> None:
    document = "| Setting | Default | What |\n|---|---|---|\n| `WEB_PORT` | `8080` | Port |\n| `AI_KEY` |  | Key |\n"
    assert table(document) == {"WEB_PORT": ("8080", "Port"), "AI_KEY": ("", "Key")}


def test_an_undocumented_command_of_the_command_line_would_be_found() -> None:
    parser = argparse.ArgumentParser()
    db = parser.add_subparsers().add_parser("db").add_subparsers()
    db.add_parser("check")
    db.add_parser("drop").add_argument("--all", action="store_true")
    there = dict(commands_of(parser))
    assert there == {"": ["--help"], "db check": [], "db drop": ["--all"]}
    document = "| `python -m pixel_bot` | Runs |\n| `python -m pixel_bot db check [FILE]` | Checks; not `--all` |\n"
    assert set(there) - described_commands(document) == {"db drop"}
    assert missing_options(["--all"], document) == ["--all"]
    assert missing_options(["--all"], "| `... --all` | Everything |") == []


def test_a_name_that_stands_twice_would_be_found() -> None:
    assert twice(["top", "rank", "Top"]) == ["top"]
