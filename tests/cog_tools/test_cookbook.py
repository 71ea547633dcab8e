"""The recipes of ``docs/cookbook.md`` and the repository of ``docs/cogs.md`` work as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pixel_bot.cog_tools.check import check_cog
from pixel_bot.plugin import Follow
from pixel_bot.testing import stage
from tests.harness.database import findings, rows
from tests.harness.paths import ROOT

COOKBOOK = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "cogs.md").read_text(encoding="utf-8")
RECIPES: dict[str, str] = {
    part.split("`", 2)[1].removesuffix(".py"): part.split("```python\n")[1].split("```")[0]
    for part in COOKBOOK.split("\n## ")[1:]
}


def cooked(folder: Path, name: str) -> Path:
    """A folder with that recipe."""
    made = folder / "my_cogs"
    made.mkdir()
    (made / f"{name}.py").write_text(RECIPES[name], encoding="utf-8")
    return made


def test_every_block_is_a_recipe() -> None:
    assert sorted(RECIPES) == ["catching", "hugs", "water", "welcome"]
    assert len(RECIPES) == COOKBOOK.count("```python")


@pytest.mark.sqlite
@pytest.mark.parametrize("name", RECIPES)
async def test_nothing_is_wrong_with_a_recipe(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.cog_tools.trying.RANDOM_TRIES", 2)
    assert await check_cog(cooked(tmp_path, name) / f"{name}.py") == []


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["Slots", "Lottery", "Reel", "Hello", "Reminders"])
async def test_nothing_is_wrong_with_the_cogs_of_the_page(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.cog_tools.trying.RANDOM_TRIES", 2)
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (source,) = [block for block in blocks if f"class {name}(Cog)" in block]
    path = tmp_path / f"{name.lower()}.py"
    path.write_text(source, encoding="utf-8")
    assert await check_cog(path) == []


async def test_the_timer_reminds_while_the_stream_is_on(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cooked(tmp_path, "water"), water_words="Stretch!") as chat:
        assert await chat.passes(3_600) == []
        await chat.goes_live()
        assert await chat.passes(3_600) == ["Stretch!", "Stretch!"]


async def test_a_follow_is_paid_once_for_ever(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cooked(tmp_path, "welcome"), welcome_points=7, points_follow_amount=0) as chat:
        assert "Welcome, alice! Here are 7 points for you." in await chat.happens(Follow, "alice")
        said = await chat.happens(Follow, "alice")
        assert [line for line in said if "Here are" in line] == []
        assert await chat.points("alice") == 7
        assert await findings(chat) == []


async def test_hugs_are_counted_for_each_pair_and_each_message_once(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cooked(tmp_path, "hugs")) as chat:
        await chat.viewer("bob")
        assert await chat.say("alice", "!hug @bob") == ["alice hugs bob, for 1 time now."]
        chat.clock.advance(31)
        assert await chat.say("alice", "!hug @bob", message_id="twice") == ["alice hugs bob, for 2 times now."]
        chat.bot.channels["twitch"].forget_messages()
        chat.clock.advance(31)
        assert await chat.say("alice", "!hug @bob", message_id="twice") == []
        assert await chat.say("bob", "!hug @alice") == ["bob hugs alice, for 1 time now."]
        assert await chat.say("bob", "!hug @bob") != []
        assert await rows(chat, "SELECT times FROM cog_hugs_hug ORDER BY times") == [(1,), (2,)]


async def test_hugs_add_up_when_accounts_are_linked_and_go_when_somebody_is_forgotten(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cooked(tmp_path, "hugs")) as chat:
        old, new, bob = [await chat.viewer(name) for name in ("alice_old", "alice", "bob")]
        for name in ("alice_old", "alice"):
            await chat.say(name, "!hug @bob")
        cog = chat.services.cog_tables.loaded["hugs"]
        async with chat.bot.write() as session:
            await cog.merge(session, old.id, new.id)
        kept = await rows(chat, "SELECT giver, receiver, times FROM cog_hugs_hug")
        assert kept == [(new.id, bob.id, 2)]
        async with chat.bot.write() as session:
            await cog.forget(bob, session)
        assert await rows(chat, "SELECT * FROM cog_hugs_hug") == []


async def test_the_first_one_catches_it_and_three_a_day_are_all(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cooked(tmp_path, "catching")) as chat:
        assert await chat.say("alice", "!catch") == ["There is nothing to catch right now."]
        await chat.goes_live()
        for left in (2, 1, 0):
            (told,) = await chat.passes(600)
            assert told.endswith(" has appeared! Type !catch.")
            (caught,) = await chat.say("alice", "!catch")
            assert caught.endswith(f" points. You can catch {left} more today.")
            assert await chat.say("bob", "!catch") == ["There is nothing to catch right now."]
        await chat.passes(600)
        assert "3 times today" in (await chat.say("alice", "!catch"))[0]
        (caught,) = await chat.say("bob", "!catch")
        assert caught.startswith("You caught ")
        assert await findings(chat) == []


@pytest.mark.sqlite
def test_the_repository_of_the_page_passes_as_it_stands(tmp_path: Path) -> None:
    (settings,) = [block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "testpaths" in block]
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    for folder in ("my_cogs", "tests"):
        (tmp_path / folder).mkdir()
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for block in blocks:
        if (name := re.search(r"^class (Hello|Reminders)\(Cog\)", block, re.MULTILINE)) is not None:
            (tmp_path / "my_cogs" / f"{name[1].lower()}.py").write_text(block, encoding="utf-8")
    (test,) = [block for block in blocks if "async def test_" in block]
    (tmp_path / "tests" / "test_hello.py").write_text(test, encoding="utf-8")
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ended = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr
