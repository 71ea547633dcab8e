"""Each event that Twitch sends, over its sockets: worked once, also after a restart, whatever stands in its frame."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text

from pixel_bot.bot.outbox import LIMIT, LIMIT_AS_MOD
from pixel_bot.clock import Clock
from pixel_bot.model.people import Viewer
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.channel_points import Points
from pixel_bot.sandbox.twitch.eventsub import session_of
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, sandbox_user
from pixel_bot.testing import SettableClock
from tests.harness.page_double import PageDouble, page_double
from tests.harness.twitch_harness import Harness, house, the_bot

ALICE = sandbox_user("alice", name="Alice")
BOB = sandbox_user("bob", name="Bob")
NOW = datetime.now(UTC)
GIFTS = 50
ADDED = "channel.channel_points_custom_reward_redemption.add"
UPDATED = "channel.channel_points_custom_reward_redemption.update"

EAR = '''
"""Hears all that cogs can hear."""

from pixel_bot.plugin import ChannelEvent, Cheer, Cog, Follow, Gift, PixelBot, Raid, Sub, on
from twitchio.ext import commands


class Listens(Cog):
    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        self.heard: list[str] = []

    @on(Follow)
    async def follow(self, what: Follow) -> None:
        self.note(what)

    @on(Sub)
    async def sub(self, what: Sub) -> None:
        self.note(what)

    @on(Gift)
    async def gift(self, what: Gift) -> None:
        self.note(what)

    @on(Cheer)
    async def cheer(self, what: Cheer) -> None:
        self.note(what)

    @on(Raid)
    async def raid(self, what: Raid) -> None:
        self.note(what)

    @commands.Component.listener("event_message")
    async def message(self, message) -> None:
        self.heard.append(f"{message.chatter.name} says {message.text}")

    def note(self, what: ChannelEvent) -> None:
        self.heard.append(f"{what.person.login if what.person else 'somebody'} {type(what).__name__}")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Listens(bot))
'''


@dataclass(frozen=True)
class Case:
    """An event, and all that it leads to; nothing where nothing is named."""

    kind: str
    event: frames.Json
    paid: tuple[str, str, int] | None = None
    heard: str = ""
    alert: str = ""
    line: str = ""


def redemption_by_hand() -> frames.Json:
    """Somebody redeems a reward that the streamer made by hand."""
    points = Points()
    (reward_id,) = points.rewards
    return points.redeem(ALICE, reward_id).as_event()


CASES = {
    "chat": Case(
        "channel.chat.message",
        frames.chat_message(ALICE, "hello", "message-1"),
        ("alice", "chat", 1),
        "alice says hello",
    ),
    "follow": Case(
        "channel.follow",
        frames.follow(ALICE, NOW),
        ("alice", "follow", 50),
        "alice Follow",
        "Alice followed",
        "Welcome, Alice! Thank you for the follow.",
    ),
    "sub": Case(
        "channel.subscribe",
        frames.subscribe(ALICE),
        ("alice", "sub", 200),
        "alice Sub",
        "Alice subscribed",
        "Thank you for the sub, Alice!",
    ),
    "gifted sub": Case("channel.subscribe", frames.subscribe(ALICE, gift=True), heard="alice Sub"),
    "resub": Case(
        "channel.subscription.message",
        frames.resub(ALICE, 7, "seven months already", streak=3),
        ("alice", "sub", 200),
        "alice Sub",
        "Alice subscribed",
        "Thank you for the sub, Alice!",
    ),
    "gift": Case(
        "channel.subscription.gift",
        frames.gift(ALICE, 5),
        ("alice", "gift", 1_000),
        "alice Gift",
        "Alice gifted 5 subs",
        "Alice gifted 5 subs. Thank you!",
    ),
    "anonymous gift": Case(
        "channel.subscription.gift",
        frames.gift(None, 5),
        None,
        "somebody Gift",
        "Somebody gifted 5 subs",
        "An anonymous gifter gifted 5 subs. Thank you!",
    ),
    "cheer": Case(
        "channel.cheer",
        frames.cheer(ALICE, 150),
        ("alice", "cheer", 150),
        "alice Cheer",
        "Alice cheered 150 bits",
        "Alice cheered 150 bits. Thank you!",
    ),
    "anonymous cheer": Case(
        "channel.cheer",
        frames.cheer(None, 150),
        None,
        "somebody Cheer",
        "Somebody cheered 150 bits",
        "Somebody cheered 150 bits. Thank you!",
    ),
    "raid": Case(
        "channel.raid",
        frames.raid(ALICE, 12),
        ("alice", "raid", 100),
        "alice Raid",
        "Alice raids with 12 viewers",
        "Alice raids with 12 viewers. Welcome, all of you!",
    ),
    "redemption of another's reward": Case(ADDED, redemption_by_hand()),
    "redemption settled": Case(UPDATED, redemption_by_hand() | {"status": "canceled"}),
    "stream on": Case("stream.online", frames.stream_online("stream-7", NOW)),
    "stream off": Case("stream.offline", frames.stream_offline("stream-7")),
    "message deleted": Case("channel.chat.message_delete", frames.message_delete(ALICE, "message-1")),
    "messages cleared": Case("channel.chat.clear_user_messages", frames.clear_user_messages(ALICE)),
    "chat cleared": Case("channel.chat.clear", frames.chat_clear()),
    "ban": Case("channel.ban", frames.ban(ALICE, STREAMER, NOW, None)),
    "timeout": Case("channel.ban", frames.ban(ALICE, STREAMER, NOW, NOW + timedelta(minutes=10), "be nice")),
    "mod added": Case("channel.moderator.add", frames.moderator_change(ALICE)),
    "mod removed": Case("channel.moderator.remove", frames.moderator_change(ALICE)),
}


class Scene:
    """A bot that listens, with a cog that hears and a page that shows alerts."""

    def __init__(self, home: Harness, app: LiveApp, page: PageDouble, already: int) -> None:
        self.home = home
        self.app = app
        self.bot = the_bot(app)
        self.page = page
        self._already = already

    async def sends(self, kind: str, event: Mapping[str, Any], message_id: str) -> None:
        """Twitch sends an event. Returns when it is worked."""
        reached = await self.home.twitch.notify(kind, dict(event), message_id, datetime.now(UTC))
        assert reached == 1, f"the bot does not hear {kind}"
        await self.worked()

    async def sends_raw(self, kind: str, frame: Mapping[str, Any]) -> None:
        """Twitch sends a frame as it is, where the bot hears events of that kind. Returns when it is worked."""
        subscription = next(s for s in self.home.twitch.subscriptions.values() if s["type"] == kind)
        assert await self.home.twitch.sessions[session_of(subscription)].send(dict(frame))
        self.home.twitch.notified += 1
        await self.worked()

    async def worked(self) -> None:
        """Wait until all that was sent is worked."""
        async with asyncio.timeout(15):
            await self.bot.heard(self.home.twitch.notified - self._already)
            await self.bot.settled()

    async def viewer(self, login: str) -> Viewer:
        """Somebody, with the balance of now."""
        return await self.app.services.viewers.find(login)

    @property
    def heard(self) -> list[str]:
        """What cogs heard."""
        ear: Any = self.bot.get_component("Listens")
        return ear.heard

    async def alerts(self) -> list[str]:
        """What the page has shown until now; a word to all pages comes after all alerts."""
        before = len(self.page.stopped)
        await self.bot.overlay.stop_all()
        async with asyncio.timeout(15):
            while len(self.page.stopped) == before:
                await asyncio.sleep(0.01)
        return [alert["text"] for alert in self.page.alerts]

    async def ledger(self) -> list[tuple[str, str, int]]:
        """All rows: who, why, how much."""
        query = "SELECT u.name, t.reason, t.amount FROM transactions t JOIN users u ON u.id = t.user_id ORDER BY t.id"
        async with self.app.services.database.readers() as session:
            return [(name, reason, amount) for name, reason, amount in await session.execute(text(query))]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Harness]:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "ear.py").write_text(EAR, encoding="utf-8")
    async with house(tmp_path) as built:
        yield built


@asynccontextmanager
async def scene(home: Harness, clock: Clock | None = None, **settings: Any) -> AsyncGenerator[Scene]:
    """A bot from its start, or restart, to its end; it says nothing that the test did not ask for."""
    already = home.twitch.notified
    options: dict[str, Any] = {"cogs_dir": home.folder / "own", "greeting": "off", **settings}
    async with (
        home.signed_in(clock, **options) as app,
        page_double(app.web.address, app.services.overlay.key) as page,
    ):
        yield Scene(home, app, page, already)


def said(home: Harness) -> list[str]:
    """What the bot said by itself; read it when the bot has ended, because then all of it is said."""
    return [line.text for line in home.lines if line.reply_id is None]


# Once, also after a restart


@pytest.mark.parametrize("name", CASES)
async def test_each_event_is_worked_once_also_after_a_restart(home: Harness, name: str) -> None:
    case = CASES[name]
    paid = [case.paid] if case.paid else []
    async with scene(home) as first:
        await first.sends(case.kind, case.event, "event-1")
        await first.sends(case.kind, case.event, "event-1")
        assert await first.ledger() == paid
        assert first.heard == ([case.heard] if case.heard else [])
        assert await first.alerts() == ([case.alert] if case.alert else [])
    assert said(home) == ([case.line] if case.line else [])
    async with scene(home) as second:
        await second.sends(case.kind, case.event, "event-1")
        assert await second.ledger() == paid
        # What chat says earns nothing most of the time, and leaves no trace then: cogs hear it again.
        assert second.heard == ([case.heard] if name == "chat" else [])
        assert await second.alerts() == []
    assert said(home) == ([case.line] if case.line else [])


async def test_a_follow_pays_once_in_a_life(home: Harness) -> None:
    async with scene(home) as first:
        await first.sends("channel.follow", frames.follow(ALICE, NOW), "event-1")
        await first.sends("channel.follow", frames.follow(ALICE, NOW), "event-2")
    async with scene(home) as second:
        await second.sends("channel.follow", frames.follow(ALICE, NOW + timedelta(days=1)), "event-3")
        await second.sends("channel.follow", frames.follow(BOB, NOW), "event-4")
        assert await second.ledger() == [("alice", "follow", 50), ("bob", "follow", 50)]
        assert second.heard == ["bob Follow"]
        assert await second.alerts() == ["Bob followed"]
    assert said(home) == [f"Welcome, {who}! Thank you for the follow." for who in ("Alice", "Bob")]


async def test_a_bomb_of_gifts_is_one_line_one_alert_and_pays_the_giver(home: Harness) -> None:
    fans = [sandbox_user(f"fan_{number}") for number in range(GIFTS)]
    async with scene(home) as show:
        await show.sends("channel.subscription.gift", frames.gift(ALICE, GIFTS), "bomb")
        for fan in fans:
            await show.sends("channel.subscribe", frames.subscribe(fan, gift=True), f"for-{fan.login}")
        assert await show.ledger() == [("alice", "gift", 200 * GIFTS)]
        assert show.heard == ["alice Gift", *(f"{fan.login} Sub" for fan in fans)]
        assert await show.alerts() == ["Alice gifted 50 subs"]
    assert said(home) == ["Alice gifted 50 subs. Thank you!"]


async def test_a_line_that_is_off_is_not_said(home: Harness) -> None:
    off: dict[str, Any] = {f"shoutout_{kind}": "off" for kind in ("follow", "sub", "gift", "raid")}
    async with scene(home, **off, shoutout_cheer="{user}: {count}") as show:
        for name, case in CASES.items():
            await show.sends(case.kind, case.event, f"event-{name}")
    assert said(home) == ["Alice and somebody: 300 bits"]


# What stands in the frames


def everywhere(part: Any) -> Any:
    """The same, with fields that nobody knows in each object of it."""
    if isinstance(part, dict):
        known = cast(frames.Json, part)
        return {key: everywhere(value) for key, value in known.items()} | {"brand_new": {"a": [1, None]}, "x": None}
    return [everywhere(value) for value in cast(list[Any], part)] if isinstance(part, list) else part


def frame_of(case: Case, message_id: str, event: Any = None, version: str = "1") -> frames.Json:
    """The whole frame of a case."""
    subscription: frames.Json = {"id": "s", "status": "enabled", "type": case.kind, "version": version, "cost": 0}
    subscription |= {"condition": {"broadcaster_user_id": STREAMER.id}, "created_at": frames.timestamp(NOW)}
    subscription["transport"] = {"method": "websocket", "session_id": "x"}
    return deepcopy(frames.notification(subscription, case.event if event is None else event, message_id, NOW))


EMOTES = [{"begin": 0, "end": 4, "id": "25"}]
MENTION = {"user_id": BOB.id, "user_name": BOB.name, "user_login": BOB.login}
FULL = {
    "chat": {
        "message": {
            "text": "hello",
            "fragments": [
                {
                    "type": "cheermote",
                    "text": "Cheer100",
                    "cheermote": {"prefix": "cheer", "bits": 100, "tier": 100},
                    "emote": {"id": "25", "emote_set_id": "0", "owner_id": "0", "format": ["static", "animated"]},
                    "mention": MENTION,
                }
            ],
        },
        "badges": [{"set_id": "subscriber", "id": "12", "info": "16"}],
        "cheer": {"bits": 100},
        "message_type": "channel_points_highlighted",
        "channel_points_animation_id": "simmer",
        "reply": {
            "parent_message_id": "p",
            "parent_message_body": "hey",
            "parent_user_id": BOB.id,
            "parent_user_name": BOB.name,
            "parent_user_login": BOB.login,
            "thread_message_id": "p",
            "thread_user_id": BOB.id,
            "thread_user_name": BOB.name,
            "thread_user_login": BOB.login,
        },
        "source_broadcaster_user_id": STREAMER.id,
        "source_broadcaster_user_login": STREAMER.login,
        "source_broadcaster_user_name": STREAMER.name,
        "source_message_id": "message-1",
        "source_badges": [{"set_id": "subscriber", "id": "12", "info": "16"}],
        "is_source_only": False,
    },
    "resub": {"message": {"text": "hi", "emotes": EMOTES}, "streak_months": 5, "duration_months": 3, "tier": "Prime"},
    "gift": {"cumulative_total": 284, "tier": "3000"},
    "anonymous gift": {"cumulative_total": None},
}
"""What else Twitch may send where ``CASES`` has null, or little."""


@pytest.mark.parametrize("version", ["1", "99"])
async def test_more_than_we_know_changes_nothing(home: Harness, version: str) -> None:
    async with scene(home) as show:
        for name, case in CASES.items():
            frame = frame_of(case, f"event-{name}", case.event | FULL.get(name, {}), version)
            await show.sends_raw(case.kind, everywhere(frame))
        assert await show.ledger() == [case.paid for case in CASES.values() if case.paid]
        assert show.heard == [case.heard for case in CASES.values() if case.heard]
        assert await show.alerts() == [case.alert for case in CASES.values() if case.alert]


async def test_types_that_nobody_asked_for_do_nothing(home: Harness) -> None:
    follow = CASES["follow"]
    async with scene(home) as show:
        for kind in ("channel.hype_train.begin", "channel.poll.end", "", "nonsense", None, 7):
            frame = frame_of(follow, "event-1")
            frame["metadata"]["subscription_type"] = frame["payload"]["subscription"]["type"] = kind
            await show.sends_raw(follow.kind, frame)
            assert await show.ledger() == []
        await show.sends(follow.kind, follow.event, "event-1")
        assert await show.ledger() == [follow.paid]


PERSON = ("user_id", "user_login")
NEEDED = {
    "chat": ("chatter_user_id", "chatter_user_login", "message_id", "message"),
    "follow": PERSON,
    "sub": PERSON,
    "gifted sub": (*PERSON, "is_gift"),
    "resub": PERSON,
    "gift": (*PERSON, "total"),
    "anonymous gift": ("total", "is_anonymous"),
    "cheer": (*PERSON, "bits"),
    "anonymous cheer": ("bits", "is_anonymous"),
    "raid": ("from_broadcaster_user_id", "from_broadcaster_user_login"),
    "redemption of another's reward": ("id", *PERSON, "reward", "status", "redeemed_at"),
    "redemption settled": ("id", *PERSON, "reward", "status", "redeemed_at"),
    "stream on": ("id", "started_at"),
    "message deleted": ("message_id",),
    "messages cleared": ("target_user_id",),
    "ban": ("user_id",),
    "mod added": ("user_id",),
}
"""The fields without which an event is another one, or none."""


async def test_an_event_without_a_needed_field_is_left_out_and_logged(
    home: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(home) as show:
        for name, fields in NEEDED.items():
            case = CASES[name]
            for field in set(fields) - {"is_gift"}:
                caplog.clear()
                event = {key: value for key, value in case.event.items() if key != field}
                await show.sends_raw(case.kind, frame_of(case, f"{name} without {field}", event))
                assert [r for r in caplog.records if "left out" in r.getMessage()], f"{name} without {field}"
        assert (await show.ledger(), show.heard, await show.alerts()) == ([], [], [])
        for name, case in CASES.items():
            await show.sends(case.kind, case.event, f"event-{name}")
        assert await show.ledger() == [case.paid for case in CASES.values() if case.paid]


async def test_an_event_without_all_other_fields_is_worked(home: Harness, caplog: pytest.LogCaptureFixture) -> None:
    async with scene(home) as show:
        for name, case in CASES.items():
            kept = {*NEEDED.get(name, PERSON), *(field for field in case.event if field.startswith("broadcaster_"))}
            event = {key: value for key, value in case.event.items() if key in kept}
            await show.sends_raw(case.kind, frame_of(case, f"event-{name}", event))
        assert await show.ledger() == [case.paid for case in CASES.values() if case.paid]
        assert show.heard == [case.heard for case in CASES.values() if case.heard]
        assert not [r for r in caplog.records if "left out" in r.getMessage()]


ODD: tuple[Any, ...] = (None, True, 5, -1, 1.5, 2**63, "", "x" * 1_000, ["x"], {"id": {}})


@pytest.mark.parametrize("name", CASES)
async def test_whatever_stands_in_a_field_harms_nothing(
    home: Harness, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    case, follow = CASES[name], CASES["follow"]
    # What a good number in the place of another one is worth.
    paid = {case.paid and case.paid[1:], ("gift", 1_000), ("cheer", 5)}
    async with scene(home, points_chat_cooldown_seconds=0) as show:
        for field in case.event:
            for number, odd in enumerate(ODD):
                own = {"message_id": f"message-{field}-{number}"} if name == "chat" else {}
                event = case.event | own | {field: odd}
                await show.sends_raw(case.kind, frame_of(case, f"event-{field}-{number}", event))
        assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
        assert {row[1:] for row in await show.ledger()} <= paid
        await show.sends(follow.kind, frames.follow(BOB, NOW), "last")
        assert ("bob", "follow", 50) in await show.ledger()


@pytest.mark.parametrize("where", ["metadata", "payload"])
async def test_a_frame_of_odd_parts_harms_nothing(home: Harness, caplog: pytest.LogCaptureFixture, where: str) -> None:
    follow = CASES["follow"]
    async with scene(home) as show:
        for odd in ODD:
            for field in ("subscription_type", "message_id", "message_timestamp", "subscription", "event"):
                whole = frame_of(follow, f"event-{field}")
                await show.sends_raw(follow.kind, whole | {where: whole[where] | {field: odd}})
        for field in ("message_id", "message_timestamp", "subscription_type", "event"):
            whole = frame_of(follow, f"without-{field}")
            whole[where].pop(field, None)
            await show.sends_raw(follow.kind, whole)
        assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
        await show.sends(follow.kind, frames.follow(BOB, NOW), "last")
        assert (await show.ledger())[-1] == ("bob", "follow", 50)


# What events that pay nothing change


async def test_moderator_changes_set_how_much_the_bot_may_say(home: Harness) -> None:
    home.world.moderators.discard(BOT.id)
    async with scene(home) as show:
        assert show.bot.outbox.limit == LIMIT
        added, removed = "channel.moderator.add", "channel.moderator.remove"
        await show.sends(added, frames.moderator_change(ALICE), "event-1")
        assert show.bot.outbox.limit == LIMIT
        home.world.moderators.add(BOT.id)
        await show.sends(added, frames.moderator_change(BOT), "event-2")
        assert show.bot.outbox.limit == LIMIT_AS_MOD
        await show.sends(removed, frames.moderator_change(ALICE), "event-3")
        assert show.bot.outbox.limit == LIMIT_AS_MOD
        home.world.moderators.discard(BOT.id)
        await show.sends(removed, frames.moderator_change(BOT), "event-4")
        assert show.bot.outbox.limit == LIMIT
        await show.sends(added, frames.moderator_change(BOT), "event-2")
        assert show.bot.outbox.limit == LIMIT, "an old event that comes again is no news"


SENT_OFF = {
    "ban": ("channel.ban", frames.ban(ALICE, STREAMER, NOW, None)),
    "timeout": ("channel.ban", frames.ban(ALICE, STREAMER, NOW, NOW + timedelta(seconds=1))),
    "messages cleared": ("channel.chat.clear_user_messages", frames.clear_user_messages(ALICE)),
}


@pytest.mark.parametrize("name", SENT_OFF)
async def test_who_is_sent_off_is_not_read_out_and_has_the_points_back(home: Harness, name: str) -> None:
    kind, event = SENT_OFF[name]
    clock = SettableClock(datetime.now(UTC))
    async with scene(home, clock) as show:
        await home.ask("", "!queue pause", "broadcaster")
        for who in ("alice", "bob"):
            await home.ask(who, "!points")
            await home.ask("", f"!points add @{who} 100", "broadcaster")
            await home.ask(who, "!tts hello")
        await show.sends(kind, event, "event-1")
        assert [item.user_id for item in await show.bot.queue.items()] == [(await show.viewer("bob")).id]
        assert [row for row in await show.ledger() if row[1] == "refund:tts"] == [("alice", "refund:tts", 25)]
        # They are back, and Twitch repeats itself.
        clock.advance(60)
        await home.ask("alice", "!tts I am back")
        await show.sends(kind, event, "event-1")
        assert len(await show.bot.queue.items()) == 2
        await show.sends(kind, event, "event-2")
        assert len([row for row in await show.ledger() if row[1] == "refund:tts"]) == 2


async def test_a_deleted_message_is_not_read_out(home: Harness) -> None:
    async with scene(home) as show:
        await home.ask("", "!queue pause", "broadcaster")
        await home.ask("alice", "!points")
        await home.ask("", "!points add @alice 100", "broadcaster")
        line = await home.say("alice", "!tts hello")
        await home.said(lambda said: said.reply_id == line.id)
        await home.twitch.delete(line)
        await show.worked()
        assert await show.bot.queue.items() == []
        assert (await show.viewer("alice")).points == 100


async def test_the_stream_s_state_follows_its_events(home: Harness) -> None:
    await home.twitch.go_offline()
    async with scene(home) as show:
        assert "offline" in await home.ask("mod_mila", "!status", "moderator")
        on = frames.stream_online("stream-7", datetime.now(UTC) - timedelta(minutes=3))
        await show.sends("stream.online", on, "event-1")
        assert "live for 3m" in await home.ask("mod_mila", "!status", "moderator")
        assert (await home.get(show.app, "/healthz"))[0] == 200
        await show.sends("stream.offline", frames.stream_offline("stream-7"), "event-2")
        await show.sends("stream.online", on, "event-1")
        assert "offline" in await home.ask("mod_mila", "!status", "moderator")
        assert (await home.get(show.app, "/healthz"))[0] == 200
