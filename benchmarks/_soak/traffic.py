"""The traffic of a soak: a chat of thousands, commands, events, and a note of all that must be paid for it."""

import asyncio
import random
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from _frames import WORDS, crowd
from _soak.bot import now

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.channel_points import RewardRefused
from pixel_bot.sandbox.twitch.double import SandboxMessage, TwitchDouble
from pixel_bot.sandbox.twitch.users import PERSONAS, STREAMER, SandboxUser

STEP_SECONDS = 0.01
BEFORE_SECONDS, AFTER_SECONDS = 10.0, 3.0
"""What was sent so shortly before a cut, or after it, may never have reached the bot."""

RECENT = 2_000
MOD = next(p for p in PERSONAS if p.role == "moderator")
SHARES: dict[str, float] = {
    "again": 2.0,
    "points": 0.3,
    "level": 0.15,
    "top": 0.05,
    "add": 0.15,
    "give": 0.2,
    "sound": 0.25,
    "native": 0.06,
    "follow": 0.2,
    "sub": 0.05,
    "resub": 0.05,
    "gift": 0.02,
    "cheer": 0.1,
    "raid": 0.01,
    "anonymous": 0.02,
    "delete": 0.05,
    "timeout": 0.02,
}
"""Out of a hundred messages; the rest is plain chat."""


