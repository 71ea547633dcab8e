"""Every redeem over real sockets: from what is typed to what the page plays."""

import asyncio
import io
import json
import wave
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.testing import live
from tests.cogs.pixel.ai_double import AiDouble, Turn, ai_double
from tests.harness.page_double import PageDouble, page_double
from tests.harness.studio.obs_studio import PASSWORD, obs_studio, video_streams
from tests.redeems.sockets.running import RunningRedeems, begin


async def test_speech(show: RunningRedeems, page: PageDouble) -> None:
    page.plays = False
    answer = await show.live.ask("alice", "!tts hello stream <script>alert(1)</script>")
    assert answer == "Coming up! 975 points left."
    play = await page.asks()
    assert (play["what"], play["by"]) == ("speak", "alice")
    assert "hello stream" in play["text"]
    with wave.open(io.BytesIO(await page.fetch(play["audio"]))) as speech:
        frames = speech.readframes(speech.getnframes())
        assert speech.getnframes() / speech.getframerate() > 0.5
        assert max(frames) > 0
    await page.ack(play, "started", seconds=2)
    await page.ack(play, "finished")
    assert await show.ended() == ["done"]
    assert await show.points() == 975


async def test_speech_that_fails(show: RunningRedeems, page: PageDouble) -> None:
    page.plays = False
    await show.live.ask("alice", "!tts hello")
    await page.ack(await page.asks(), "failed", reason="load")
    await show.hears("@alice tts: The overlay could not play it. Your 25 points are back.")
    assert (await show.ended(), await show.points()) == (["failed"], 1_000)


async def test_a_sound(show: RunningRedeems, page: PageDouble) -> None:
    assert await show.live.ask("alice", "!sound coin") == "Playing coin! 985 points left."
    play = await page.asks()
    assert (await page.fetch(play["audio"]))[:4] == b"RIFF"
    assert (await show.ended(), await show.points()) == (["done"], 985)


