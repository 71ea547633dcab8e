"""Every event of Twitch that the bot works, and what it changes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from pixel_bot.clock import Clock
from pixel_bot.model.people import Viewer
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.channel_points import Points
from pixel_bot.sandbox.twitch.eventsub import session_of
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from tests.harness.page_double import PageDouble, page_double
from tests.harness.twitch_harness import Harness, the_bot

ALICE = sandbox_user("alice", name="Alice")
BOB = sandbox_user("bob", name="Bob")
NOW = datetime.now(UTC)
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
            await self.bot.notifications.received(self.home.twitch.notified - self._already)
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
