"""OBS says no, goes away, and comes back."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from pixel_bot.backends.obs import Obs
from pixel_bot.backends.obs_problems import (
    BufferMissing,
    BufferOff,
    ObsAway,
    ObsLost,
    ObsProblem,
    ObsRefused,
    RequestRefused,
)
from tests.backends.obs.saving import SAVE, STATUS, client, failed_save, refused_check, save, warnings_of
from tests.harness.studio.obs_double import PASSWORD, ObsDouble
from tests.harness.waiting import until


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ObsProblem, "first_pause", 0.02)


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
    await obs.save_replay()


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
    await obs.save_replay()
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
    await asyncio.gather(*(obs.check() for _ in range(20)), *(obs.save_replay() for _ in range(20)))
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
