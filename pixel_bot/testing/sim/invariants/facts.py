"""Each fact is paid once: what reached a bot that lived on is paid in the end, and nothing else, and nothing twice."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from pixel_bot.sandbox.twitch.session import SandboxSession
from pixel_bot.settings import Settings
from pixel_bot.testing.sim.channel import Channel, Notified
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.invariant import Invariant
from pixel_bot.testing.sim.invariants.oracle import Oracle, receiver_of_gift
from pixel_bot.testing.sim.invariants.violation import Violation
from pixel_bot.testing.sim.lives import Life

SURE_SECONDS = 1.0
"""A connection that stands so much later has delivered what was sent over it."""

PAID_SECONDS = 60.0
"""Where nothing goes wrong with the disk, the machine and the process for so long, what arrived is paid."""

TOGETHER_SECONDS = 0.5
"""Twitch sends all events on one fact within it."""

HINDERED_BY = ("disk", "sleep")

Key = tuple[str, str, str]
Slot = tuple[Key, int, str]


@dataclass
class Fact:
    """Something that happened: which kinds of events told of it, since when, and whether one was sent to the bot."""

    points: int
    at: float
    sources: set[str] = field(default_factory=set[str])
    is_sent: bool = False


class Facts(Invariant):
    """Follows each event from Twitch to the ledger."""

    def __init__(self, channel: Channel, durable: Durable, report: Callable[[Violation], None]) -> None:
        super().__init__(channel, durable, report)
        self._settings: Settings = channel.settings
        self._oracle = Oracle(channel.settings)
        self._facts: dict[Key, list[Fact]] = defaultdict(list)
        self._slots: dict[str, Slot] = {}
        self._may: dict[tuple[str, str], int] = defaultdict(int)
        self._must: dict[Key, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._were_given: set[str] = set()
        channel.when_emitted.append(self._on_emitted)
        channel.when_sent.append(self._on_sent)
        channel.when_delivered.append(self._on_delivered)

    def check_paid(self, user: int, reason: str) -> None:
        """Points were just paid to somebody for a kind of facts: no more than there were.

        Raises:
            Violation: there were fewer.
        """
        if self._durable.value("SELECT platform FROM users WHERE id = ?", user) != "twitch":
            return  # Twitch tells nothing of them
        person = self._durable.person(user)
        paid, may = self._durable.paid[user, reason], self._may[reason, person]
        # Who is linked is paid here for what they do there, too.
        if paid > may and paid > may + self._durable.paid_elsewhere(reason):
            raise Violation(f"User {user} was paid {paid} points for {reason}, and Twitch told of {may}.")

    def _on_emitted(self, notified: Notified) -> None:
        """Twitch tells of a fact: of a new one, or by one more kind of event of one that has just happened."""
        told = self._oracle.told(notified.kind, notified.event)
        if (receiver := receiver_of_gift(notified.kind, notified.event)) is not None:
            self._were_given.add(receiver)
        if told is None:
            return
        now = asyncio.get_running_loop().time()
        key = told.kind, told.person, told.detail
        facts = self._facts[key]
        if not facts or now - facts[-1].at > TOGETHER_SECONDS or told.source in facts[-1].sources:
            facts.append(Fact(told.points, now))
        facts[-1].sources.add(told.source)
        self._slots[_slot_id(notified)] = key, len(facts) - 1, told.source

    def _on_sent(self, notified: Notified) -> None:
        slot = self._slots.get(_slot_id(notified))
        if slot is None:
            return
        key, number, _ = slot
        fact = self._facts[key][number]
        if not fact.is_sent:
            fact.is_sent = True
            self._may[key[0], key[1]] += fact.points

    def _on_delivered(self, notified: Notified, life: Life, sessions: tuple[SandboxSession, ...]) -> None:
        if _slot_id(notified) in self._slots:
            loop = asyncio.get_running_loop()
            loop.call_later(SURE_SECONDS, self._if_arrived, notified, life, sessions)

    def _if_arrived(self, notified: Notified, life: Life, sessions: tuple[SandboxSession, ...]) -> None:
        if arrived(life, sessions):
            asyncio.get_running_loop().call_later(PAID_SECONDS, self._must_be_paid, notified, life)

    def _must_be_paid(self, notified: Notified, life: Life) -> None:
        if life.is_dead:
            return
        quiet = self._channel.quiet.seconds(*HINDERED_BY)
        if quiet < PAID_SECONDS:
            asyncio.get_running_loop().call_later(PAID_SECONDS - quiet + 1, self._must_be_paid, notified, life)
            return
        key, number, source = self._slots[_slot_id(notified)]
        self._must[key][source].add(number)
        self._check_must(key)

    def _check_must(self, key: Key) -> None:
        kind, person, _ = key
        must = sum(self._least(one) for one in self._must if one[:2] == (kind, person))
        user = self._durable.user(person)
        if user is not None and self._durable.is_ignored(user):
            return
        paid = 0 if user is None else self._durable.paid[user, kind]
        if paid < must:
            self._report(Violation(f"{person} is owed {must} points for {kind}, and was paid {paid}."))

    def _least(self, key: Key) -> int:
        """What is owed at least. Of equal facts that are close in time, Twitch's events do not say which is which."""
        count = max(map(len, self._must[key].values()))
        if key[0] == "sub":
            count = 0 if key[1] in self._were_given else 1  # nobody pays twice for one month
        return count * self._facts[key][0].points


def arrived(life: Life, sessions: tuple[SandboxSession, ...]) -> bool:
    """Whether what was sent a while ago over one of these connections has surely reached the process.

    One whose machine sleeps has read nothing yet, and may give up the connection when it wakes.
    """
    return not (life.is_dead or life.is_suspended) and not any(session.ended.is_set() for session in sessions)


def _slot_id(notified: Notified) -> str:
    return f"{notified.kind} {notified.id}"
