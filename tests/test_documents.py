"""The documents know every command and every setting, and nothing is named twice."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from pixel_bot.plugin import audience, command_list
from pixel_bot.settings import Settings
from pixel_bot.testing import Stage, settings_in
from tests.harness.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
SETTINGS = [name.upper() for name in Settings.model_fields]


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


def twice(names: Iterable[str]) -> list[str]:
    """Names that stand more than once."""
    return [name for name, n in Counter(name.lower() for name in names).items() if n > 1]


async def test_every_command_stands_in_the_readme(chat: Stage) -> None:
    names = [name for c in command_list(chat.bot) for name in (c.name, *c.aliases)]
    assert len(names) > 15
    assert missing_commands(names, README) == []


async def test_no_name_belongs_to_two_commands(chat: Stage) -> None:
    assert twice(name for c in command_list(chat.bot) for name in (c.name, *c.aliases)) == []


async def test_every_command_says_what_it_does(chat: Stage) -> None:
    assert [c.name for c in command_list(chat.bot) if not c.help.strip()] == []


async def test_the_readme_has_commands_of_mods_apart(chat: Stage) -> None:
    viewers, mods = README.index("\nViewers:"), README.index("\nMods and the streamer:")
    for c in command_list(chat.bot):
        row = re.search(rf"^\| `!{re.escape(c.name)}[`\s]", README, re.MULTILINE)
        assert row is not None, c.name
        assert (viewers < row.start() < mods) if audience(c) == "everyone" else row.start() > mods, c.name


def test_every_setting_stands_in_the_readme() -> None:
    assert missing_settings(SETTINGS, README) == []


def test_the_example_has_every_setting_and_no_other() -> None:
    assert sorted(examples(EXAMPLE)) == sorted(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_example_explains_each_setting(name: str) -> None:
    assert examples(EXAMPLE)[name][1]


@pytest.mark.parametrize("name", SETTINGS)
def test_the_example_shows_the_default(name: str, tmp_path: Path) -> None:
    value, _ = examples(EXAMPLE)[name]
    field = name.lower()
    default = Settings.model_fields[field].default
    shown = getattr(settings_in(tmp_path, **{field: value}), field) if value else value
    assert (shown or "") == (default or "") or (not value and not default.get_secret_value())


def test_every_setting_of_the_documents_exists() -> None:
    described = re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", README, re.MULTILINE)
    assert sorted(described) == sorted(SETTINGS)


@pytest.mark.parametrize(
    "line",
    ["python -m pip install -e . && python -m pixel_bot", 'python -m pip install -e ".[dev]" && python -m pytest'],
)
def test_the_readme_has_the_two_commands_word_for_word(line: str) -> None:
    assert line in README.splitlines()


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


def test_a_name_that_stands_twice_would_be_found() -> None:
    assert twice(["top", "rank", "Top"]) == ["top"]
