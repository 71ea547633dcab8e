"""!status, and the watchdog that notices when chat falls silent."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.backends.obs import Obs
from pixel_bot.bot.status import Status
from pixel_bot.errors import PixelError
from pixel_bot.model.stream_state import Broadcast, Stream
from pixel_bot.platforms.twitch.watchdog import Watchdog
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
    "prizes.json": ("prizes_file", b'[{"name": "Win", "weight": 1}]'),
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
        assert sum(line.startswith(problem) for line in told) == 2  # once in each chat
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


# The watchdog


class Dog:
    """A watchdog, and how often it asked for help."""

    def __init__(self, clock: SettableClock) -> None:
        self.clock = clock
        self.stream = Stream()
        self.calls = 0
        self.called = asyncio.Event()
        self.error: PixelError | None = None
        self.listens = True
        self.watchdog = Watchdog(clock, self.stream, self.on_silence, lambda: self.listens)

    async def on_silence(self) -> None:
        self.calls += 1
        self.called.set()
        if self.error is not None:
            raise self.error

    def live(self, since_minutes: int = 0) -> None:
        self.stream.went_live(Broadcast("1", self.clock.now() - timedelta(minutes=since_minutes)))

    async def passes(self, seconds: float) -> float | None:
        self.clock.advance(seconds)
        return await self.watchdog.look()


@pytest.fixture
async def dog(clock: SettableClock) -> Dog:
    return Dog(clock)


async def test_a_silence_of_ten_minutes_is_told_once(dog: Dog, caplog: pytest.LogCaptureFixture) -> None:
    dog.live()
    assert await dog.watchdog.look() == 600
    assert await dog.passes(599) == 1
    assert dog.calls == 0
    assert await dog.passes(1) == 600
    assert await dog.passes(600) == 600
    assert await dog.passes(6_000) == 600
    assert dog.calls == 1
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("The stream is live, but no chat was heard for 10m. If viewers do write, ")


async def test_the_next_silence_is_told_again(dog: Dog) -> None:
    dog.live()
    await dog.watchdog.look()
    await dog.passes(600)
    dog.clock.advance(1)
    dog.watchdog.on_chat()
    assert await dog.passes(599) == 1
    assert dog.calls == 1
    await dog.passes(1)
    assert dog.calls == 2


async def test_chat_puts_it_off(dog: Dog) -> None:
    dog.live()
    await dog.watchdog.look()
    for _ in range(20):
        dog.clock.advance(590)
        dog.watchdog.on_chat()
        assert await dog.watchdog.look() == 600
    assert dog.calls == 0


async def test_silence_offline_is_no_matter(dog: Dog) -> None:
    assert await dog.passes(6_000) is None
    dog.live(since_minutes=50)
    assert await dog.watchdog.look() == 600
    dog.stream.went_offline()
    assert await dog.passes(6_000) is None
    assert dog.calls == 0
    dog.live()
    await dog.watchdog.look()
    await dog.passes(600)
    assert dog.calls == 1


async def test_a_process_that_stands_by_hears_nothing_and_begins_to_watch_when_it_listens(dog: Dog) -> None:
    dog.listens = False
    dog.live()
    assert await dog.passes(6_000) == 60
    assert await dog.passes(60) == 60
    dog.listens = True
    assert await dog.passes(60) == 600
    assert dog.calls == 0
    await dog.passes(600)
    assert dog.calls == 1


async def test_a_clock_that_is_set_back_makes_it_neither_deaf_nor_nervous(dog: Dog) -> None:
    dog.live()
    dog.watchdog.on_chat()
    await dog.watchdog.look()
    assert await dog.passes(-10_000) == 600
    assert dog.calls == 0
    await dog.passes(600)
    assert dog.calls == 1


async def test_help_that_fails_is_logged(dog: Dog, caplog: pytest.LogCaptureFixture) -> None:
    dog.error = PixelError("Twitch answered 500: oops")
    dog.live()
    await dog.watchdog.look()
    assert await dog.passes(600) == 600
    assert "could not be checked: Twitch answered 500: oops" in caplog.text


async def test_it_runs_by_itself(dog: Dog) -> None:
    running = asyncio.create_task(dog.watchdog.run())
    await asyncio.sleep(0)
    dog.live()
    while dog.watchdog._watched is None:
        await asyncio.sleep(0)
    dog.clock.advance(600)
    for tell in tuple(dog.stream.changed):
        tell()
    await asyncio.wait_for(dog.called.wait(), 5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert dog.stream.changed == set()


async def test_the_command_is_for_mods_in_the_help(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        assert "!status" not in (await chat.say("bob", "!help"))[0]
        assert "!status" in "".join([(await chat.say("mila", f"!help mod {page}", "moderator"))[0] for page in (1, 2)])
