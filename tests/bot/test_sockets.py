"""The whole bot over real sockets: what Twitch may send, and what must come of it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text

from pixel_bot.bot.bot import PixelBot
from pixel_bot.run.sandbox_app import SANDBOX
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.double import SandboxMessage, SandboxSession
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, sandbox_user
from pixel_bot.testing import Live, live
from tests.harness.database import findings
from tests.harness.waiting import until

CHAT = "channel.chat.message"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    """The bot on its sandbox; whatever a test did to it, the ledger is right in the end."""
    async with live(tmp_path) as running:
        yield running
        await running.bot.settled()
        assert await wrong(running) == []


async def wrong(show: Live) -> list[str]:
    """What ``db check`` finds."""
    return await findings(show.bot)


async def points(show: Live, login: str) -> int:
    await show.settled()
    return (await show.bot.viewers.find(login)).points


async def known(show: Live) -> int:
    """How many viewers there are."""
    await show.settled()
    async with show.bot.readers() as session:
        return (await session.execute(text("SELECT COUNT(*) FROM users"))).scalar_one()


async def fund(show: Live, login: str, amount: int) -> None:
    """Points by hand of the streamer, for somebody who is made known first."""
    await show.ask(login, "!points")
    await show.ask("", f"!points add @{login} {amount}", "broadcaster")


async def fire(show: Live, kind: str, event: frames.Json, event_id: str, at: datetime = NOW) -> None:
    assert await show.twitch.notify(kind, event, event_id, at) == 1


def chat_session(show: Live) -> SandboxSession:
    """The connection that chat travels on."""
    (found,) = [s["transport"]["session_id"] for s in show.twitch.subscriptions.values() if s["type"] == CHAT]
    return show.twitch.sessions[found]


async def raw(show: Live, *sent: str | bytes) -> None:
    """Send frames as they are, past all that the double would do."""
    socket = chat_session(show).socket
    for one in sent:
        await (socket.send_bytes(one) if isinstance(one, bytes) else socket.send_text(one))


def chat_frame(event: dict[str, Any], message_id: str = "raw-1", at: datetime = NOW) -> frames.Json:
    subscription: frames.Json = {"id": "1", "type": CHAT, "version": "1", "condition": {}, "status": "enabled"}
    return frames.notification(subscription, event, message_id, at)


async def speak(show: Live, who: str, words: str, message_id: str, **event: Any) -> None:
    """A chat message with fields set otherwise."""
    payload = frames.chat_message(show.twitch.users.settle(sandbox_user(who)), words, message_id) | event
    await fire(show, CHAT, payload, message_id)


class RecordingListener:
    """Notes what the bot says."""

    def __init__(self, show: Live) -> None:
        self.lines: list[SandboxMessage] = []
        show.twitch.listeners.add(self._hear)

    def _hear(self, line: SandboxMessage) -> None:
        if line.who.login == BOT.login:
            self.lines.append(line)

    @property
    def words(self) -> list[str]:
        return [line.text for line in self.lines]


# Commands


async def test_a_command_is_answered_as_a_reply(show: Live) -> None:
    listener = RecordingListener(show)
    line = await show.say("alice", "!points")
    await show.settled()
    assert [(answer.text, answer.reply_id, answer.reply_to) for answer in listener.lines] == [
        ("You have 0 points.", line.id, "alice")
    ]


async def test_the_same_message_twice_is_answered_and_paid_once(show: Live) -> None:
    await fund(show, "alice", 100)
    await show.ask("bob", "!points")
    listener = RecordingListener(show)
    for _ in range(2):
        await show.say("alice", "!give @bob 10", message_id="twice")
        await show.say("carol", "hello", message_id="twice too")
    await show.settled()
    assert len(listener.lines) == 1
    assert (await points(show, "bob"), await points(show, "carol")) == (10, 1)


async def test_chat_is_not_paid_again_after_a_restart(tmp_path: Path) -> None:
    rules: dict[str, Any] = {"points_chat_cooldown_seconds": 0, "xp_chat_cooldown_seconds": 0}
    for _ in range(3):
        async with live(tmp_path, **rules) as show:
            await show.say("alice", "hello", message_id="same")
            assert await points(show, "alice") == 1
            assert await wrong(show) == []


async def test_events_are_not_paid_again_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        async with live(tmp_path) as show:
            await fire(show, "channel.cheer", frames.cheer(sandbox_user("alice"), 70), "same")
            assert await points(show, "alice") == 70


async def test_a_command_is_not_obeyed_again_after_a_restart(tmp_path: Path) -> None:
    async with live(tmp_path) as show:
        await fund(show, "alice", 100)
        await show.ask("bob", "!points")
        await show.say("alice", "!give @bob 10", message_id="same")
        assert await points(show, "bob") == 10
    async with live(tmp_path) as show:
        await show.say("alice", "!give @bob 10", message_id="same")
        assert await points(show, "bob") == 10


@pytest.mark.parametrize(
    "typed",
    [
        "!points \U000e0000",
        "\U000e0000!points",
        "!points \u034f",
        "!po\u034fints",
        "\u200b!points\u200b",
        "\u200f!points\u200e",
        "\u202e!points\u202c",
        "\ufeff!points",
        "  !points  ",
        "!POINTS",
        "! points",
    ],
)
async def test_what_nobody_sees_does_not_hinder_a_command(show: Live, typed: str) -> None:
    assert await show.ask("alice", typed) == "You have 0 points."


async def test_a_name_with_invisible_characters_is_found(show: Live) -> None:
    await fund(show, "bob", 7)
    assert await show.ask("alice", "!points @bob\U000e0000") == "bob has 7 points."


async def test_a_reply_can_be_a_command(show: Live) -> None:
    parent = await show.say("Some_Body", "hello")
    listener = RecordingListener(show)
    await show.twitch.say(sandbox_user("alice"), "@Some_Body !points", reply_to=parent.id)
    await show.settled()
    assert listener.words == ["You have 0 points."]


async def test_unknown_commands_are_left_to_other_bots(show: Live) -> None:
    listener = RecordingListener(show)
    for typed in ("!discord", "!", "!!", "!!points", "! ", "!points2", "!give2 @bob all"):
        await show.say("alice", typed)
    await show.settled()
    assert listener.lines == []


async def test_names_that_differ_by_case_are_one_person(show: Live) -> None:
    await fund(show, "alice", 10)
    assert await show.ask("bob", "!points @ALICE") == "alice has 10 points."
    at = show.twitch.users.settle(sandbox_user("alice", name="ALICE"))
    await show.twitch.say(at, "hello")
    assert await points(show, "alice") == 11
    assert await known(show) == 3  # alice, bob and the streamer


@pytest.mark.parametrize("words", ["x" * 10_000, "!points " + "x" * 10_000, "!give @bob " + "9" * 10_000])
async def test_a_very_long_message_harms_nothing(show: Live, words: str) -> None:
    await show.say("alice", words)
    assert await show.ask("bob", "!points") == "You have 0 points."


async def test_text_from_right_to_left(show: Live) -> None:
    await show.say("alice", "\u202eשלום לכולם\u202c")
    assert await points(show, "alice") == 1
    assert await show.ask("alice", "!points @שלום") == "I have not seen שלום here yet."


async def test_fifty_times_all_is_paid_once(show: Live) -> None:
    await fund(show, "alice", 100)
    await show.ask("bob", "!points")
    answers = await show.ask_all([("alice", "!give @bob all")] * 50)
    assert sorted(set(answers)) == [
        "You gave bob 100 points. You have 0 left, bob has 100.",
        "You have no points to give.",
    ]
    assert answers.count("You have no points to give.") == 49
    assert (await points(show, "alice"), await points(show, "bob")) == (0, 100)


async def test_hostile_words_stay_words(show: Live) -> None:
    for words in ("'; DROP TABLE users; --", "!points '; DROP TABLE users; --", "{0}%s%n\x00", "!give @bob\x00 5"):
        await show.say("alice", words)
    assert await show.ask("alice", "!points") == "You have 1 point."


# What earns


async def test_messages_with_the_prefix_earn_nothing(show: Live) -> None:
    for typed in ("!hello", "!points", "!!", " !hello", "\u200b!hello"):
        await show.say("alice", typed)
    assert await points(show, "alice") == 0
    assert await show.ask("alice", "!level") == "You are level 1 with 0 XP; 100 XP to level 2."


async def test_another_prefix_is_the_only_prefix(tmp_path: Path) -> None:
    async with live(tmp_path, command_prefix="?", points_chat_cooldown_seconds=0) as show:
        assert await show.ask("alice", "?points") == "You have 0 points."
        await show.say("alice", "!points")
        assert await points(show, "alice") == 1


async def test_guests_of_a_shared_chat_neither_earn_nor_get_answers(show: Live) -> None:
    listener = RecordingListener(show)
    guest = {"source_broadcaster_user_id": "4711", "source_broadcaster_user_login": "elsewhere"}
    await speak(show, "gast", "hello", "g1", **guest)
    await speak(show, "gast", "!points", "g2", **guest)
    assert await known(show) == 0
    assert listener.lines == []


async def test_ones_own_viewers_earn_while_the_chat_is_shared(show: Live) -> None:
    home = {"source_broadcaster_user_id": STREAMER.id, "source_broadcaster_user_login": STREAMER.login}
    await speak(show, "alice", "hello", "s1", **home)
    assert await points(show, "alice") == 1


async def test_the_bots_own_words_earn_nothing(show: Live) -> None:
    await show.twitch.say(BOT, "!points")
    await show.twitch.say(BOT, "hello")
    assert await known(show) == 0


AMOUNTS: dict[str, Any] = {
    "points_follow_amount": 11,
    "points_sub_amount": 20,
    "points_cheer_per_bit": 0.3,
    "points_raid_amount": 40,
    "xp_follow_amount": 5,
    "xp_sub_amount": 6,
}
ALICE = sandbox_user("alice")


@pytest.mark.parametrize(
    ("kind", "event", "paid", "xp"),
    [
        ("channel.follow", frames.follow(ALICE, NOW), 11, 5),
        ("channel.subscribe", frames.subscribe(ALICE), 20, 6),
        ("channel.subscribe", frames.subscribe(ALICE, gift=True), 0, 0),
        ("channel.subscription.message", frames.subscribe(ALICE) | {"cumulative_months": 30, "is_gift": None}, 20, 6),
        ("channel.subscription.gift", frames.gift(ALICE, 5), 100, 30),
        ("channel.cheer", frames.cheer(ALICE, 99), 29, 0),
        ("channel.raid", frames.raid(ALICE, 1_000), 40, 0),
    ],
    ids=["follow", "sub", "gifted sub", "resub", "gift", "cheer", "raid"],
)
async def test_events_pay_by_the_settings_and_once_for_their_id(
    tmp_path: Path, kind: str, event: frames.Json, paid: int, xp: int
) -> None:
    async with live(tmp_path, **AMOUNTS) as show:
        for _ in range(2):
            await fire(show, kind, event, "one")
        assert await points(show, "alice") == paid
        assert f"with {xp} XP" in await show.ask("bob", "!level @alice")
        await fire(show, kind, event, "two")
        follows = kind == "channel.follow"
        assert await points(show, "alice") == (paid if follows else 2 * paid)
        assert await wrong(show) == []


async def test_a_follow_pays_once_in_a_life(tmp_path: Path) -> None:
    for event_id in ("monday", "tuesday"):
        async with live(tmp_path) as show:
            await fire(show, "channel.follow", frames.follow(ALICE, NOW), event_id)
            assert await points(show, "alice") == 50
            renamed = sandbox_user("alice_2").login
            event = frames.follow(ALICE, NOW) | {"user_login": renamed, "user_name": renamed}
            await fire(show, "channel.follow", event, f"{event_id}, renamed")
            assert await points(show, "alice_2") == 50


async def test_nobody_is_paid_for_what_is_anonymous(show: Live) -> None:
    await fire(show, "channel.subscription.gift", frames.gift(None, 5), "a1")
    await fire(show, "channel.cheer", frames.cheer(None, 500), "a2")
    named = frames.cheer(ALICE, 500) | {"is_anonymous": True}
    await fire(show, "channel.cheer", named, "a3")
    assert await known(show) == 0
    assert await show.ask("bob", "!points") == "You have 0 points."


async def test_many_events_at_once_pay_each_once(show: Live) -> None:
    people = [sandbox_user(f"fan_{i}") for i in range(40)]
    await asyncio.gather(
        *(
            fire(show, "channel.cheer", frames.cheer(who, i + 1), f"cheer-{i}")
            for _ in range(3)
            for i, who in enumerate(people)
        )
    )
    assert [await points(show, who.login) for who in people] == list(range(1, 41))


# What is broken


def without(*path: str) -> str:
    """A chat frame that lacks one field."""
    frame = chat_frame(frames.chat_message(ALICE, "!points", "broken"))
    inner = frame
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return json.dumps(frame)


def with_null(*path: str) -> str:
    """A chat frame with null in one field."""
    frame = chat_frame(frames.chat_message(ALICE, "hello", "broken"))
    inner = frame
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = None
    return json.dumps(frame)


EVENT = ("payload", "event")
PATHS: list[tuple[str, ...]] = [
    ("metadata",),
    ("metadata", "message_type"),
    ("metadata", "subscription_type"),
    ("metadata", "message_timestamp"),
    ("payload",),
    EVENT,
    (*EVENT, "message"),
    (*EVENT, "message", "text"),
    (*EVENT, "message", "fragments"),
    (*EVENT, "message_id"),
    (*EVENT, "chatter_user_id"),
    (*EVENT, "chatter_user_login"),
    (*EVENT, "chatter_user_name"),
    (*EVENT, "badges"),
    (*EVENT, "color"),
    (*EVENT, "reply"),
    (*EVENT, "cheer"),
    (*EVENT, "source_broadcaster_user_id"),
    (*EVENT, "broadcaster_user_id"),
]
ODD = {
    "not json": "{nonsense",
    "empty": "",
    "binary": b"\x00\x01\xff",
    "a list": "[]",
    "a number": "42",
    "null": "null",
    "a word": '"hello"',
    "an empty object": "{}",
    "unknown type": json.dumps({"metadata": {"message_type": "session_party"}, "payload": {}}),
    "type of another type": json.dumps({"metadata": {"message_type": ["notification"]}, "payload": {}}),
    "unknown subscription": json.dumps(chat_frame({}) | {"metadata": {"message_type": "notification"}}),
    "lone surrogate": json.dumps(chat_frame(frames.chat_message(ALICE, "!points @\ud800", "s"))),
    "revocation of something unknown": json.dumps(
        {"metadata": {"message_type": "revocation"}, "payload": {"subscription": {"id": "?"}}}
    ),
    "reconnect without address": json.dumps({"metadata": {"message_type": "session_reconnect"}, "payload": {}}),
    "welcome without session": json.dumps({"metadata": {"message_type": "session_welcome"}, "payload": {}}),
    "deep": "[" * 100_000,
    "numbers for words": json.dumps(chat_frame({"message": {"text": 5}, "message_id": 5, "chatter_user_id": []})),
} | {"without " + path[-1]: without(*path) for path in PATHS}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
async def test_an_odd_frame_costs_only_itself(show: Live, odd: str | bytes) -> None:
    session = chat_session(show)
    await raw(show, odd)
    assert await show.ask("bob", "!points") == "You have 0 points."
    assert chat_session(show) is session
    await show.say("bob", "hello")
    assert await points(show, "bob") == 1


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[-1])
async def test_a_null_field_costs_only_its_frame(show: Live, path: tuple[str, ...]) -> None:
    await fund(show, "alice", 100)
    await raw(show, with_null(*path))
    assert await show.ask("bob", "!points") == "You have 0 points."
    assert await show.ask("bob", "!points @alice") in {"alice has 100 points.", "alice has 101 points."}


async def test_odd_events_cost_only_themselves(show: Live) -> None:
    cheer = frames.cheer(ALICE, 5)
    for i, event in enumerate(
        [
            {},
            cheer | {"bits": None},
            cheer | {"bits": "many"},
            cheer | {"bits": -50},
            cheer | {"user_login": None},
            {k: v for k, v in cheer.items() if k != "user_login"},
            cheer | {"user_id": None},
            cheer | {"bits": 2**63 - 1},
        ]
    ):
        await fire(show, "channel.cheer", event, f"odd-{i}")
    await fire(show, "channel.cheer", cheer, "good")
    assert await points(show, "alice") == 5


async def test_a_message_from_the_year_9999_stops_nobody(show: Live) -> None:
    far = chat_frame(frames.chat_message(ALICE, "hello", "far"), "far", datetime.max.replace(tzinfo=UTC))
    await raw(show, json.dumps(far))
    await show.say("bob", "hello")
    assert await points(show, "bob") == 1


# Connections


class Moving(dict[str, SandboxSession]):
    """The double's sessions; subscriptions move to a new session before it is welcomed, as Twitch moves them."""

    def __init__(self, show: Live, old: SandboxSession) -> None:
        super().__init__(show.twitch.sessions)
        self._show, self._old = show, old
        self.arrived = asyncio.Event()

    def __setitem__(self, key: str, session: SandboxSession) -> None:
        super().__setitem__(key, session)
        for subscription in self._show.twitch.subscriptions.values():
            if subscription["transport"]["session_id"] == self._old.id:
                subscription["transport"]["session_id"] = key
        session.subscribed.set()
        self.arrived.set()