@dataclass(slots=True)
class Due:
    """What an event must have paid. ``sure`` when the bot has heard it for certain."""

    kind: str
    points: int
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A notification, to be sent again."""

    kind: str
    event: frames.Json
    message_id: str
    at: datetime


class Traffic:
    """Sends, and notes."""

    def __init__(self, twitch: TwitchDouble, people: int, chance: random.Random) -> None:
        self.sent = 0
        self.again = 0
        self.due: dict[str, Due] = {}
        """By the id that the bot keeps of an event."""
        self.added: set[str] = set()
        """Numbers of additions that were answered, so that they must be there."""
        self.longest_deaf = 0.0
        self.deaf_times: list[float] = []
        self._twitch = twitch
        self._chance = chance
        self._people = [twitch.users.settle(person) for person in crowd(people)]
        self._weights = [1 / (20 + rank) for rank in range(people)]
        self._recent: deque[Sent] = deque(maxlen=RECENT)
        self._unsettled: deque[tuple[float, Due]] = deque()
        self._danger_until = 0.0
        self._deaf_since: float | None = None
        self._asked: dict[str, str] = {}
        self._numbers = 0
        self._kinds = [*SHARES, "chat"]
        self._shares = [*SHARES.values(), 100 - sum(SHARES.values())]
        twitch.listeners.add(self._on_line)

    def danger(self) -> None:
        """From this moment on, and shortly before it, a message may get lost on the way."""
        at = now()
        self._danger_until = at + AFTER_SECONDS
        while self._unsettled:
            sent_at, due = self._unsettled.pop()
            if sent_at < at - BEFORE_SECONDS:
                due.sure = True
        self._unsettled.clear()

    async def run(self, rate: int, seconds: float) -> None:
        """Send so many messages a second, for so long."""
        began = now()
        sent = 0
        while (passed := now() - began) < seconds:
            for _ in range(int(passed * rate) - sent):
                sent += 1
                await self._send_one()
            self._settle()
            await asyncio.sleep(STEP_SECONDS)

    async def quiet(self, seconds: float) -> None:
        """Only a message a second, so that it shows whether the bot hears."""
        until = now() + seconds
        while now() < until:
            await self._chat(self._somebody(), "quiet here")
            self._settle()
            await asyncio.sleep(1)

    def end(self) -> None:
        """All has been sent, and there was time to work it."""
        while self._unsettled:
            self._unsettled.popleft()[1].sure = True
        self._twitch.listeners.discard(self._on_line)

    def _settle(self) -> None:
        while self._unsettled and self._unsettled[0][0] < now() - BEFORE_SECONDS:
            self._unsettled.popleft()[1].sure = True

    async def _send_one(self) -> None:
        self.sent += 1
        (kind,) = self._chance.choices(self._kinds, self._shares)
        if kind == "chat":
            words = " ".join(self._chance.choices(WORDS, k=self._chance.randint(1, 12)))
            await self._chat(self._somebody(), words)
            return
        work: Callable[[], Awaitable[None]] = getattr(self, f"_send_{kind}")
        await work()

    def _somebody(self) -> SandboxUser:
        return self._chance.choices(self._people, self._weights)[0]

    async def _chat(self, who: SandboxUser, words: str) -> str:
        at, message_id = datetime.now(UTC), secrets.token_hex(16)
        event = frames.chat_message(who, words, message_id)
        event["badges"] = frames.badges(self._twitch.users.badges_of(who))
        self._twitch.present.add(who)
        reached = await self._notify(Sent("channel.chat.message", event, message_id, at))
        self._note_hearing(reached)
        return message_id

    async def _notify(self, sent: Sent) -> int:
        self._recent.append(sent)
        return await self._twitch.notify(sent.kind, sent.event, sent.message_id, sent.at)

    def _note_hearing(self, reached: int) -> None:
        if not reached:
            self._deaf_since = self._deaf_since or now()
        elif self._deaf_since is not None:
            deaf = now() - self._deaf_since
            self.deaf_times.append(deaf)
            self.longest_deaf = max(self.longest_deaf, deaf)
            self._deaf_since = None

    async def _event(self, kind: str, event: frames.Json, pays: tuple[str, int], event_id: str = "") -> None:
        message_id = secrets.token_hex(16)
        due = self.due.setdefault(event_id or message_id, Due(*pays))
        if await self._notify(Sent(kind, event, message_id, datetime.now(UTC))) and now() > self._danger_until:
            self._unsettled.append((now(), due))

    # One for each share

    async def _send_again(self) -> None:
        if self._recent:
            self.again += 1
            sent = self._chance.choice(self._recent)
            await self._twitch.notify(sent.kind, sent.event, sent.message_id, sent.at)

    async def _send_points(self) -> None:
        await self._chat(self._somebody(), "!points")

    async def _send_level(self) -> None:
        await self._chat(self._somebody(), "!level")

    async def _send_top(self) -> None:
        await self._chat(self._somebody(), "!top")

    async def _send_add(self) -> None:
        self._numbers += 1
        message_id = await self._chat(MOD, f"!points add @{self._somebody().login} 1 number {self._numbers}")
        self._asked[message_id] = str(self._numbers)

    async def _send_give(self) -> None:
        await self._chat(self._somebody(), f"!give @{self._somebody().login} 1")

    async def _send_sound(self) -> None:
        await self._chat(self._somebody(), "!sound ding")

    async def _send_native(self) -> None:
        ours = [r.id for r in self._twitch.points.rewards.values() if r.client_id]
        if ours:
            try:
                await self._twitch.redeem(self._somebody(), self._chance.choice(ours), "ding")
            except RewardRefused:
                return

    async def _send_follow(self) -> None:
        who = self._somebody()
        event = frames.follow(who, datetime.now(UTC))
        await self._event("channel.follow", event, ("follow", 50), f"follow:twitch:{who.id}")

    async def _send_sub(self) -> None:
        await self._event("channel.subscribe", frames.subscribe(self._somebody()), ("sub", 200))

    async def _send_resub(self) -> None:
        event = frames.resub(self._somebody(), self._chance.randint(2, 60))
        await self._event("channel.subscription.message", event, ("sub", 200))

    async def _send_gift(self) -> None:
        total = self._chance.choice((1, 1, 5, 10, 50))
        await self._event("channel.subscription.gift", frames.gift(self._somebody(), total), ("gift", 200 * total))
        for _ in range(total):
            await self._event("channel.subscribe", frames.subscribe(self._somebody(), gift=True), ("sub", 0))

    async def _send_cheer(self) -> None:
        bits = self._chance.randint(1, 500)
        await self._event("channel.bits.use", frames.bits_use(self._somebody(), bits), ("cheer", bits))

    async def _send_raid(self) -> None:
        event = frames.raid(self._somebody(), self._chance.randint(1, 5_000))
        await self._event("channel.raid", event, ("raid", 100))

    async def _send_anonymous(self) -> None:
        await self._event("channel.bits.use", frames.bits_use(None, 100), ("cheer", 0))

    async def _send_delete(self) -> None:
        recent: Sequence[Sent] = [s for s in tuple(self._recent)[-50:] if s.kind == "channel.chat.message"]
        if recent:
            event = recent[-1].event
            author = self._twitch.users.by_id(event["chatter_user_id"]) or STREAMER
            await self._twitch.emit("channel.chat.message_delete", frames.message_delete(author, event["message_id"]))

    async def _send_timeout(self) -> None:
        await self._twitch.time_out(self._somebody())

    def _on_line(self, line: SandboxMessage) -> None:
        number = self._asked.pop(line.reply_id or "", None)
        if number is not None and line.text.startswith("Added"):
            self.added.add(number)
