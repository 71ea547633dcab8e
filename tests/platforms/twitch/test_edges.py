"""The live bot where it is easily wrong: one account for both, lost answers, odd ones, cogs that hang, busy minutes."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.errors import StartError
from pixel_bot.platforms.twitch import eventsub_connection, eventsub_session
from pixel_bot.platforms.twitch.channel_state import ChannelState
from pixel_bot.platforms.twitch.helix import HelixError, TwitchHelix
from pixel_bot.platforms.twitch.subscription_types import scopes_for
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, sandbox_user
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.twitch_harness import (
    CHAT,
    CHEERS,
    DOUBLE,
    TYPES,
    Harness,
    house,
    in_haste,
    listening,
    points,
    the_bot,
)

DUPLICATE = {"code": "msg_duplicate", "message": "Your message is identical to the previous one."}


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)
    monkeypatch.setattr("pixel_bot.bot.outbox.RETRY_SECONDS", 0.3)
    async with house(tmp_path) as built:
        yield built


async def until(true: Any, seconds: float = 10.0) -> None:
    """Wait for something that nothing tells."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


# One account as the bot and as the broadcaster


async def test_one_account_as_both_makes_clips_with_the_right_consent(home: Harness) -> None:
    home.twitch.live = True
    async with home.bot(greeting="off") as app:
        await home.sign_in(app, "bot", STREAMER)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        await home.say("alice", "!clip")
        await until(lambda: any("Here is the clip" in said.text for said in home.twitch.chat_log.lines))


@pytest.mark.parametrize("words", ["The show goes on.", "/me dances", "two  spaces", "!points"])
async def test_one_account_as_both_does_not_hear_itself(home: Harness, words: str) -> None:
    async with home.bot(points_chat_cooldown_seconds=0, greeting="off") as app:
        await home.sign_in(app, "bot", STREAMER)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        heard = the_bot(app).notifications.count
        for _ in range(3):
            assert await the_bot(app).say(words)
        await the_bot(app).notifications.received(heard + 3)
        await the_bot(app).settled()
        assert app.services.awards.totals.messages == 0
        assert [line.text for line in home.lines if line.reply_id] == []


# Answers of Twitch that are lost, or odd


async def test_a_message_whose_answer_was_lost_is_said_once(home: Harness) -> None:
    async with home.signed_in(greeting="off") as app:
        home.twitch.faults.add("chat/messages", method="POST", drop=True, done=True)
        assert await the_bot(app).say("It is paid for.")
        assert [line.text for line in home.lines] == ["It is paid for."]
        assert await the_bot(app).say("It is paid for.")
        assert len(home.lines) == 2, "the same words later are another message"


