"""Each redeem through the whole bot: a command over Twitch's sockets, an effect on a page over another one."""

import asyncio
import io
import json
import wave
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.testing import Live, live
from tests.harness.ai_double import AiDouble, Turn, ai_double
from tests.harness.database import findings
from tests.harness.obs_studio import PASSWORD, obs_studio, video_streams
from tests.harness.page_double import PageDouble, page_double


class Show:
    """A running bot, a viewer with 1,000 points, and all that the bot says."""

    def __init__(self, running: Live) -> None:
        self.live = running
        self.said: list[str] = []
        self._news = asyncio.Event()
        running.twitch.listeners.add(self._hear)

    def _hear(self, line: SandboxMessage) -> None:
        if line.who.role == "bot":
            self.said.append(line.text)
            self._news.set()

    @property
    def address(self) -> str:
        return self.live.app.web.address

    @property
    def key(self) -> str:
        return self.live.bot.overlay.key

    async def hears(self, words: str) -> str:
        """Wait until the bot says something that holds these words."""
        async with asyncio.timeout(20):
            while not (found := [line for line in self.said if words in line]):
                self._news.clear()
                await self._news.wait()
        return found[0]

    async def ended(self, count: int = 1) -> list[str]:
        """Wait until so many items have ended. Returns how."""
        changed = asyncio.Event()
        self.live.bot.services.database.committed.add(changed.set)
        query = text("SELECT status FROM queue_items WHERE finished_at IS NOT NULL ORDER BY id")
        async with asyncio.timeout(20):
            while True:
                changed.clear()
                async with self.live.bot.readers() as session:
                    found = list((await session.execute(query)).scalars())
                if len(found) >= count:
                    return found
                await changed.wait()

    async def points(self) -> int:
        return (await self.live.bot.viewers.find("alice")).points

    async def clean(self) -> None:
        assert await findings(self.live.bot) == []


async def begin(running: Live) -> Show:
    await running.ask("alice", "!points")
    await running.ask("", "!points add @alice 1000", "broadcaster")
    return Show(running)


@pytest.fixture
async def show(tmp_path: Path) -> AsyncGenerator[Show]:
    async with live(tmp_path) as running:
        shown = await begin(running)
        yield shown
        await shown.clean()


@pytest.fixture
async def page(show: Show) -> AsyncGenerator[PageDouble]:
    async with page_double(show.address, show.key) as double:
        yield double


async def test_speech(show: Show, page: PageDouble) -> None:
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


async def test_speech_that_fails(show: Show, page: PageDouble) -> None:
    page.plays = False
    await show.live.ask("alice", "!tts hello")
    await page.ack(await page.asks(), "failed", reason="load")
    await show.hears("@alice tts: The overlay could not play it. Your 25 points are back.")
    assert (await show.ended(), await show.points()) == (["failed"], 1_000)


async def test_a_sound(show: Show, page: PageDouble) -> None:
    assert await show.live.ask("alice", "!sound coin") == "Playing coin! 985 points left."
    play = await page.asks()
    assert (await page.fetch(play["audio"]))[:4] == b"RIFF"
    assert (await show.ended(), await show.points()) == (["done"], 985)


