"""Which chat messages earn something: one award when at least the cooldown has passed since the last one.

Time is that of the message itself, in whole microseconds, so a replay at any speed or a late delivery decides as live
chat did. In front of the table stands a look-up in memory, because in a big chat most messages earn nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import GRACE, from_micros, micros
from pixel_bot.db.direct import run
from pixel_bot.db.json_rows import fold, unfold
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.people import Person
from pixel_bot.points.cooldowns import CHAT, XP, begin_all
from pixel_bot.points.ignore_list import Ignored
from pixel_bot.points.upsert_viewers import KnownAccount

REMEMBERED = 20_000
RECENT = 30 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class ChatRules:
    """Amounts, and cooldowns in seconds, of the two awards for chat."""

    points: int
    points_cooldown: int
    xp: int
    xp_cooldown: int


class Decision(NamedTuple):
    """What one message earns."""

    message: ChatMessage
    user_id: int
    at: datetime
    points: int
    xp: int


Chatter = tuple[int, int, int, tuple[str, str]]
"""User id, until when points and XP pause, login and display name. A bare tuple: the garbage collector skips those."""

SHOWN_AS = 3


class ChatGate:
    """Remembers until when each chatter of late is on cooldown, and who wrote in the last 30 minutes."""

    def __init__(self, rules: ChatRules, now: Callable[[], int], *, shared: bool = False) -> None:
        """``now`` is the present moment in microseconds since 1970."""
        self.rules = rules
        self.now = now
        self.shared = shared
        """True when other processes award, too: then only the table knows who is on cooldown."""
        self._pays_points = rules.points > 0
        self._pays_xp = rules.xp > 0
        self.pays = self._pays_points or self._pays_xp
        """Whether chat earns anything at all."""
        self.chatters: LruCache[str, Chatter] = LruCache(REMEMBERED)
        self.ignored: dict[str, str] = {}
        """The logins of ignored people who chatted, by key. Under another login, the table is asked again."""
        self.generation = 0
        """Counts how often everything was forgotten."""
        self._heard: dict[str, int] = {}
        self._prune_at = 1_000

    def is_closed_for(self, message: ChatMessage) -> bool:
        """True when the message surely earns nothing. False means: ask the table."""
        key, at = message.key, message.at
        if key in self.ignored and self.ignored[key] == message.login:
            return True
        self._heard[key] = at
        if len(self._heard) >= self._prune_at:
            self._prune(at)
        chatter = self.chatters.get(key)
        if chatter is None:
            return not (self._pays_points or self._pays_xp)
        _, points_until, xp_until, _ = chatter
        return not ((self._pays_points and at >= points_until) or (self._pays_xp and at >= xp_until))

    def authors_since(self, moment: int) -> list[str]:
        """Keys of the people who wrote since that moment (microseconds), at most 30 minutes back."""
        return [key for key, at in self._heard.items() if at >= moment]

    def forget(self) -> None:
        """Ask the table anew: cooldowns or the ignore list were changed there, or accounts were linked."""
        self.chatters.clear()
        self.ignored.clear()
        self.generation += 1

    def _prune(self, now: int) -> None:
        self._heard = {key: at for key, at in self._heard.items() if at >= now - RECENT}
        self._prune_at = max(1_000, 2 * len(self._heard))


class ChatRound:
    """The decisions of one transaction. Nothing is remembered before ``confirm``, so a rollback leaves no trace."""

    def __init__(self, gate: ChatGate, messages: Sequence[ChatMessage]) -> None:
        self._gate = gate
        self._rules = gate.rules
        self._messages = messages
        self._chatters: dict[str, Chatter] = {}
        self._until: dict[int, tuple[int, int]] = {}
        self._linked: set[str] = set()
        self._ignored: set[str] = set()
        self._generation = gate.generation
        strangers: dict[str, Person] = {}
        for message in messages:
            key = message.key
            if key in self._chatters or key in strangers:
                continue
            chatter = gate.chatters.get(key)
            if chatter is None or gate.shared or chatter[SHOWN_AS] != (message.login, message.display_name):
                strangers[key] = message.person
            else:
                self._chatters[key] = chatter
        self._strangers = strangers

    def concerns(self, key: str) -> bool:
        """True when one of the messages is that person's."""
        return key in self._chatters or key in self._strangers

    @property
    def strangers(self) -> list[Person]:
        """People whose row and cooldowns must be looked up first."""
        return list(self._strangers.values())

    async def learn(self, session: AsyncSession, known: Mapping[Person, KnownAccount]) -> None:
        """Take note of the strangers' accounts, and read their cooldowns."""
        if not self._strangers:
            return
        source = unfold(session, {"user_id": "bigint"})
        done = await run(
            session,
            f"SELECT c.user_id, c.key, c.expires_at FROM {source} JOIN cooldowns c ON c.user_id = row.user_id "
            f"WHERE c.key IN ('{CHAT}', '{XP}')",
            {"rows": fold([(user,) for user in {known[p].id for p in self._strangers.values()}])},
        )
        latest = self._latest_ends()
        # A pause that ends later was begun by a clock that was set back since, or by a message from the future.
        until = {(user, kind): end for user, kind, at in done.rows if (end := micros(read_stamp(at))) <= latest[kind]}
        for key, person in self._strangers.items():
            user, _, linked = known[person]
            if linked:
                self._linked.add(key)
            shown_as = (person.login, person.display_name)
            self._chatters[key] = (user, until.get((user, CHAT), 0), until.get((user, XP), 0), shown_as)

    def _latest_ends(self) -> dict[str, int]:
        """When a pause that begins now ends, by its kind, with the grace that clocks have."""
        now = self._gate.now() + GRACE // timedelta(microseconds=1)
        return {
            CHAT: now + self._rules.points_cooldown * 1_000_000,
            XP: now + self._rules.xp_cooldown * 1_000_000,
        }

    def leave_out(self, ignored: Ignored, known: Mapping[Person, KnownAccount]) -> None:
        """Let ignored people earn nothing. Call it after ``learn``, with the list as the transaction sees it."""
        names = {key: known[person].name for key, person in self._strangers.items()}
        self._ignored = {
            key for key, (user_id, *_) in self._chatters.items() if ignored.has(user_id, names.get(key, ""))
        }

    def decide(self, gave: Mapping[str, tuple[int, int]]) -> list[Decision]:
        """What the messages earn, in their order.

        Args:
            gave: points and XP by id of messages that were worked before. They earn nothing, but what they gave then
                starts its cooldown.
        """
        rules = self._rules
        points_pause, xp_pause = rules.points_cooldown * 1_000_000, rules.xp_cooldown * 1_000_000
        # By user, not by key: who is linked may write under two, and has one cooldown.
        until: dict[int, tuple[int, int]] = {}
        seen: set[str] = set()
        decisions: list[Decision] = []
        for message in self._messages:
            at, message_id = message.at, message.id
            if message_id in seen or message.key in self._ignored:
                continue
            user_id, points_until, xp_until, _ = self._chatters[message.key]
            points_until, xp_until = until.get(user_id) or (points_until, xp_until)
            earlier = gave.get(message_id)
            if earlier is None:
                points = rules.points if at >= points_until else 0
                xp = rules.xp if at >= xp_until else 0
                if not (points or xp):
                    continue
                decisions.append(Decision(message, user_id, from_micros(at), points, xp))
            else:
                points, xp = earlier
            seen.add(message_id)
            until[user_id] = (
                max(points_until, at + points_pause) if points and points_pause else points_until,
                max(xp_until, at + xp_pause) if xp and xp_pause else xp_until,
            )
        self._until = until
        return decisions

    async def keep(self, session: AsyncSession) -> None:
        """Write the cooldowns that the last ``decide`` set."""
        rows: list[tuple[int, str, str, str]] = []
        pauses = (CHAT, self._rules.points_cooldown), (XP, self._rules.xp_cooldown)
        for user, ends in self._until.items():
            rows += [
                (user, key, stamp(from_micros(end)), stamp(from_micros(end - pause * 1_000_000)))
                for (key, pause), end in zip(pauses, ends, strict=True)
                if end
            ]
        await begin_all(session, rows)

    def confirm(self) -> None:
        """The transaction is durable: remember it. Who is linked is asked for anew each time.

        What they earn on the other platform would not be seen under the key of this one.
        """
        if self._generation != self._gate.generation:
            return  # what was read may have been changed since
        self._gate.ignored |= {key: self._chatters[key][SHOWN_AS][0] for key in self._ignored}
        for key, chatter in self._chatters.items():
            if key in self._linked or key in self._ignored:
                continue
            user_id, points_until, xp_until, shown_as = chatter
            points_until, xp_until = self._until.get(user_id, (points_until, xp_until))
            self._gate.chatters.put(key, (user_id, points_until, xp_until, shown_as))
