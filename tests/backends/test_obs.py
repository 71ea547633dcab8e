"""Clips against a double of OBS: what goes wrong, and that it goes wrong quickly, plainly and once."""

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pixel_bot.backends import obs as module
from pixel_bot.backends.obs import Obs, is_loopback
from pixel_bot.backends.obs_problems import (
    BufferMissing,
    BufferOff,
    FileMissing,
    ObsAway,
    ObsLost,
    ObsProblem,
    ObsRefused,
    ObsSilent,
    ObsStrange,
    RequestRefused,
    SaveTooSlow,
)
from pixel_bot.errors import ChatError, EffectFailed
from tests.harness.obs_double import PASSWORD, ObsDouble, obs_double

SAVE, STATUS = "SaveReplayBuffer", "GetReplayBufferStatus"
TIMEOUT = 10.0
PROMPT = 3.0
"""Seconds within which a failure must be told that does not have to wait for the timeout."""


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> float:
    """How far apart saves must be by rights. Most tests are not about that, and do not wait."""
    seconds = module.APART_SECONDS
    monkeypatch.setattr(module, "APART_SECONDS", 0.0)
    return seconds


@pytest.fixture
async def double(tmp_path: Path) -> AsyncGenerator[ObsDouble]:
    async with obs_double(tmp_path) as running:
        yield running


@pytest.fixture
async def obs(double: ObsDouble) -> AsyncGenerator[Obs]:
    async with client(double) as built:
        yield built


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ObsProblem, "first_pause", 0.02)


@asynccontextmanager
async def client(double: ObsDouble, password: str = PASSWORD, *, timeout: float = TIMEOUT) -> AsyncGenerator[Obs]:
    """A client that is not started: it connects when asked to."""
    built = Obs("127.0.0.1", double.port, password, timeout=timeout)
    try:
        yield built
    finally:
        await built.close()


def save(obs: Obs) -> "asyncio.Task[module.SavedClip]":
    return asyncio.create_task(obs.save_clip())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def not_within_a_second() -> AsyncGenerator[None]:
    began = asyncio.get_running_loop().time()
    yield
    assert 1.0 < asyncio.get_running_loop().time() - began < PROMPT


async def refused_check(obs: Obs, problem: type[ObsProblem]) -> str:
    """The sentence with which a check says no, for this reason."""
    with pytest.raises(ChatError) as caught:
        async with asyncio.timeout(PROMPT):
            await obs.check()
    assert type(caught.value.__cause__) is problem
    assert str(caught.value) == f"No clip right now: {problem.reason}."
    return str(caught.value)


async def failed_save(saving: "asyncio.Task[module.SavedClip]", problem: type[ObsProblem]) -> None:
    """A save that ends promptly, for this reason."""
    with pytest.raises(EffectFailed) as caught:
        async with asyncio.timeout(PROMPT):
            await saving
    assert type(caught.value.__cause__) is problem
    assert str(caught.value) == f"The clip was not saved: {problem.reason}."


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# A save that works


async def test_a_clip_is_saved_without_a_start(double: ObsDouble, obs: Obs) -> None:
    assert obs.problem == "OBS is not connected yet."
    await obs.check()
    assert obs.problem == ""
    clip = await obs.save_clip()
    assert Path(clip.path).read_bytes() == b"video"
    assert double.connections == 1
    assert double.subscriptions == [65], "only general events and those of outputs are wanted"


