"""The recipes of ``docs/cookbook.md`` and the repository of ``docs/cogs.md`` work as they stand there."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.cog_tools.check import check_cog
from pixel_bot.configuration.cog_files import forget_installed
from pixel_bot.plugin import Follow
from pixel_bot.testing import stage
from tests.harness.database import findings, rows
from tests.harness.paths import ROOT
from tests.harness.ready_python import ready

COOKBOOK = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "cogs.md").read_text(encoding="utf-8")
TITLES: dict[str, str] = {part.split("`", 2)[1]: part for part in COOKBOOK.split("\n## ")[1:]}
"""The text of each recipe, by the name in its title."""

RECIPES = {title.removesuffix(".py").rstrip("/"): title for title in TITLES}


def files_of(name: str) -> dict[str, str]:
    """The files of a recipe, by their paths."""
    title = RECIPES[name]
    code: dict[str, str] = {}
    for language, block in re.findall(r"^```(python|js)\n(.*?)^```$", TITLES[title], re.MULTILINE | re.DOTALL):
        if language == "python":
            path = f"{title}__init__.py" if title.endswith("/") else title
        else:
            above = TITLES[title].split(f"```js\n{block}")[0]
            path = title + re.findall(r"`(overlay/\w+\.js)`", above)[-1]
        code[path] = block
    return code


def cooked(folder: Path, name: str) -> Path:
    """A folder with that recipe."""
    made = folder / "my_cogs"
    for path, block in files_of(name).items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(block, encoding="utf-8")
    return made


def test_every_block_is_a_recipe() -> None:
    assert sorted(RECIPES) == [
        "boss",
        "catching",
        "coinflip",
        "herald",
        "hugs",
        "nolinks",
        "spotlight",
        "water",
        "welcome",
    ]
    assert sum(len(files_of(name)) for name in RECIPES) == COOKBOOK.count("```python") + COOKBOOK.count("```js")


@pytest.mark.sqlite
@pytest.mark.parametrize("name", RECIPES)
async def test_nothing_is_wrong_with_a_recipe(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.cog_tools.trying.RANDOM_TRIES", 2)
    assert await check_cog(cooked(tmp_path, name) / RECIPES[name]) == []


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["Fruits", "Lottery", "Reel", "Hello", "Reminders"])
async def test_nothing_is_wrong_with_the_cogs_of_the_page(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.cog_tools.trying.RANDOM_TRIES", 2)
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    source = next(block for block in blocks if f"class {name}(Cog)" in block)
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
            assert chat.overlay.widgets["critter"]["picture"] in "🐌🦔🦊"
            (caught,) = await chat.say("alice", "!catch")
            assert caught.endswith(f" points. You can catch {left} more today.")
            assert chat.overlay.widgets == {}
            assert await chat.say("bob", "!catch") == ["There is nothing to catch right now."]
        await chat.passes(600)
        assert "3 times today" in (await chat.say("alice", "!catch"))[0]
        (caught,) = await chat.say("bob", "!catch")
        assert caught.startswith("You caught ")
        assert await findings(chat) == []


async def test_chat_fights_a_boss_and_shares_what_was_staked(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "boss_health": 100,
        "boss_reward": 50,
        "points_chat_amount": 0,
        "cogs_dir": cooked(tmp_path, "boss"),
    }
    async with stage(tmp_path, **settings) as chat:
        for name in ("alice", "bob"):
            await chat.viewer(name, points=100)
        assert await chat.say("alice", "!attack 60") == ["You hit for 60. The boss has 40 left."]
        assert chat.overlay.widgets["boss"] == {"left": 40, "of": 100}
        assert "you have 40" in (await chat.say("alice", "!attack 50"))[0]
    async with stage(tmp_path, chat.clock, **settings) as chat:
        assert chat.overlay.widgets["boss"] == {"left": 40, "of": 100}
        (beaten,) = await chat.say("bob", "!hit 40")
        assert beaten == "The boss is beaten by 2 viewers! You get 60 points."
        assert (await chat.points("alice"), await chat.points("bob")) == (130, 120)
        assert chat.overlay.widgets["boss"] == {"left": 100, "of": 100}
        assert await rows(chat, "SELECT * FROM cog_boss_stake") == []
        assert await findings(chat) == []


async def test_discord_hears_of_the_stream_also_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder, webhook = cooked(tmp_path, "herald"), "https://discord.example/api/webhooks/1/very-secret"
    async with stage(tmp_path, cogs_dir=folder, herald_webhook=webhook, herald_words="Live!") as chat:
        chat.http.answers("https://discord.example/", status=502, times=1)
        chat.http.answers("https://discord.example/api/webhooks/1/very-secret", status=0, times=1)
        await chat.goes_live()
        assert len(chat.http.requests) == 1
        await chat.passes(300)
        assert len(chat.http.requests) == 2
        chat.http.answers("https://discord.example/", status=204)
        await chat.passes(900)
        assert [request.json() for request in chat.http.requests] == [{"content": "Live!"}] * 3
        assert chat.http.requests[0].url == webhook
        assert "very-secret" not in caplog.text


async def test_the_scene_is_switched_and_back_or_the_points_are(tmp_path: Path) -> None:
    folder = cooked(tmp_path, "spotlight")
    async with stage(tmp_path, cogs_dir=folder, obs_password="secret") as chat:
        await chat.viewer("alice", points=400)
        chat.obs.goes_away()
        assert "points are back" in " ".join(await chat.say("alice", "!spotlight"))
        chat.obs.comes_back()
        chat.obs.scenes["Spotlight"] = {}
        chat.clock.advance(61)
        await chat.say("alice", "!spotlight")
        assert chat.obs.scene == "Spotlight"
        await chat.passes(29)
        assert chat.obs.scene == "Spotlight"
        await chat.passes(1)
        assert chat.obs.scene == "Main"
        assert await findings(chat) == []


@pytest.mark.sqlite
async def test_the_scene_is_switched_back_after_a_kill_once_obs_is_there(tmp_path: Path) -> None:
    folder = cooked(tmp_path, "spotlight")
    line = [sys.executable, str(Path(__file__).with_name("mortal_spotlight.py")), str(tmp_path), str(folder)]
    with ready():
        ended = subprocess.run(line, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    async with stage(tmp_path, cogs_dir=folder, obs_password="secret") as chat:
        chat.obs.scenes["Spotlight"] = {}
        chat.obs.switches("Spotlight")
        await chat.settled()
        assert chat.obs.scene == "Spotlight"
        chat.obs.goes_away()
        await chat.passes(31)
        chat.obs.comes_back()
        assert chat.obs.scene == "Spotlight"
        await chat.passes(15)
        assert chat.obs.scene == "Main"
        assert await chat.points("alice") == 0
        assert await findings(chat) == []


async def test_links_are_deleted_and_who_goes_on_is_timed_out(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cooked(tmp_path, "nolinks")) as chat:
        await chat.say("sam", "www.example.org", "subscriber")
        await chat.say("mod_mila", "https://example.org", "moderator")
        for number in range(3):
            await chat.say("alice", f"see https://example.org/{number}", message_id=f"m{number}")
        assert chat.twitch.deleted == ["m0", "m1", "m2"]
        assert chat.twitch.timeouts == [("alice", 600, "No links, please.")]
        assert await chat.say("alice", "!points") == ["You have 0 points."]


async def test_an_installed_package_is_found_by_its_entry_point(tmp_path: Path) -> None:
    site = cooked(tmp_path, "coinflip")
    (settings,) = re.findall(r"^```toml\n(.*?)^```$", TITLES["coinflip/"], re.MULTILINE | re.DOTALL)
    project: Any = tomllib.loads(settings)["project"]
    info = site / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head, encoding="utf-8")
    (group,) = project["entry-points"]
    points = "".join(f"{name} = {value}\n" for name, value in project["entry-points"][group].items())
    (info / "entry_points.txt").write_text(f"[{group}]\n{points}", encoding="utf-8")
    try:
        # Undone before what is installed is looked for anew, as other fixtures do in the end.
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sys, "path", [str(site), *sys.path])
            forget_installed()
            async with stage(tmp_path) as chat:
                assert (await chat.say("alice", "!flip"))[0] in {"Heads!", "Tails!"}
    finally:
        forget_installed()


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
