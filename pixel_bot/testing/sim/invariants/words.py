"""What the bot says is durable when it says it, is said in time, and names no pause longer than there is."""

import asyncio
import re
from collections.abc import Callable
from typing import NamedTuple

from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.sandbox.twitch.session import SandboxSession
from pixel_bot.testing.sim.channel import Channel, Notified
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.facts import SURE_SECONDS, arrived
from pixel_bot.testing.sim.invariants.invariant import Invariant
from pixel_bot.testing.sim.invariants.violation import Violation
from pixel_bot.testing.sim.lives import Life

DONE = re.compile(r"\bAdded \d|\bRemoved \d|\bYou gave |points? now \(|for each of \d|\bUndone: |points? left\.$")
"""What says that something was changed."""

CHANGES = re.compile(r"!(points (add|remove|set)|give|undo|tts|sound|spin)\b")
ASKS = re.compile(r"!(points|top|rank|level|queue|cooldowns|history)( |$)")
RESTS = re.compile(r"You are on cooldown for (\w+): ([\ddhms ]+) left")
UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

ANSWER_SECONDS = 30.0
"""A question is answered within it while nothing goes wrong, unless chat is too busy for all answers."""

CALM_SECONDS = 120.0
MOST_A_SECOND = 0.5
GRACE_SECONDS = 65.0
REMEMBERED = 4_000
SET_BY_MODS = 30
"""Seconds: the longest pause that mods set, while those from before go on."""


class Asked(NamedTuple):
    """A message that somebody wrote, and when."""

    login: str
    text: str
    at: float


class Words(Invariant):
    """Listens to all that is said."""

    def __init__(self, channel: Channel, durable: Durable, report: Callable[[Violation], None]) -> None:
        super().__init__(channel, durable, report)
        self._asked: dict[str, Asked] = {}
        self._answered: dict[str, float] = {}
        """When the bot last spoke to somebody."""
        self._bought: dict[tuple[str, str], float] = {}
        """When somebody last asked for a redeem that they then got."""
        self._notices: list[str] = []
        self._notices_elsewhere: list[str] = []
        channel.when_said_elsewhere.append(self._hear_elsewhere)
        channel.when_delivered.append(self._on_delivered)

    def hear(self, message: SandboxMessage) -> None:
        """Somebody says something.

        Raises:
            Violation: it is the bot, and it may not say that.
        """
        now = asyncio.get_running_loop().time()
        if message.who.role != "bot":
            self._asked[message.id] = Asked(message.who.login, message.text, now)
            if len(self._asked) > REMEMBERED:
                del self._asked[next(iter(self._asked))]
            return
        for login in re.findall(r"@(\w+)", message.text):
            self._answered[login.lower()] = now
        asked = self._asked.get(message.reply_id or "")
        if " back" in message.text:
            # An answer names nobody: Twitch shows whom it answers.
            self._notices.append(f"{asked.login if asked is not None else ''} {message.text}".lower())
        if asked is None:
            return
        self._answered[asked.login] = now
        if message.reply_id and CHANGES.match(asked.text) and DONE.search(message.text):
            self._must_be_durable(message.reply_id, asked, message.text)
        self._check_rest(asked, message.text)

    def check_settled(self) -> None:
        """Once nothing goes wrong any more: whoever was given something back has read so.

        Raises:
            Violation: nobody told them.
        """
        query = (
            "SELECT DISTINCT u.platform_id, u.name, q.redeem FROM queue_items q JOIN users u ON u.id = q.user_id "
            "WHERE q.refunded_at IS NOT NULL AND q.cost > 0 AND u.platform = 'twitch' "
            "AND COALESCE(q.message_id, '') NOT LIKE 'joystick:%'"
        )
        for person, login, redeem in self._durable.rows(query):
            # Whoever was renamed since had another name then, which began with the first one.
            who = self._channel.twitch.users.by_id(person)
            names = {login, who.first_login, who.name.lower()} - {""} if who is not None else {login}
            if not any("everything" in text or any(name in text for name in names) for text in self._notices):
                raise Violation(f"{login} was given the points for {redeem} back, and nobody said so.")

        self._check_told_elsewhere()

    def _hear_elsewhere(self, text: str) -> None:
        if " back" in text:
            self._notices_elsewhere.append(text.lower())

    def _check_told_elsewhere(self) -> None:
        query = (
            "SELECT DISTINCT q.user_id, q.redeem FROM queue_items q WHERE q.refunded_at IS NOT NULL AND q.cost > 0 "
            "AND q.user_id IS NOT NULL AND q.message_id LIKE 'joystick:%'"
        )
        for user, redeem in self._durable.rows(query):
            # Those who were linked since had another name then.
            names = self._durable.names(user)
            if not any("everything" in text or any(name in text for name in names) for text in self._notices_elsewhere):
                names_shown = ", ".join(sorted(names))
                raise Violation(f"{names_shown} was given the points for {redeem} back, and Joystick.tv heard nothing.")

    def _must_be_durable(self, message_id: str, asked: Asked, answer: str) -> None:
        if not self._durable.value("SELECT 1 FROM events WHERE id = ?", message_id):
            raise Violation(f"The bot says {answer!r} to {asked.text!r} of {asked.login}, and it is not durable.")
        redeem = asked.text[1:].split()[0]
        if answer.endswith("left.") and redeem in {"tts", "sound", "spin"}:
            self._bought[asked.login, redeem] = asked.at

    def _check_rest(self, asked: Asked, answer: str) -> None:
        """A pause lasts as long as it is set to, whatever the clocks say."""
        found = RESTS.search(answer)
        if found is None:
            return
        redeem = found[1]
        left = sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([dhms])", found[2]))
        length = self._durable.value("SELECT cooldown_s FROM redeems WHERE key = ?", redeem)
        bought = self._bought.get((asked.login, redeem))
        if length is not None and left > max(length, SET_BY_MODS):
            raise Violation(f"{asked.login} is told that {redeem} rests for {left} s; it rests for {length} s at most.")
        if length and bought is not None and asked.at - bought > length + GRACE_SECONDS:
            raise Violation(f"{asked.login} got {redeem} {asked.at - bought:.0f} s ago, and it is said to rest still.")

    # Answers come

    def _on_delivered(self, notified: Notified, life: Life, sessions: tuple[SandboxSession, ...]) -> None:
        if (
            notified.kind != "channel.chat.message"
            or notified.again
            or not ASKS.match(notified.event["message"]["text"])
        ):
            return
        now = asyncio.get_running_loop().time()
        login = notified.event["chatter_user_login"]
        loop = asyncio.get_running_loop()
        loop.call_later(SURE_SECONDS, self._if_arrived, login, life, sessions, now)

    def _if_arrived(self, login: str, life: Life, sessions: tuple[SandboxSession, ...], at: float) -> None:
        if arrived(life, sessions) and self._channel.is_running:
            asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._must_be_answered, login, life, at)

    def _must_be_answered(self, login: str, life: Life, at: float) -> None:
        if life.is_dead or self._channel.quiet.seconds() < CALM_SECONDS or self._is_busy(at):
            return
        if self._answered.get(login, -1.0) < at:
            self._report(Violation(f"{login} asked something {ANSWER_SECONDS:.0f} s ago, and was not answered."))

    def _is_busy(self, at: float) -> bool:
        """Whether more was asked than one account may answer."""
        recent = [asked for asked in self._asked.values() if asked.at >= at - ANSWER_SECONDS and asked.text[:1] == "!"]
        return len(recent) > 2 * ANSWER_SECONDS * MOST_A_SECOND