async def test_the_answer_waits_for_the_event(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    await obs.check()  # one more round trip, so the answer to the save has come
    assert not saving.done()
    path = await double.report("late.mkv")
    assert (await saving).path == path


async def test_an_event_that_overtakes_the_answer_counts(double: ObsDouble, obs: Obs) -> None:
    await obs.check()
    double.silent.add(SAVE)
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    path = await double.report("early.mkv")
    await double.answer_late(SAVE)
    assert (await saving).path == path


async def test_a_burst_shares_one_save(double: ObsDouble, obs: Obs) -> None:
    clips = await asyncio.gather(*(obs.save_clip() for _ in range(10)))
    assert len({clip.path for clip in clips}) == 1
    assert double.asked.count(SAVE) == 1


async def test_who_comes_late_shares_the_save_under_way(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    first = save(obs)
    await double.heard(SAVE)
    second = save(obs)
    await obs.check()
    path = await double.report("shared.mkv")
    assert [(await first).path, (await second).path] == [path, path]
    assert double.asked.count(SAVE) == 1


async def test_two_saves_never_fall_into_one_second(
    double: ObsDouble, obs: Obs, apart: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await obs.save_clip()
    monkeypatch.setattr(module, "APART_SECONDS", apart)
    second = await obs.save_clip()
    async with not_within_a_second():
        third, fourth = await asyncio.gather(obs.save_clip(), obs.save_clip())
    assert len({first.path, second.path, third.path}) == 3
    assert third.path == fourth.path
    assert double.asked.count(SAVE) == 3


async def test_a_save_of_the_streamers_own_is_no_answer(
    double: ObsDouble, obs: Obs, apart: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hotkey's event came before anybody asked; and its file must not be overwritten in the same second."""
    await obs.check()
    monkeypatch.setattr(module, "APART_SECONDS", apart)
    await double.report("hotkey.mkv")
    await obs.check()
    async with not_within_a_second():
        clip = await obs.save_clip()
    assert Path(clip.path).name == "Replay 1.mkv"


async def test_what_was_saved_before_the_connection_is_not_overwritten(
    double: ObsDouble, obs: Obs, apart: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "APART_SECONDS", apart)
    async with not_within_a_second():
        await obs.save_clip()


async def test_an_event_after_the_time_is_no_answer_for_the_next(double: ObsDouble) -> None:
    double.reports = False
    async with client(double, timeout=0.3) as obs:
        await failed_save(save(obs), SaveTooSlow)
        await double.report("too late.mkv")
        await obs.check()
        double.reports = True
        assert Path((await obs.save_clip()).path).name == "Replay 2.mkv"


async def test_one_who_leaves_does_not_take_the_save_along(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    leaving, staying = save(obs), save(obs)
    await double.heard(SAVE)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    path = await double.report("kept.mkv")
    assert (await staying).path == path
    assert double.asked.count(SAVE) == 1


async def test_all_who_leave_leave_no_error_behind(double: ObsDouble, obs: Obs) -> None:
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    double.reports = False
    leaving = save(obs)
    await double.heard(SAVE)
    leaving.cancel()
    await double.stop()
    await until(lambda: obs.problem)
    await refused_check(obs, ObsAway)
    assert complaints == []


# The file


async def test_a_report_without_a_file_is_no_clip(double: ObsDouble, obs: Obs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FILE_SECONDS", 0.2)
    double.reports = False
    for times, content in enumerate((b"", b"empty"), start=1):
        saving = save(obs)
        await double.heard(SAVE, times)
        if content:
            (double.folder / "nothing.mkv").touch()
        await double.report("nothing.mkv", b"")
        await failed_save(saving, FileMissing)


async def test_a_file_may_take_a_moment_to_appear(double: ObsDouble, obs: Obs, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bool] = []

    def has_content(path: Path) -> bool:
        looks.append(path.exists())
        if len(looks) == 2:
            path.write_bytes(b"video")
        return looks[-1]

    monkeypatch.setattr(module, "_has_content", has_content)
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    path = await double.report("slow.mkv", b"")
    assert (await saving).path == path
    assert looks == [False, False, True]


async def test_a_path_of_another_system_is_not_looked_for(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    path = "C:/clips/Replay.mkv" if sys.platform != "win32" else "/home/me/Replay.mkv"
    saving = save(obs)
    await double.heard(SAVE)
    await double.tell("ReplayBufferSaved", {"savedReplayPath": path})
    assert (await saving).path == path


@pytest.mark.parametrize("data", [None, {}, {"savedReplayPath": ""}, {"savedReplayPath": 7}])
async def test_a_report_that_names_no_file(double: ObsDouble, obs: Obs, data: dict[str, object] | None) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    await double.tell("ReplayBufferSaved", data)
    await failed_save(saving, FileMissing)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("LocalHost", True), ("192.0.2.7", False), ("pc", False)],
)
def test_this_machine_is_known_by_its_name(host: str, here: bool) -> None:
    assert is_loopback(host) is here


# OBS says no


@pytest.mark.parametrize(("code", "problem"), [(501, BufferOff), (604, BufferMissing), (207, RequestRefused)])
async def test_a_code_fails_the_save_and_the_check(
    double: ObsDouble, obs: Obs, code: int, problem: type[ObsProblem]
) -> None:
    await obs.check()
    double.codes = {SAVE: code, STATUS: code}
    await failed_save(save(obs), problem)
    await refused_check(obs, problem)
    assert obs.problem.startswith(problem.sentence)
    double.codes = {}
    await obs.check()
    assert obs.problem == ""
    await obs.save_clip()


async def test_the_buffer_is_followed_by_its_events(double: ObsDouble, obs: Obs) -> None:
    await obs.check()
    await double.buffer("STOPPED")
    await until(lambda: obs.problem == "The replay buffer is off. Press Start Replay Buffer in OBS.")
    await refused_check(obs, BufferOff)
    await double.buffer("STARTING")
    await double.buffer("STARTED")
    await until(lambda: obs.problem == "")


async def test_a_buffer_that_starts_during_the_question_is_on(double: ObsDouble, obs: Obs) -> None:
    await obs.check()
    double.buffer_on = False
    double.silent.add(STATUS)
    checking = asyncio.create_task(obs.check())
    await double.heard(STATUS, 3)
    await double.buffer("STARTED")
    await double.answer_late(STATUS)
    await checking


async def test_a_buffer_stopped_in_the_middle_fails_promptly(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    await double.buffer("STOPPING")
    await double.buffer("STOPPED")
    await failed_save(saving, BufferOff)


async def test_a_clip_that_was_still_finished_when_the_buffer_stopped(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    await double.buffer("STOPPING")
    await double.buffer("STOPPED")
    path = await double.report("last.mkv")
    assert (await saving).path == path


# The connection breaks


@pytest.mark.parametrize("how", ["killed", "closed"])
async def test_obs_that_ends_in_the_middle_fails_promptly(double: ObsDouble, obs: Obs, how: str) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    if how == "killed":
        double.cut()
    else:
        await double.tell("ExitStarted")
        await double.hang_up(1001)
    await failed_save(saving, ObsLost)
    assert obs.problem == ObsAway.sentence


async def test_obs_that_ends_before_its_answer_fails_promptly(double: ObsDouble, obs: Obs) -> None:
    await obs.check()
    double.silent |= {SAVE, STATUS}
    saving, checking = save(obs), asyncio.create_task(refused_check(obs, ObsLost))
    await double.heard(SAVE)
    await double.heard(STATUS, 3)
    double.cut()
    await failed_save(saving, ObsLost)
    await checking


async def test_the_last_word_before_the_end_counts(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    path = await double.report("last word.mkv")
    await double.hang_up(1001)
    assert (await saving).path == path


async def test_a_started_client_comes_back_by_itself(
    double: ObsDouble, obs: Obs, quick_retries: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pixel_bot")
    obs.start()
    obs.start()
    await until(lambda: obs.problem == "")
    for times in (1, 2):
        await double.stop()
        await until(lambda: obs.problem == ObsAway.sentence)
        await refused_check(obs, ObsAway)
        await double.start()
        await double.visited(times + 1)
        await until(lambda: obs.problem == "")
    await obs.save_clip()
    said = [record.getMessage() for record in caplog.records if record.name.startswith("pixel_bot")]
    assert said == ["OBS is connected.", *[ObsAway.sentence, "OBS is connected."] * 2], "each change once"


async def test_a_client_started_before_obs_finds_it_later(
    double: ObsDouble, obs: Obs, quick_retries: None, caplog: pytest.LogCaptureFixture
) -> None:
    await double.stop()
    obs.start()
    await until(lambda: obs.problem == ObsAway.sentence)
    await double.start()
    await until(lambda: obs.problem == "")
    assert warnings_of(caplog) == [ObsAway.sentence]


async def test_the_pauses_grow_up_to_a_limit(double: ObsDouble, obs: Obs, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    pauses: list[float] = []
    later = loop.call_later

    def note(delay: float, callback: Callable[..., object], *args: object) -> asyncio.TimerHandle:
        if getattr(callback, "__name__", "") == "_attempt_once":
            pauses.append(delay)
            return later(0, callback)
        return later(delay, callback, *args)

    monkeypatch.setattr(loop, "call_later", note)
    await double.stop()
    obs.start()
    await until(lambda: len(pauses) >= 12)
    for pause, wanted in zip(pauses, [1, 2, 4, 8, *[15] * 8], strict=False):
        assert 0.8 * wanted <= pause <= 1.2 * wanted
    assert len(set(pauses[4:])) > 1, "many bots must not knock in step"


async def test_a_check_does_not_wait_for_the_next_try(double: ObsDouble, obs: Obs) -> None:
    await double.stop()
    obs.start()
    await until(lambda: obs.problem == ObsAway.sentence)
    await double.start()
    began = asyncio.get_running_loop().time()
    await obs.check()
    assert asyncio.get_running_loop().time() - began < 0.5


async def test_many_who_ask_share_one_connection(double: ObsDouble, obs: Obs) -> None:
    obs.start()
    await asyncio.gather(*(obs.check() for _ in range(20)), *(obs.save_clip() for _ in range(20)))
    assert double.connections == 1


# The password


async def test_a_wrong_password_is_said_at_once_and_not_tried_again(
    double: ObsDouble, caplog: pytest.LogCaptureFixture, quick_retries: None
) -> None:
    caplog.set_level(logging.DEBUG)
    async with client(double, "not-the-password") as obs:
        obs.start()
        await until(lambda: obs.problem == ObsRefused.sentence)
        assert double.connections == 1
        for _ in range(3):
            await refused_check(obs, ObsRefused)
        assert double.connections == 4, "a check tries at once, nothing else does"
        double.password = "not-the-password"
        await obs.check()
    assert warnings_of(caplog) == [ObsRefused.sentence]
    assert "not-the-password" not in caplog.text


async def test_no_line_helps_to_guess_the_password(
    double: ObsDouble, obs: Obs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await obs.check()
    assert PASSWORD not in caplog.text
    assert "a challenge" not in caplog.text


# Silence, noise, strangers


async def test_silence_fails_the_check_soon_and_the_save_in_time(double: ObsDouble) -> None:
    async with client(double, timeout=0.3) as obs:
        await obs.check()
        double.silent |= {STATUS, SAVE}
        await failed_save(save(obs), SaveTooSlow)
        await refused_check(obs, ObsSilent)


async def test_no_greeting_fails_the_check_soon(double: ObsDouble, obs: Obs) -> None:
    double.silent.add("Hello")
    await refused_check(obs, ObsSilent)


NOISE: list[bytes | str] = [
    b"\xc1",  # no msgpack
    b"\x2a",  # a number
    b"\x80",  # an empty map
    b"\x82\xa2op\x05\xa1d\xc0",  # an event without data
    b"\x82\xa2op\x07\xa1d\x80",  # an answer to nothing
    b"\x82\xa2op\x63\xa1d\x80",  # an unknown kind
    b"\x81\xa1x\xc4\x01\x00",  # bytes inside
    b"\x91" * 900 + b"\xc0",  # very deep
    "text",
    b"",
]


async def test_noise_costs_nothing(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    for frame in NOISE:
        await double.frame(frame)
    path = await double.report("after noise.mkv")
    assert (await saving).path == path
    assert double.connections == 1


async def test_an_answer_that_cannot_be_read_is_an_error(double: ObsDouble, obs: Obs) -> None:
    await obs.check()
    double.codes[SAVE] = -1
    await failed_save(save(obs), ObsStrange)


async def test_another_program_on_the_port() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        obs = Obs("127.0.0.1", server.sockets[0].getsockname()[1], "")
        await refused_check(obs, ObsStrange)
        assert obs.problem == ObsStrange.sentence
        await obs.close()


async def test_a_proxy_for_the_web_is_not_asked(double: ObsDouble, obs: Obs, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        await obs.check()


# The end


async def test_close_fails_those_who_wait(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    await obs.close()
    await failed_save(saving, ObsLost)
    await refused_check(obs, ObsAway)
    assert double.connections == 1


async def test_close_ends_an_attempt(double: ObsDouble, obs: Obs, caplog: pytest.LogCaptureFixture) -> None:
    double.silent.add("Hello")
    obs.start()
    saving = save(obs)
    await double.visited(1)
    await obs.close()
    await failed_save(saving, ObsLost)
    await obs.close()
    obs.start()
    assert [text for text in warnings_of(caplog) if "not known" in text] == []


def test_a_bot_without_obs_does_not_pay_for_the_client() -> None:
    source = "import sys, pixel_bot.backends.obs; sys.exit('simpleobsws' in sys.modules or 'websockets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0
