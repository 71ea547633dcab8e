"""The cogs and the test of docs/cogs.md work as they stand there."""

import re
from pathlib import Path
from typing import Any

import pytest

from pixel_bot import plugin
from pixel_bot.bot.cogs.face import DOORS
from pixel_bot.bot.cogs.hearing import EVENTS
from pixel_bot.testing import stage
from tests.harness.paths import ROOT

PAGE = (ROOT / "docs" / "cogs.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CODE: str = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", PAGE, re.DOTALL))
"""What stands on the page as code."""

HERE = Path(__file__)
LISTS = {HERE, ROOT / "tests" / "test_plugin.py"}
USES = [path for folder in ("tests", "cogs") for path in (ROOT / folder).rglob("*.py") if path not in LISTS]
TESTED = "\n".join([path.read_text(encoding="utf-8") for path in USES] + BLOCKS)
"""What tests run: their own code, the cogs that come along, and the cogs of the page."""


def words(text: str, before: str = "") -> set[str]:
    """All words of a text; those alone that stand right behind others."""
    return set(re.findall(rf"\b{before}(\w+)", text))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cogs of the page that are one file, in ``my_cogs`` of the working folder."""
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "my_cogs"
    made.mkdir()
    for block in BLOCKS:
        if "Widget" not in block and (name := re.search(r"^class (\w+)\(Cog\)", block, re.MULTILINE)) is not None:
            (made / f"{name[1].lower()}.py").write_text(block, encoding="utf-8")
    return made


async def test_the_test_of_the_page_passes(tmp_path: Path, folder: Path) -> None:
    (block,) = [block for block in BLOCKS if "async def test_" in block]
    names: dict[str, Any] = {}
    exec(compile(block, "docs/cogs.md", "exec"), names)
    await names["test_hello"](tmp_path)
    found = sorted(path.stem for path in folder.glob("*.py"))
    assert found == ["auction", "dragon", "fruits", "hello", "lottery", "reel", "reminders", "waves"]


async def test_the_settings_and_the_schedule_of_the_page_work(tmp_path: Path, folder: Path) -> None:
    async with stage(tmp_path, cogs_dir=folder, reel_max_stake=5, reel_symbols="x") as chat:
        assert await chat.say("alice", "!reel") == ["x, up to 5."]
        assert await chat.say("alice", "!remind tea is ready") == ["I will."]
        assert await chat.passes(60) == ["alice: tea is ready"]


async def test_the_variable_and_the_command_made_on_the_way_work(tmp_path: Path, folder: Path) -> None:
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("mod", "!teach roar The $(dragon.color) one is $(dragon), $(1).", "moderator") == [
            "Learnt."
        ]
        assert await chat.say("alice", "!roar Alice") == ["The green one is sleepy, Alice."]
        assert await chat.say("mod", "!teach points x", "moderator") == ["There is a command of that name."]


def test_each_name_is_explained_on_the_page_and_has_a_test() -> None:
    assert set(plugin.__all__) - words(CODE) == set()
    assert set(plugin.__all__) - words(TESTED) == set()


async def test_each_part_of_the_bot_is_there_is_explained_and_has_a_test(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        assert [name for name in DOORS if not hasattr(chat.bot, name)] == []
    assert set(DOORS) - words(CODE, r"bot\.") == set()
    assert set(DOORS) - words(TESTED, r"bot\.") == set()
    named: set[str] = set(re.findall(r"`bot\.(\w+)", PAGE))
    assert named <= set(DOORS), "the page promises what is not on the list"


def test_the_page_names_every_event() -> None:
    assert [name for name in EVENTS if f"`{name}`" not in PAGE] == []