def address(show: Live) -> str:
    return f"ws://{show.app.web.address}{SANDBOX}/ws"


async def test_the_bot_moves_when_twitch_asks(show: Live) -> None:
    old = chat_session(show)
    show.twitch.sessions = moving = Moving(show, old)
    await old.send(frames.reconnect(old.id, address(show), NOW))
    async with asyncio.timeout(10):
        await moving.arrived.wait()
    await until(lambda: old.id not in show.twitch.sessions, 10)
    assert chat_session(show) is not old
    assert await show.ask("alice", "!points") == "You have 0 points."
    await show.say("alice", "hello")
    assert await points(show, "alice") == 1
    assert chat_session(show).id in show.app.platform.eventsub.session_ids


async def test_the_sandbox_lets_subscriptions_move(show: Live) -> None:
    old = chat_session(show)
    await show.twitch.ask_to_move(old, address(show))
    await until(lambda: old.id not in show.twitch.sessions, 10)
    assert await show.ask("alice", "!points") == "You have 0 points."


async def test_nothing_is_lost_while_the_bot_moves(show: Live) -> None:
    old = chat_session(show)
    show.twitch.sessions = moving = Moving(show, old)
    await old.send(frames.reconnect(old.id, address(show), NOW))
    await show.say("alice", "between two sockets")
    assert not moving.arrived.is_set()
    await until(lambda: old.id not in show.twitch.sessions, 10)
    async with asyncio.timeout(5):
        assert await points(show, "alice") == 1