@pytest.mark.parametrize("name", ["../secret", "..%2Fsecret", "/etc/passwd", "coin.wav/..", "C:\\boot", "."])
async def test_a_sound_never_leaves_the_folder(show: Show, page: PageDouble, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.wav").write_bytes(b"RIFF secret")
    answer = await show.live.ask("alice", f"!sound {name}")
    assert "There is no sound" in answer
    assert "Nothing was charged." in answer
    assert await show.points() == 1_000


async def test_the_wheel(show: Show, page: PageDouble, tmp_path: Path) -> None:
    prizes = [{"name": "Win", "weight": 1, "grant_points": 70}]
    (tmp_path / "prizes.json").write_text(json.dumps(prizes), encoding="utf-8")
    assert await show.live.ask("alice", "!spin") == "The wheel is yours! 900 points left."
    await show.hears("alice won Win! (+70 points)")
    play = await page.asks()
    assert (play["what"], play["slices"], play["winner"]) == ("wheel", [{"name": "Win", "weight": 1}], 0)
    assert await show.points() == 970


async def test_the_overlay_closes_in_mid_spin(show: Show, page: PageDouble, tmp_path: Path) -> None:
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
    assert (again["id"], again["winner"]) == (first["id"], first["winner"])
    await show.hears("(+70 points)")
    assert await show.points() == 970


async def begun(show: Show) -> None:
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


async def test_the_overlay_closes_half_way_through_speech(show: Show, page: PageDouble) -> None:
    page.plays = False
    await show.live.ask("alice", "!tts hello")
    first = await page.asks()
    await page.ack(first, "started", seconds=2)
    await page.close()
    async with page_double(show.address, show.key, "another") as other:
        assert (await other.asks())["id"] == first["id"]
        assert await show.ended() == ["done"]
    assert await show.points() == 975


async def test_a_page_that_played_it_while_the_line_was_down(show: Show, page: PageDouble) -> None:
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


async def test_a_clip_on_twitch(show: Show) -> None:
    assert await show.live.ask("alice", "!clip") == "Saving it ..."
    await show.hears("@alice Here is the clip: http")
    assert await show.ended() == ["done"]


async def test_a_clip_while_the_stream_is_offline(show: Show) -> None:
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
        show = Show(running)
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


async def test_the_wrong_key_opens_nothing(show: Show) -> None:
    for key in ("", "wrong", show.key[:-1]):
        with pytest.raises((ConnectionClosed, InvalidStatus)):
            await (await connect(f"ws://{show.address}/overlay/ws?key={key}")).recv()
    double = PageDouble(show.address, show.key)
    for path in ("/overlay", f"/overlay?key={show.key[:-1]}", "/overlay/sound/coin?key=x", "/overlay/audio/1?key=x"):
        with pytest.raises(AssertionError):
            await double.fetch(path)
    assert b"<html" in await double.fetch(f"/overlay?key={show.key}")


async def test_another_web_page_cannot_reach_the_overlay(show: Show) -> None:
    url = f"ws://{show.address}/overlay/ws?key={show.key}"
    with pytest.raises((ConnectionClosed, InvalidStatus)):
        await (await connect(url, origin="https://evil.example")).recv()  # pyright: ignore[reportArgumentType]


async def test_odd_words_of_a_page_harm_nobody(show: Show, page: PageDouble) -> None:
    odd: list[dict[str, Any]] = [
        {"do": "ack"},
        {"do": "ack", "id": 5, "state": "finished"},
        {"do": "ack", "id": "x", "state": "finished"},
        {"do": "ack", "id": "x", "state": "started", "seconds": "long"},
        {"do": ["hello"]},
        {"do": None},
    ]
    for message in odd:
        await page.send(**message)
    await page._socket.send("[not json")  # pyright: ignore[reportOptionalMemberAccess]
    await page._socket.send(b"\xff\xfe")  # pyright: ignore[reportOptionalMemberAccess]
    await show.live.ask("alice", "!sound coin")
    assert await show.ended() == ["done"]


async def test_events_are_shown_on_the_page(show: Show, page: PageDouble) -> None:
    from datetime import UTC, datetime

    from pixel_bot.sandbox.twitch import frames
    from pixel_bot.sandbox.twitch.users import sandbox_user

    now = datetime.now(UTC)
    await show.live.twitch.notify("channel.cheer", frames.cheer(sandbox_user("bob"), 50), "c1", now)
    async with asyncio.timeout(20):
        while not page.alerts:
            page._news.clear()
            await page._news.wait()
    assert page.alerts == [{"type": "alert", "kind": "cheer", "name": "bob", "text": "bob cheered 50 bits"}]


async def test_a_redeem_costs_guests_of_a_shared_chat_nothing(show: Show) -> None:
    from datetime import UTC, datetime

    from pixel_bot.sandbox.twitch import frames
    from pixel_bot.sandbox.twitch.users import sandbox_user

    event = frames.chat_message(sandbox_user("alice"), "!sound coin", "g1") | {"source_broadcaster_user_id": "77"}
    await show.live.twitch.notify("channel.chat.message", event, "g1", datetime.now(UTC))
    await show.live.settled()
    assert await show.points() == 1_000


REDEEMS = {"tts": "!tts hello", "pixel": "!pixel hi?", "sound": "!sound coin", "spin": "!spin", "clip": "!clip"}
NAMES = {
    "tts": "Text-to-Speech",
    "pixel": "AI chat response",
    "sound": "Play sound effect",
    "spin": "Prize wheel",
    "clip": "Save OBS clip",
}


@pytest.mark.parametrize("key", REDEEMS)
async def test_each_refusal_of_each_redeem(show: Show, page: PageDouble, key: str) -> None:
    """Off, blocked, on cooldown, no room, nothing typed, too poor: each has its sentence, and none costs anything."""
    ask, line = show.live.ask, REDEEMS[key]
    await ask("mila", f"!redeem off {key}", "moderator")
    assert await ask("alice", line) == f"{NAMES[key]} is switched off right now."
    await ask("mila", f"!redeem on {key}", "moderator")
    await ask("mila", f"!block @alice {key}", "moderator")
    assert await ask("alice", line) == f"A mod has blocked you from {NAMES[key]}."
    await ask("mila", f"!unblock @alice {key}", "moderator")
    await ask("mila", f"!redeem cost {key} 600", "moderator")
    await ask("mila", "!queue pause", "moderator")

    assert "400 points left." in await ask("alice", line)
    assert (await ask("alice", line)).startswith(f"You are on cooldown for {NAMES[key]}: ")
    await ask("mila", f"!redeem cooldown {key} 0", "moderator")
    await ask("mila", "!cooldowns reset @alice", "moderator")
    short = "That takes 600 points, you have 400 (200 short)."
    assert await ask("alice", line) == short
    if key in {"tts", "pixel"}:
        assert "like this: !" in await ask("alice", f"!{key}")
    await ask("mila", f"!redeem cost {key} 0", "moderator")
    await ask("alice", line)
    assert await ask("alice", line) == (
        f"No room for {NAMES[key]} right now. You have enough waiting there already; try again in a moment. "
        "Nothing was charged."
    )
    assert await show.points() == 400
    await ask("mila", "!queue clear", "moderator")
    assert await show.points() == 1_000
