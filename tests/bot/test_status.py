"""!status: what works, in one message."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.backends.obs import Obs
from pixel_bot.bot.status import Status
from pixel_bot.model.stream_state import Broadcast
from pixel_bot.testing import SettableClock, Stage, stage
from pixel_bot.texts import CHAT_LIMIT


class FakePlatform:
    """A connection as the test has it."""

    def __init__(self) -> None:
        self.trouble: list[str] = []
        self.words = "connected"

    def problems(self) -> list[str]:
        return self.trouble

    def summary(self) -> str:
        return self.words


class Scene:
    """A chat whose bot knows a platform."""

    def __init__(self, chat: Stage) -> None:
        self.chat = chat
        self.platform = FakePlatform()
        self.stream = chat.bot.stream
        chat.bot.platforms["the sandbox"] = self.platform

    async def asked(self, role: Any = "moderator") -> str:
        (answer,) = await self.chat.say("mila", "!status", role)
        return answer


@pytest.fixture
async def scene(chat: Stage) -> Scene:
    return Scene(chat)


async def test_all_is_well(scene: Scene, clock: SettableClock) -> None:
    clock.advance(2 * 3_600)
    scene.stream.went_live(Broadcast("1", clock.now() - timedelta(minutes=63)))
    await scene.chat.say("alice", "hello")
    clock.advance(185)
    assert await scene.asked() == (
        "Up 2h on the sandbox, connected · live for 1h · queue: empty · overlay open · OBS not set up · "
        "last award 3m ago"
    )


async def test_only_mods_may_ask(scene: Scene) -> None:
    assert await scene.asked("viewer") == "Only mods can do that."


async def test_before_anything_happened(scene: Scene) -> None:
    scene.chat.bot.platforms.clear()
    assert await scene.asked() == (
        "Up 0s on no platform yet · offline · queue: empty · overlay open · OBS not set up · no award yet"
    )


async def test_since_when_the_stream_is_off(scene: Scene, clock: SettableClock) -> None:
    scene.stream.went_live(Broadcast("1", clock.now()))
    scene.stream.went_offline()
    clock.advance(20 * 60)
    assert " · offline for 20m · " in await scene.asked()
    scene.stream.went_live(Broadcast("2", clock.now()))
    assert " · live for 0s · " in await scene.asked()


async def test_problems_come_first(scene: Scene) -> None:
    scene.platform.words = "events away for 3m"
    scene.platform.trouble = ["The bot account is not signed in: open /setup.", "x" * 300, "Third.", "Fourth."]
    answer = await scene.asked()
    assert answer.startswith(
        "Up 0s on the sandbox, events away for 3m · The bot account is not signed in: open /setup · xxx"
    )
    assert "… · 2 more problems · offline · " in answer


async def test_the_queue_and_the_overlay(scene: Scene) -> None:
    scene.chat.overlay.close()
    await scene.chat.bot.queue.pause("tts")
    await scene.chat.viewer("bob", points=1_000)
    await scene.chat.say("bob", "!tts hello", wait=False)
    await scene.chat.say("bob", "!spin", wait=False)
    assert " · queue: tts 1, wheel 1, paused: tts · overlay closed · " in await scene.asked()


async def test_redeems_that_cannot_work(scene: Scene) -> None:
    scene.chat.bot.redeems.close("pixel", "No AI is set up here.", for_mods="Set AI_API_KEY.")
    assert (await scene.asked()).endswith(" · closed: pixel (No AI is set up here)")
    assert scene.chat.bot.redeems.why_closed("pixel", mod=True) == "Set AI_API_KEY."


async def test_obs_that_is_away(chat: Stage) -> None:
    obs = Obs("127.0.0.1", 4455, "secret-password")
    answer = await Status(chat.services, chat.bot.queue, obs, chat.bot.stream, {"Twitch": FakePlatform()}).words()
    assert "connected · OBS is not connected yet · offline" in answer
    assert "OBS connected" not in answer
    assert "secret" not in answer


FILES = {
    "blocked_words.txt": ("tts_words_file", b"fluffy\n"),
    "level_rewards.json": ("level_rewards_file", b'{"2": {"points": 1}}'),
}
"""The streamer's files, their settings, and what may stand in each."""
BROKEN = b"\xff\xfef"


@pytest.mark.parametrize("name", FILES)
async def test_a_file_that_breaks_is_told_once_in_chat_and_in_the_log(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    setting, good = FILES[name]
    async with stage(tmp_path) as chat:
        path = getattr(chat.services.settings, setting)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(good)
        assert name not in await chat.bot.status.words()
        path.write_bytes(BROKEN)
        told = await chat.say("mila", "!status", "moderator")
        path.write_bytes(BROKEN + b"\0l")  # it is saved again, and is still broken
        told += await chat.say("mila", "!status", "moderator")
        problem = f"{name} cannot be read: it is no whole UTF-16 text."
        (line,) = {line for line in told if line.startswith(problem)}
        assert line.endswith(("stays in force.", "are still blocked."))
        in_status = [problem[:-1] in line for line in told if line.startswith("Up")]
        assert in_status == [True, True]
        assert sum(line.startswith(problem) for line in chat.sent) == 2  # once in each chat
        logged = [record.getMessage() for record in caplog.records]
        assert logged == [line]
        path.write_bytes(good)
        (again,) = await chat.say("mila", "!status", "moderator")
        assert name not in again


async def test_a_file_that_was_broken_before_the_start_is_not_told_in_chat(tmp_path: Path) -> None:
    (tmp_path / "prizes.json").write_bytes(BROKEN)
    async with stage(tmp_path) as chat:
        (line,) = await chat.say("mila", "!status", "moderator")
        assert "prizes.json cannot be read" in line


async def test_three_broken_files_and_a_platform_in_trouble_fit_one_message(scene: Scene) -> None:
    scene.platform.trouble = ["A long sentence about what is wrong and what to do now. " * 5] * 9
    for setting, _ in FILES.values():
        path = getattr(scene.chat.services.settings, setting)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(BROKEN)
    answer = await scene.chat.bot.status.words()
    assert len(answer) <= CHAT_LIMIT
    for words in (*FILES, "queue: empty", "overlay open"):
        assert words in answer


async def test_it_names_all_platforms(chat: Stage) -> None:
    platforms = {"Twitch": FakePlatform(), "Joystick.tv": FakePlatform()}
    platforms["Joystick.tv"].words = "away for 3m"
    platforms["Joystick.tv"].trouble = ["Joystick.tv is away."]
    status = Status(chat.services, chat.bot.queue, None, chat.bot.stream, platforms)
    answer = await status.words()
    assert answer.startswith("Up 0s on Twitch, connected and Joystick.tv, away for 3m · Joystick.tv is away · ")


async def test_however_much_is_wrong_it_fits_one_message_with_the_queue_in_it(scene: Scene) -> None:
    scene.platform.trouble = ["A long sentence about what is wrong and what to do now. " * 5] * 9
    for key in scene.chat.bot.redeems.keys:
        scene.chat.bot.redeems.close(key, "It does not work because of this and of that. " * 5)
    answer = await scene.asked()
    assert len(answer) <= CHAT_LIMIT
    assert "queue: empty" in answer
    assert "overlay open" in answer


async def test_the_command_is_for_mods_in_the_help(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        assert "!status" not in (await chat.say("bob", "!help"))[0]
        assert "!status" in "".join([(await chat.say("mila", f"!help mod {page}", "moderator"))[0] for page in (1, 2)])