@pytest.mark.parametrize("name", ["../secret", "..%2Fsecret", "/etc/passwd", "coin.wav/..", "C:\\boot", "."])
async def test_a_sound_never_leaves_the_folder(
    show: RunningRedeems, page: PageDouble, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret.wav").write_bytes(b"RIFF secret")
    answer = await show.live.ask("alice", f"!sound {name}")
    assert "There is no sound" in answer
    assert "Nothing was charged." in answer
    assert await show.points() == 1_000


async def test_the_wheel(show: RunningRedeems, page: PageDouble, tmp_path: Path) -> None:
    prizes = [{"name": "Win", "weight": 1, "grant_points": 70}]
    (tmp_path / "prizes.json").write_text(json.dumps(prizes), encoding="utf-8")
    assert await show.live.ask("alice", "!spin") == "The wheel is yours! 900 points left."
    await show.hears("alice won Win! (+70 points)")
    play = await page.asks()
    assert (play["what"], play["name"]) == ("art", "wheel")
    assert play["data"] == {"slices": [{"name": "Win", "weight": 1}], "winner": 0}
    assert await show.points() == 970


async def test_the_overlay_closes_in_mid_spin(show: RunningRedeems, page: PageDouble, tmp_path: Path) -> None:
    """The prize counts, the price is gone, and another page shows the same spin."""
    prizes = [{"name": "Win", "weight": 1, "grant_points": 70}, {"name": "Other", "weight": 1, "grant_points": 70}]
    (tmp_path / "prizes.json").write_text(json.dumps(prizes), encoding="utf-8")
    page.plays = False
    await show.live.ask("alice", "!spin")
    first = await page.asks()
    await page.ack(first, "started", seconds=6)
    await begun(show)
    await page.close()
    async with page_double(show.address, show.key, "another") as other:
        again = await other.asks()
    assert (again["id"], again["data"]) == (first["id"], first["data"])
    await show.hears("(+70 points)")
    assert await show.points() == 970


async def begun(show: RunningRedeems) -> None:
    changed = asyncio.Event()
    show.live.bot.services.database.committed.add(changed.set)
    query = text("SELECT COUNT(*) FROM queue_items WHERE begun_at IS NOT NULL")
    async with asyncio.timeout(20):
        while True:
            changed.clear()
            async with show.live.bot.readers() as session:
                if (await session.execute(query)).scalar_one():
                    return
            await changed.wait()


async def test_the_overlay_closes_half_way_through_speech(show: RunningRedeems, page: PageDouble) -> None:
    page.plays = False
    await show.live.ask("alice", "!tts hello")
    first = await page.asks()
    await page.ack(first, "started", seconds=2)
    await page.close()
    async with page_double(show.address, show.key, "another") as other:
        assert (await other.asks())["id"] == first["id"]
        assert await show.ended() == ["done"]
    assert await show.points() == 975


async def test_a_page_that_played_it_while_the_line_was_down(show: RunningRedeems, page: PageDouble) -> None:
    page.plays = False
    await show.live.ask("alice", "!tts hello")
    play = await page.asks()
    await page.ack(play, "started", seconds=2)
    await page.close(bye=False)
    page.ended.append(play["id"])
    await page.open()
    assert await show.ended() == ["done"]
    assert len(page.asked) == 2


@pytest.fixture
async def ai() -> AsyncGenerator[AiDouble]:
    async with ai_double() as double:
        yield double


@pytest.mark.parametrize(
    ("turns", "told", "left"),
    [
        ([Turn("A small square.")], "A small square.", 950),
        ([Turn(status=429), Turn("A square at last.")], "A square at last.", 950),
        ([Turn(status=500)], "Your 50 points are back.", 1_000),
        ([Turn("")], "Your 50 points are back.", 1_000),
    ],
)
async def test_the_ai(tmp_path: Path, ai: AiDouble, turns: list[Turn], told: str, left: int) -> None:
    ai.will(*turns)
    async with live(tmp_path, ai_base_url=ai.url, ai_api_key="canary-key-123") as running:
        show = await begin(running)
        assert await running.ask("alice", "!pixel what is a pixel?") == "Let me think. 950 points left."
        await show.hears(told)
        await show.ended()
        assert await show.points() == left
        await show.clean()


async def test_the_ai_has_a_daily_limit(tmp_path: Path, ai: AiDouble) -> None:
    async with live(tmp_path, ai_base_url=ai.url, ai_daily_limit=1) as running:
        show = await begin(running)
        await running.ask("alice", "!pixel one")
        await show.hears("Hello from the double.")
        await running.ask("mila", "!cooldowns reset @alice", "moderator")
        await running.ask("alice", "!pixel two")
        await show.hears("@alice pixel: The AI has answered enough for today; it is back tomorrow. Your 50 points are")
        assert len(ai.heard) == 1


async def test_a_clip_on_twitch(show: RunningRedeems) -> None:
    assert await show.live.ask("alice", "!clip") == "Saving it ..."
    await show.hears("@alice Here is the clip: http")
    assert await show.ended() == ["done"]


async def test_a_clip_while_the_stream_is_offline(show: RunningRedeems) -> None:
    show.live.twitch.live = False
    await show.live.ask("", "!redeem cost clip 10", "broadcaster")
    await show.live.ask("alice", "!clip")
    await show.hears("@alice clip: The stream is offline, so Twitch has nothing to clip. Your 10 points are back.")
    assert await show.points() == 1_000


async def test_a_burst_of_clips_in_the_real_obs(tmp_path: Path) -> None:
    """Ten viewers ask at once: OBS saves one file, each of the ten is told, and nobody is before it is there."""
    folder = tmp_path / "obs"
    folder.mkdir()
    async with (
        obs_studio(folder) as obs,
        live(tmp_path / "bot", obs_port=obs.port, obs_password=PASSWORD) as running,
    ):
        show = RunningRedeems(running)
        viewers = [f"viewer{number}" for number in range(10)]
        answers = await running.ask_all([(login, "!clip") for login in viewers])
        assert set(answers) == {"Saving it ..."}
        for login in viewers:
            await show.hears(f"@{login} The clip is saved on the streamer's disk.")
        (file,) = obs.files()
        assert await video_streams(file)

        await obs.buffer(on=False)
        await running.ask("mila", "!redeem cooldown clip 0", "moderator")
        refusal = await running.ask("zoe", "!clip")
        assert "replay buffer" in refusal.lower()
        await obs.kill()
        assert "OBS" in await running.ask("zoe", "!clip")
        assert len(obs.files()) == 1
