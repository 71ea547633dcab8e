"""Art of a cog that is a folder: checked before it is paid, served safely, and widgets that keep their state."""

from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from pixel_bot.overlay.server import OverlayPages
from pixel_bot.sounds.library import MEDIA_TYPES
from pixel_bot.testing import Stage, stage
from pixel_bot.web.server import WebServer
from tests.harness.overlay_double import tone
from tests.overlay.overlay_cog import CODE, written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "my_cogs")


@pytest.fixture
async def chat(tmp_path: Path, folder: Path) -> AsyncGenerator[Stage]:
    (folder / "overlay" / "splash.wav").write_bytes(tone(0.2))
    async with stage(tmp_path, cogs_dir=folder.parent) as running:
        await running.viewer("alice", 100)
        yield running


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("!wave nosuch", "There is no overlay effect nosuch."),
        ("!wave ../wave", "There is no overlay effect ../wave."),
        ("!wave wave nosuch", "There is no sound nosuch."),
        ("!card nosuch.png", "There is no image nosuch.png."),
        ("!card link.png", "There is no image link.png."),
        ("!card wave.js", "There is no image wave.js."),
        ("!card dot.png nosuch", "There is no sound nosuch."),
        ("!speech nosuch", "I have no voice called nosuch."),
        ("!later nosuch", "There is no effect nosuch."),
    ],
)
async def test_what_cannot_happen_is_not_sold(chat: Stage, typed: str, sentence: str) -> None:
    (answer,) = await chat.say("alice", typed)
    assert answer.startswith(sentence)
    assert await chat.points("alice") == 100
    assert chat.overlay.played == []


async def test_an_effect_and_a_card_play_with_files_of_the_cog(chat: Stage) -> None:
    await chat.say("alice", "!wave wave splash")
    await chat.say("alice", "!card dot.png splash.wav")
    effect, card = chat.overlay.played
    assert (effect["what"], effect["name"], effect["seconds"]) == ("art", "wave", 2)
    assert effect["data"] == {"who": "alice", "of": ["wave"]}
    assert effect["module"].endswith("/wave.js")
    assert effect["audio"] == card["audio"]
    assert effect["audio"].endswith("/splash.wav")
    assert card["image"].endswith("/dot.png")
    assert await chat.points("alice") == 80


async def test_a_follow_up_finds_its_cog(chat: Stage) -> None:
    await chat.say("alice", "!later")
    assert [m["module"].rsplit("/", 1)[1] for m in chat.overlay.played] == ["wave.js"]


async def test_art_that_fails_is_given_back_and_logged(chat: Stage, caplog: pytest.LogCaptureFixture) -> None:
    chat.overlay.plays = False
    await chat.say("alice", "!wave", wait=False)
    await chat.overlay.asked(1)
    assert await chat.points("alice") == 90
    chat.overlay.failed("error", detail="out of waves")
    await chat.settled()
    assert await chat.points("alice") == 100
    assert "The overlay effect wave of the cog waves failed: out of waves." in caplog.text


async def test_files_are_served_behind_the_key_and_no_others(chat: Stage) -> None:
    await chat.say("alice", "!wave")
    address: str = chat.overlay.played[0]["module"]
    base = address.removesuffix("wave.js")
    web = WebServer("127.0.0.1", 0)
    await web.start(OverlayPages(chat.services.overlay, chat.services.sounds).routes(), [])
    wrong = ["notes.txt", "link.png", "..%2fsecret.js", "%2e%2e/secret.js", "../secret.js", "nosuch.js", ".js", ""]
    try:
        async with aiohttp.ClientSession() as client:

            async def fetched(path: str) -> tuple[int, str, str]:
                # As it stands: a client would take the dots out.
                async with client.get(URL(f"http://{web.address}{path}", encoded=True)) as answer:
                    headers = answer.headers
                    return answer.status, headers["Content-Type"], headers.get("X-Content-Type-Options", "")

            for name, kind in (("wave.js", "text/javascript; charset=utf-8"), ("dot.png", "image/png")):
                assert await fetched(base + name) == (200, kind, "nosniff")
            assert (await fetched(f"{base}splash.wav"))[:2] == (200, MEDIA_TYPES[".wav"])
            for name in wrong:
                assert (await fetched(base + name))[0] == 404, name
            assert (await fetched(address.replace(chat.services.overlay.key, "wrong-key")))[0] == 404
            assert (await fetched(address.replace("/waves/", "/points/")))[0] == 404
    finally:
        await web.stop()


async def test_a_reloaded_cog_has_new_addresses_and_an_unloaded_one_none(chat: Stage, folder: Path) -> None:
    await chat.say("alice", "!wave")
    (folder / "overlay" / "words.js").write_text('export const word = "bye";', encoding="utf-8")
    await chat.bot.cogs.reload("waves")
    await chat.say("alice", "!wave")
    one, two = (m["module"] for m in chat.overlay.played)
    assert one != two
    await chat.bot.cogs.unload("waves")
    assert chat.bot.overlay.art.file("waves", "wave.js") is None


async def test_a_widget_keeps_its_state_over_a_reload_of_the_page_and_of_the_cog(chat: Stage, folder: Path) -> None:
    await chat.bot.overlay.set("boss", {"left": 5})
    assert chat.overlay.widgets == {"boss": {"left": 5}}
    chat.overlay.close()
    chat.overlay.widgets.clear()
    await chat.overlay.open()
    assert chat.overlay.widgets == {"boss": {"left": 5}}
    await chat.bot.cogs.reload("waves")
    assert chat.overlay.widgets == {"boss": {"left": 5}}
    (folder / "__init__.py").write_text(CODE.replace('Widget("boss"), ', ""), encoding="utf-8")
    await chat.bot.cogs.reload("waves")
    assert chat.overlay.widgets == {}
    with pytest.raises(ValueError, match="No loaded cog has a widget 'boss'"):
        await chat.bot.overlay.set("boss", {})


async def test_a_widget_leaves_with_none_and_with_its_cog(chat: Stage) -> None:
    await chat.bot.overlay.set("boss", 1)
    await chat.bot.overlay.set("tally", 2)
    await chat.bot.overlay.set("boss", None)
    assert chat.overlay.widgets == {"tally": 2}
    await chat.bot.cogs.unload("waves")
    assert chat.overlay.widgets == {}


async def test_only_a_durable_widget_is_there_after_a_restart(tmp_path: Path, folder: Path) -> None:
    async with stage(tmp_path, cogs_dir=folder.parent) as chat:
        await chat.bot.overlay.set("boss", 1)
        await chat.bot.overlay.set("tally", {"left": 2})
    async with stage(tmp_path, cogs_dir=folder.parent) as chat:
        assert chat.overlay.widgets == {"tally": {"left": 2}}


@pytest.mark.parametrize("state", [object(), "x" * 100_001, {1: 2}])
async def test_a_state_that_cannot_be_kept_is_refused(chat: Stage, state: object) -> None:
    with pytest.raises(ValueError, match="The state of the widget boss"):
        await chat.bot.overlay.set("boss", state)
    assert chat.overlay.widgets == {}


async def test_a_widget_without_its_module_is_refused(tmp_path: Path, folder: Path) -> None:
    (folder / "overlay" / "boss.js").unlink()
    async with stage(tmp_path, cogs_dir=folder.parent) as chat:
        (state,) = [s for s in chat.bot.cogs.states() if s.name == "waves"]
        assert "the widget boss needs overlay/boss.js in the cog's folder" in state.problem
        assert chat.bot.overlay.art.file("waves", "wave.js") is None