async def test_a_new_address_that_does_not_answer_is_survived(show: Live) -> None:
    old = chat_session(show)
    await old.send(frames.reconnect(old.id, "ws://127.0.0.1:9/", NOW))
    await until(lambda: old.id not in show.twitch.sessions and _subscribed(show), 10)
    assert await show.ask("alice", "!points") == "You have 0 points."


async def test_a_lost_connection_comes_back_subscribed(show: Live) -> None:
    old = chat_session(show)
    await old.socket.close(4000)
    await until(lambda: old.id not in show.twitch.sessions and _subscribed(show), 10)
    assert await show.ask("alice", "!points") == "You have 0 points."
    await fire(show, "channel.cheer", frames.cheer(ALICE, 5), "after")
    await fire(show, "channel.follow", frames.follow(ALICE, NOW), "after too")
    assert await points(show, "alice") == 55


def _subscribed(show: Live) -> bool:
    return CHAT in {s["type"] for s in show.twitch.subscriptions.values()}


# Others in the house, and crowds


async def test_a_cog_of_somebody_else_hears_every_message(tmp_path: Path) -> None:
    folder = tmp_path / "cogs"
    folder.mkdir()
    (folder / "ears.py").write_text(
        "from twitchio.ext import commands\n"
        "from pixel_bot.plugin import Cog\n"
        "class Ears(Cog):\n"
        "    @commands.Component.listener()\n"
        "    async def event_message(self, message):\n"
        "        self.bot.heard_by_cog.append((message.chatter.name, message.text))\n"
        "async def setup(bot):\n"
        "    bot.heard_by_cog = []\n"
        "    await bot.add_component(Ears(bot))\n"
    )
    async with live(tmp_path, cogs_dir=folder) as show:
        await show.say("alice", "hello")
        await show.say("alice", "hello")
        await show.ask("bob", "!points")
        await show.say("carol", "!unknown")
        await speak(show, "gast", "hi from elsewhere", "g", source_broadcaster_user_id="4711")
        await show.settled()
        heard = sorted(cast(Any, show.bot).heard_by_cog)
    assert heard == [
        ("alice", "hello"),
        ("alice", "hello"),
        ("bob", "!points"),
        ("carol", "!unknown"),
        ("gast", "hi from elsewhere"),
    ]


