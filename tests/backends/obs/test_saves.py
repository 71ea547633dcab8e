"""A clip is saved by OBS once for all who ask, and its file is found."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pixel_bot.backends import obs as module
from pixel_bot.backends.obs import Obs
from pixel_bot.backends.obs_problems import (
    FileMissing,
    ObsAway,
    SaveTooSlow,
)
from pixel_bot.model.hosts import is_loopback
from tests.backends.obs.saving import PROMPT, SAVE, client, failed_save, refused_check, save
from tests.harness.studio.obs_double import ObsDouble
from tests.harness.waiting import until


@asynccontextmanager
async def not_within_a_second() -> AsyncGenerator[None]:
    began = asyncio.get_running_loop().time()
    yield
    assert 1.0 < asyncio.get_running_loop().time() - began < PROMPT


async def test_a_clip_is_saved_without_a_start(double: ObsDouble, obs: Obs) -> None:
    assert obs.problem == "OBS is not connected yet."
    await obs.check()
    assert obs.problem == ""
    clip = await obs.save_replay()
    assert Path(clip.path).read_bytes() == b"video"
    assert double.connections == 1
    assert double.subscriptions == [69], "only general events and those of scenes and outputs are wanted"


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
    clips = await asyncio.gather(*(obs.save_replay() for _ in range(10)))
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
    first = await obs.save_replay()
    monkeypatch.setattr(module, "APART_SECONDS", apart)
    second = await obs.save_replay()
    async with not_within_a_second():
        third, fourth = await asyncio.gather(obs.save_replay(), obs.save_replay())
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
        clip = await obs.save_replay()
    assert Path(clip.path).name == "Replay 1.mkv"


async def test_what_was_saved_before_the_connection_is_not_overwritten(
    double: ObsDouble, obs: Obs, apart: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "APART_SECONDS", apart)
    async with not_within_a_second():
        await obs.save_replay()


async def test_an_event_after_the_time_is_no_answer_for_the_next(double: ObsDouble) -> None:
    double.reports = False
    async with client(double, timeout=0.3) as obs:
        await failed_save(save(obs), SaveTooSlow)
        await double.report("too late.mkv")
        await obs.check()
        double.reports = True
        assert Path((await obs.save_replay()).path).name == "Replay 2.mkv"


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
