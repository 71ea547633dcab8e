"""Clips with a real OBS Studio."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from pixel_bot.backends import obs as module
from pixel_bot.backends.obs import Obs
from pixel_bot.backends.obs_problems import (
    BufferMissing,
    BufferOff,
    FileMissing,
    ObsAway,
    ObsLost,
    ObsProblem,
    ObsRefused,
)
from pixel_bot.bot.cog_services.obs import ObsControl, ObsFailed
from pixel_bot.model.event import Event
from pixel_bot.model.obs_events import ObsSceneChanged
from tests.harness.studio.obs_studio import PASSWORD, ObsStudio, obs_studio, video_streams
from tests.harness.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
BACK_SECONDS = 30.0
PROMPT = 3.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ObsStudio]:
    async with obs_studio(tmp_path_factory.mktemp("obs")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def obs(studio: ObsStudio) -> AsyncGenerator[Obs]:
    """A started client that is connected."""
    built = Obs("127.0.0.1", studio.port, PASSWORD)
    built.start()
    await until(lambda: built.problem == "", BACK_SECONDS)
    yield built
    await built.close()


async def saving_in_obs(obs: Obs) -> "asyncio.Task[module.SavedReplay]":
    """A save that OBS has been asked for and has not reported yet."""
    saving = asyncio.create_task(obs.save_replay())
    await until(lambda: obs._inbox is not None, BACK_SECONDS)
    assert not saving.done()
    return saving


async def is_playable(path: Path) -> None:
    (video,) = await video_streams(path)
    assert (video["codec_name"], video["width"], video["height"]) == ("h264", 640, 360)
    assert int(video["nb_read_packets"]) > 0


async def test_a_clip_is_a_file_with_a_video(studio: ObsStudio, obs: Obs) -> None:
    await obs.check()
    clip = await obs.save_replay()
    assert studio.files() == [Path(clip.path)]
    await is_playable(Path(clip.path))


async def test_a_burst_of_ten_is_one_save_and_ten_answers(studio: ObsStudio, obs: Obs) -> None:
    before = len(studio.files())
    clips = await asyncio.gather(*(obs.save_replay() for _ in range(10)))
    assert len(clips) == 10
    assert set(clips) == {clips[0]}
    assert [str(path) for path in studio.files()[before:]] == [clips[0].path]
    await is_playable(Path(clips[0].path))


async def test_saves_one_after_another_overwrite_nothing(studio: ObsStudio, obs: Obs) -> None:
    before = len(studio.files())
    paths = [(await obs.save_replay()).path for _ in range(3)]
    assert [str(path) for path in studio.files()[before:]] == paths


async def test_a_wrong_password_is_refused_at_once(studio: ObsStudio) -> None:
    stranger = Obs("127.0.0.1", studio.port, "not-the-password")
    began = asyncio.get_running_loop().time()
    with pytest.raises(ObsRefused):
        await stranger.check()
    with pytest.raises(ObsRefused):
        await stranger.save_replay()
    assert asyncio.get_running_loop().time() - began < PROMPT
    assert stranger.problem == ObsRefused.sentence
    await stranger.close()


async def test_the_buffer_is_stopped_and_started_in_obs(studio: ObsStudio, obs: Obs) -> None:
    await studio.buffer(on=False)
    await until(lambda: obs.problem == BufferOff.sentence, BACK_SECONDS)
    with pytest.raises(BufferOff):
        await obs.check()
    with pytest.raises(BufferOff):
        await obs.save_replay()
    await studio.buffer(on=True)
    await until(lambda: obs.problem == "", BACK_SECONDS)
    await obs.check()
    await is_playable(Path((await obs.save_replay()).path))


async def test_a_buffer_stopped_in_the_middle(studio: ObsStudio, obs: Obs) -> None:
    """OBS may report the clip before it stops, or write it and never say so. What was not reported is not charged."""
    saving = await saving_in_obs(obs)
    await studio.buffer(on=False)
    async with asyncio.timeout(PROMPT):
        (result,) = await asyncio.gather(saving, return_exceptions=True)
    await studio.buffer(on=True)
    if isinstance(result, BaseException):
        assert isinstance(result, BufferOff)
    else:
        await is_playable(Path(result.path))
    await until(lambda: obs.problem == "", BACK_SECONDS)
    await is_playable(Path((await obs.save_replay()).path))


async def test_a_report_without_a_file_is_no_clip(studio: ObsStudio, obs: Obs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FILE_SECONDS", 0.3)
    kept = studio.clips.rename(studio.clips.with_name("kept"))
    studio.clips.touch()  # a file where the folder was: OBS cannot write, and reports the clip all the same
    try:
        with pytest.raises(ObsProblem) as caught:
            await obs.save_replay()
    finally:
        studio.clips.unlink()
        kept.rename(studio.clips)
    assert type(caught.value) is FileMissing


async def test_a_cog_switches_scenes_sources_filters_and_texts(obs: Obs) -> None:
    heard: list[Event] = []
    control = ObsControl(heard.append)
    control.use(obs)
    await obs.request("CreateScene", {"sceneName": "Break"})
    label: dict[str, Any] = {
        "sceneName": "Main",
        "inputName": "Label",
        "inputKind": "text_ft2_source_v2",
        "inputSettings": {},
    }
    await obs.request("CreateInput", label)
    tint = {"sourceName": "Blue", "filterName": "Tint", "filterKind": "color_filter_v2"}
    await obs.request("CreateSourceFilter", tint)
    assert await control.scene() == "Main"
    assert set(await control.scenes()) == {"Main", "Break"}
    await control.set_scene("Break")
    await until(lambda: heard == [ObsSceneChanged("Break")], BACK_SECONDS)
    assert await control.scene() == "Break"
    await control.show("Blue", visible=False, scene="Main")
    await control.set_filter("Blue", "Tint", enabled=False)
    await control.set_text("Label", "42")
    found = await obs.request("GetSceneItemId", {"sceneName": "Main", "sourceName": "Blue"})
    item = {"sceneName": "Main", "sceneItemId": found["sceneItemId"]}
    assert (await obs.request("GetSceneItemEnabled", item))["sceneItemEnabled"] is False
    assert (await obs.request("GetSourceFilter", tint))["filterEnabled"] is False
    assert (await obs.request("GetInputSettings", {"inputName": "Label"}))["inputSettings"]["text"] == "42"
    for work, missing in (
        (control.set_scene("Nowhere"), "no scene Nowhere"),
        (control.show("Nothing", scene="Main"), "no source Nothing in the scene Main"),
        (control.set_filter("Blue", "Nothing"), "no filter Nothing of Blue"),
        (control.set_text("Nothing", "x"), "no text source Nothing"),
    ):
        with pytest.raises(ObsFailed, match=missing):
            await work
    await control.show("Blue", scene="Main")
    await control.set_scene("Main")


async def test_obs_is_killed_in_the_middle_and_comes_back(studio: ObsStudio, obs: Obs) -> None:
    await obs.check()
    saving = await saving_in_obs(obs)
    await studio.kill()
    with pytest.raises(ObsProblem) as caught:
        async with asyncio.timeout(PROMPT):
            await saving
    assert type(caught.value) is ObsLost
    await until(lambda: obs.problem == ObsAway.sentence, BACK_SECONDS)
    with pytest.raises(ObsAway):
        await obs.check()

    await studio.start()
    await until(lambda: obs.problem == "", BACK_SECONDS)
    await is_playable(Path((await obs.save_replay()).path))


async def test_a_buffer_that_is_not_enabled(studio: ObsStudio, obs: Obs) -> None:
    await studio.kill()
    await studio.start(buffer_enabled=False)
    await until(lambda: obs.problem == BufferMissing.sentence, BACK_SECONDS)
    with pytest.raises(BufferMissing):
        await obs.check()