async def test_a_message_that_twitch_has_is_not_taken_for_unsaid(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(_: object) -> bool:
        return True  # and what came back is not noted

    async with home.signed_in(greeting="off") as app:
        monkeypatch.setattr(the_bot(app).notifications._sender, "is_own", taken)
        home.twitch.faults.add("chat/messages", method="POST", drop=True, done=True)
        dropped = {"data": [{"message_id": "", "is_sent": False, "drop_reason": DUPLICATE}]}
        home.twitch.faults.add("chat/messages", method="POST", body=dropped)
        assert await the_bot(app).say("It is paid for.")


ODD: list[dict[str, Any]] = [
    {"data": []},
    {"data": [{}]},
    {"data": None},
    {},
    {"data": [{"message_id": "x", "is_sent": False, "drop_reason": None}]},
]


@pytest.mark.parametrize("body", ODD)
async def test_an_odd_answer_costs_one_message_and_not_the_voice(home: Harness, body: Any) -> None:
    async with home.signed_in(greeting="off") as app:
        home.twitch.faults.add("chat/messages", method="POST", body=body)
        assert not await the_bot(app).say("first")
        assert await home.ask("alice", "!points") == "You have 0 points."


# What is refused for a while


async def test_a_type_that_twitch_ended_is_tried_again(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventsub_connection, "RECONCILE_SOON_SECONDS", 1.0)
    async with home.signed_in(greeting="off") as app:
        chat = next(s for s in home.twitch.subscriptions.values() if s["type"] == CHAT)
        home.twitch.drop(chat["id"])
        banned = frames.revocation(chat | {"status": "chat_user_banned"}, datetime.now(UTC))
        await _session_of_chat(home, chat).send(banned)
        await until(lambda: app.platform.eventsub.refusals)
        status, said = await home.get(app, "/healthz")
        assert status == 503
        assert "chat_user_banned" in said
        _, page = await home.get(app, "/setup")
        assert "/oauth?account=bot" in page
        async with asyncio.timeout(10):
            await home.twitch.subscribed(TYPES)
        assert await home.ask("alice", "!points") == "You have 0 points."


def _session_of_chat(home: Harness, subscription: Any) -> Any:
    return home.twitch.sessions[subscription["transport"]["session_id"]]


async def test_a_move_while_a_type_is_undecided_decides_it_all_the_same(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, away = TwitchHelix.call, True

    async def call(self: Any, method: str, path: str, role: Any, body: Any = None, **params: Any) -> Any:
        if away and body and body.get("type") == "channel.ban":
            raise HelixError(500, "later")
        return await real(self, method, path, role, body, **params)

    monkeypatch.setattr(TwitchHelix, "call", call)
    async with home.bot(greeting="off") as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        async with asyncio.timeout(10):
            await home.twitch.subscribed(TYPES - 1)
        old = home.session(CHEERS)
        await home.twitch.ask_to_move(old, f"ws://{home.web.address}{DOUBLE}/ws")
        await until(lambda: home.session(CHEERS) is not old)
        away = False
        async with asyncio.timeout(15):
            await home.twitch.subscribed(TYPES)
        await until(lambda: not app.platform.problems())


# Busy, hung, blind


async def test_a_cog_that_hangs_does_not_make_the_bot_deaf(
    home: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pixel_bot.bot.listeners.MAX_LISTENERS", 20)
    monkeypatch.setattr("pixel_bot.bot.channel.MAX_COMMANDS", 20)
    (tmp_path / "cogs").mkdir()
    (tmp_path / "cogs" / "hang.py").write_text(HANG, encoding="utf-8")
    async with home.signed_in(cogs_dir=tmp_path / "cogs", greeting="off") as app:
        for n in range(50):
            await home.say(f"viewer{n}", "hello")
        assert await home.ask("alice", "!points") == "You have 0 points."
        assert "do not come to an end" in caplog.text
        the_bot(app).listeners._tasks.cancel()


HANG = '''
"""A cog that waits for what never comes."""

import asyncio

from twitchio.ext import commands

from pixel_bot.plugin import Cog, PixelBot


class Hang(Cog):
    """Hangs."""

    @commands.Component.listener("event_message")
    async def on_message(self, _) -> None:
        await asyncio.Event().wait()


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Hang(bot))
'''


async def test_a_busy_bot_does_not_take_twitch_for_silent(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        eventsub_session, "GRACE_SECONDS", -9.0
    )  # one second without a word, and the connection counts as dead
    monkeypatch.setattr(eventsub_session, "BUFFER_AFTER_SECONDS", 0.1)
    async with home.signed_in(greeting="off") as app:
        bot, gate = the_bot(app), asyncio.Event()
        monkeypatch.setattr(type(bot.notifications), "is_congested", property(lambda _: not gate.is_set()))
        monkeypatch.setattr(bot.notifications, "wait_for_capacity", gate.wait)
        used = home.session(CHEERS)
        for n in range(25):
            await home.cheer("alice", 10, f"cheer-{n}")
            await asyncio.sleep(0.1)
        assert home.session(CHEERS) is used
        gate.set()
        await bot.notifications.received(25)
        assert await points(app, "alice") == 250


def channel_of(app: LiveApp) -> ChannelState:
    """What keeps the stream's state."""
    assert app.running_bot is not None
    assert app.running_bot._twitch is not None
    return app.running_bot._twitch._channel


async def test_one_empty_list_of_streams_does_not_end_the_stream(home: Harness) -> None:
    home.twitch.live = True
    async with home.signed_in(greeting="off") as app:
        await until(lambda: app.services.stream.is_live)
        asked = home.twitch.requests.times("streams")
        home.twitch.faults.add("streams", body={"data": [], "pagination": {}}, times=2)
        channel_of(app).check_soon()
        await home.twitch.asked("streams", count=asked + 1)
        await asyncio.sleep(0.1)
        assert app.services.stream.is_live
        channel_of(app).check_soon()
        await until(lambda: not app.services.stream.is_live)


async def test_an_account_that_is_away_says_since_when(home: Harness) -> None:
    clock = SettableClock()
    async with home.signed_in(clock, greeting="off") as app:
        await app.platform.accounts.end_sign_in("bot")
        await until(lambda: any("is down for" in problem for problem in app.platform.problems()))
        clock.advance(3_600)
        assert "down for 1h" in app.platform.problems()[0]
        await home.sign_in(app, "bot", BOT)
        await listening(app)


async def test_who_forgets_an_account_asks_for_nobodys_stream(home: Harness) -> None:
    async with home.signed_in(greeting="off") as app:
        await home.answer(app, "forget", "broadcaster", "")
        channel_of(app).check_soon()
        asked = home.twitch.requests.times("streams")
        await home.twitch.asked("streams", count=asked + 1)
        streams = [asked.query for asked in home.twitch.requests if asked.path == "streams"]
        assert all(query.get("user_id") == [STREAMER.id] for query in streams), streams


# Settings and the web


@pytest.mark.parametrize("factors", [{"vip": 2}, {"sub": 0.5}, {"mod": 0.5}])
def test_vips_are_asked_about_where_they_matter(tmp_path: Path, factors: dict[str, float]) -> None:
    settings = settings_in(tmp_path, **{f"points_watch_{role}_factor": factor for role, factor in factors.items()})
    assert "channel:read:vips" in scopes_for("broadcaster", settings)
    assert "channel:read:vips" not in scopes_for("broadcaster", settings_in(tmp_path, points_watch_sub_factor=2))


async def test_a_wrong_application_is_named_before_anybody_signs_in(home: Harness) -> None:
    async with home.bot(twitch_client_id="nosuchclient") as app:
        await until(lambda: app.platform.http.app_problem)
        _, page = await home.get(app, "/setup")
        assert "TWITCH_CLIENT_ID" in page


async def test_another_page_cannot_use_up_the_sign_in_under_way(home: Harness) -> None:
    async with home.bot() as app:
        where = await home.begin(app, "bot")
        image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        for _ in range(60):
            status, _ = await home.get(app, "/oauth?account=bot", headers=image, allow_redirects=False)
            assert status == 403
        status, _ = await home.come_back(await home.agree(where, BOT))
        assert status == 200


async def test_with_an_address_of_its_own_the_way_back_from_twitch_works(home: Harness) -> None:
    async with home.bot(web_host="127.0.0.2") as app:
        assert (await home.get(app, "/setup"))[0] == 200
        async with home.http.get(f"http://127.0.0.2:{app.web.port}/setup") as answer:
            assert answer.status == 200


async def test_a_key_that_cannot_be_read_is_a_sentence(home: Harness, tmp_path: Path) -> None:
    (tmp_path / "secret.key").mkdir()
    with pytest.raises(StartError, match=r"secret\.key cannot be read"):
        async with home.bot():
            pass


async def test_a_redemption_that_twitch_completed_itself_promises_nothing_back(home: Harness) -> None:
    async with home.signed_in(greeting="off") as app:
        await home.ask("", "!redeem native on tts 100", "broadcaster")
        (native,) = await app.services.channel_points.all()
        taken = home.twitch.points.redeem(home.world.settle(sandbox_user("alice")), native.reward_id or "", "hello")
        kind = "channel.channel_points_custom_reward_redemption.add"
        await home.twitch.emit(kind, taken.as_event() | {"status": "fulfilled", "user_input": ""})
        said = await home.said(lambda said: "@alice" in said.text)
        assert "cannot give the channel points back" in said.text
        assert "are back" not in said.text


async def test_who_waits_for_a_place_in_chat_is_not_told_that_it_failed(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.bot.command_runner.COMMAND_SECONDS", 0.2)
    async with home.signed_in(greeting="off") as app:
        await home.ask("alice", "!points")
        await home.ask("", "!points add @alice 100", "broadcaster")
        gate = asyncio.Event()
        sender = the_bot(app).notifications._sender
        assert sender is not None
        send = sender._send

        async def slow(message: Any) -> Any:
            await gate.wait()
            return await send(message)

        monkeypatch.setattr(sender, "_send", slow)
        line = await home.say("alice", "!tts hello")
        await until(lambda: the_bot(app).notifications.count == home.twitch.notified)
        await asyncio.sleep(0.5)
        gate.set()
        answer = await home.said(lambda said: said.reply_id == line.id)
        assert "75 points left" in answer.text