async def test_a_cog_whose_listener_fails_stops_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "cogs"
    folder.mkdir()
    (folder / "broken.py").write_text(
        "from twitchio.ext import commands\n"
        "from pixel_bot.plugin import Cog, Cheer, on\n"
        "class Broken(Cog):\n"
        "    @commands.Component.listener()\n"
        "    async def event_message(self, message):\n"
        "        raise RuntimeError\n"
        "    @on(Cheer)\n"
        "    async def cheered(self, cheer):\n"
        "        raise RuntimeError\n"
        "async def setup(bot):\n"
        "    await bot.add_component(Broken(bot))\n"
    )
    async with live(tmp_path, cogs_dir=folder) as show:
        await fire(show, "channel.cheer", frames.cheer(ALICE, 5), "one")
        await show.say("alice", "hello")
        await show.settled()
        assert await show.ask("alice", "!points") == "You have 6 points."


async def test_a_flood_is_awarded_to_the_last_line_and_stays_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.earning.awards.MAX_WAITING", 500)
    monkeypatch.setattr("pixel_bot.earning.awards.MAX_BATCH", 200)
    async with live(tmp_path, points_chat_cooldown_seconds=0, xp_chat_cooldown_seconds=0) as show:
        waiting = 0
        people = [sandbox_user(f"fan_{i}") for i in range(100)]
        for i in range(5_000):
            await show.twitch.say(people[i % 100], f"line {i}", at=NOW + timedelta(milliseconds=i))
            waiting = max(waiting, len(show.bot.awards._lines))
        await show.settled()
        assert [await points(show, who.login) for who in people] == [50] * 100
        assert show.bot.awards.totals.points == 5_000
        assert 0 < waiting <= 500
        assert await wrong(show) == []


async def test_a_flood_of_commands_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.bot.channel.MAX_COMMANDS", 50)
    async with live(tmp_path) as show:
        under_way = most = 0
        obey = PixelBot._run_command

        async def count(bot: PixelBot, context: Any, message_id: str) -> None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await obey(bot, context, message_id)
            under_way -= 1

        monkeypatch.setattr(PixelBot, "_obey", count)
        answers = await show.ask_all([(f"fan_{i % 20}", "!points") for i in range(400)])
        assert answers == ["You have 0 points."] * 400
        assert 10 < most <= 60
