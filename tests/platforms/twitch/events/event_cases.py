"""Every event of Twitch that the bot works, and what it changes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from pixel_bot.clock import Clock
from pixel_bot.model.people import Viewer
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.events.frames import frame_of
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch import frames, notices
from pixel_bot.sandbox.twitch.channel_points import Points
from pixel_bot.sandbox.twitch.eventsub import session_of
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from tests.harness.page_double import PageDouble, page_double
from tests.harness.twitch_harness import Harness, the_bot

ALICE = sandbox_user("alice", name="Alice")
BOB = sandbox_user("bob", name="Bob")
CAROL = sandbox_user("carol", name="Carol")
DAVE = sandbox_user("dave", name="Dave")
NOW = datetime.now(UTC)
ADDED = "channel.channel_points_custom_reward_redemption.add"
UPDATED = "channel.channel_points_custom_reward_redemption.update"
NOTICE = "channel.chat.notification"


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
    "gifted sub": Case("channel.subscribe", frames.subscribe(DAVE, gift=True), heard="dave Sub"),
    "resub": Case(
        "channel.subscription.message",
        frames.resub(CAROL, 7, "seven months already", streak=3),
        ("carol", "sub", 200),
        "carol Sub",
        "Carol subscribed for 7 months",
        "Thank you for the sub, Carol!",
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
        "channel.bits.use",
        frames.bits_use(ALICE, 150),
        ("alice", "cheer", 150),
        "alice Cheer",
        "Alice cheered 150 bits",
        "Alice cheered 150 bits. Thank you!",
    ),
    "power-up": Case(
        "channel.bits.use",
        frames.bits_use(ALICE, 40, "power_up"),
        ("alice", "cheer", 40),
        "alice Cheer",
        "Alice used 40 bits for a power-up",
        "Alice cheered 40 bits. Thank you!",
    ),
    "upgrade": Case(
        NOTICE,
        notices.notice(BOB, "prime_paid_upgrade", "notice-1", sub_tier="1000"),
        ("bob", "upgrade", 50),
        "bob Upgrade",
        "Bob goes on with their sub",
        "Bob goes on with their sub. Thank you!",
    ),
    "pay it forward": Case(
        NOTICE,
        notices.notice(BOB, "pay_it_forward", "notice-2", gifter_is_anonymous=True),
        None,
        "bob PayItForward",
    ),
    "watch streak": Case(
        NOTICE,
        notices.notice(DAVE, "watch_streak", "notice-3", streak_count=5, channel_points_awarded=350),
        ("dave", "streak", 20),
        "dave WatchStreak",
        "Dave watched 5 streams in a row",
        "Dave watched 5 streams in a row. Welcome back!",
    ),
    "charity": Case(
        NOTICE,
        notices.notice(
            BOB,
            "charity_donation",
            "notice-4",
            charity_name="Pixels for all",
            amount={"value": 1_250, "decimal_place": 2, "currency": "EUR"},
        ),
        None,
        "bob CharityDonation",
    ),
    "bits badge": Case(NOTICE, notices.notice(BOB, "bits_badge_tier", "notice-5", tier=1_000), None, "bob BitsBadge"),
    "announcement": Case(
        NOTICE,
        notices.notice(BOB, "announcement", "notice-6", "Pizza is here!", color="PURPLE"),
        None,
        "bob Announcement",
    ),
    "hype train": Case(
        "channel.hype_train.begin", frames.hype_train("train-1", 1, NOW), None, "somebody HypeTrain", "A hype train!"
    ),
    "highlighted message": Case(
        "channel.channel_points_automatic_reward_redemption.add",
        frames.automatic_reward(BOB, "automatic-1", "send_highlighted_message", 100, NOW),
        None,
        "bob AutomaticReward",
    ),
    "anonymous cheer": Case(
        "channel.bits.use",
        frames.bits_use(None, 150),
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

    async def sends_raw(self, kind: str, *frames: Mapping[str, Any]) -> None:
        """Twitch sends frames as they are, where the bot hears events of that kind. Returns when all are worked."""
        for frame in frames:
            await self._send_raw(kind, frame)
        await self.worked()

    async def _send_raw(self, kind: str, frame: Mapping[str, Any]) -> None:
        subscription = next(s for s in self.home.twitch.subscriptions.values() if s["type"] == kind)
        assert await self.home.twitch.sessions[session_of(subscription)].send(dict(frame))
        # What does not even say what it is never comes so far; the next frame is worked after it.
        with suppress(Unreadable):
            frame_of(frame)
            self.home.twitch.notified += 1

    async def worked(self) -> None:
        """Wait until all that was sent is worked."""
        async with asyncio.timeout(15):
            await self.bot.notifications.received(self.home.twitch.notified - self._already)
            await self.bot.settled()
            await self.bot.events.flush()
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
