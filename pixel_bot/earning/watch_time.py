"""Points for watching: everybody in chat when a slot of the stream ends earns for it, once.

Slots count from the stream's start, so that a restart neither begins a new one nor forgets the one before. What a slot
pays is claimed person by person, together with the points; the slot itself is claimed at last, when all have theirs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Literal, Protocol

from sqlalchemy.exc import DBAPIError

from pixel_bot.clock import EPOCH, Clock
from pixel_bot.db.engine import Database
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.errors import PixelError
from pixel_bot.model.people import Person
from pixel_bot.model.stream_state import Stream, check_when_due
from pixel_bot.points import processed_ids
from pixel_bot.points.ignore_list import IgnoreList
from pixel_bot.settings import Settings
from pixel_bot.texts import count

log = logging.getLogger(__name__)

CHUNK = 250
"""People paid in one go: ten thousand at once would hold up chat for as long as it takes to write them."""

RETRY_SECONDS = 30.0
LOOK_SECONDS = 60.0
"""The longest sleep: timers do not notice when the clock is set, or the machine slept."""

OFFLINE = "offline"

WatchRole = Literal["sub", "vip", "mod"]


class PresenceUnknown(PixelError):
    """The platform does not say right now who is in chat; the message says why."""


class Presence(Protocol):
    """The chatters of a platform. Both methods raise ``PresenceUnknown``."""

    async def here(self) -> Sequence[Person]:
        """Everybody who is in chat, each once."""
        ...

    async def roles(
        self, people: Sequence[Person], wanted: Collection[WatchRole]
    ) -> Mapping[str, AbstractSet[WatchRole]]:
        """Which of these roles they have, by platform id; who has none may be left out."""
        ...


@dataclass(frozen=True, slots=True)
class Slots:
    """Slots of equal length, one after another: number 1 ends one length after the start."""

    name: str
    start: datetime
    length: timedelta

    def ended(self, now: datetime) -> int:
        """The number of the slot that ended last; 0 or less before the first one has."""
        return (now - self.start) // self.length

    def seconds_left(self, number: int, now: datetime) -> float:
        """How long until that slot ends; at least 0."""
        return max(0.0, (self.start + number * self.length - now).total_seconds())


class WatchTime:
    """Pays for each slot.

    Args:
        settings: how much, how often, and for whom more.
        clock, stream: when it is, and whether the stream is on.
        database: where slots are claimed.
        pay: ``Awards.event``.
        presence: who is in chat.
        left_out: platform ids of those who never earn: the bot and the streamer.
        ignore_list: who else does not.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        stream: Stream,
        database: Database,
        pay: Callable[[EventAward], Awaitable[bool]],
        presence: Presence,
        left_out: Collection[str],
        ignore_list: IgnoreList,
    ) -> None:
        self._clock = clock
        self._stream = stream
        self._database = database
        self._pay = pay
        self._presence = presence
        self._left_out = frozenset(left_out)
        self._ignore_list = ignore_list
        self._amount = settings.points_watch_amount
        self._xp = settings.xp_watch_amount
        self._length = timedelta(minutes=settings.points_watch_minutes)
        self._offline = settings.points_watch_offline
        self._roles_asked = wanted_roles(settings)
        self._by_role = {role: floor(self._amount * factor) for role, factor in _factors(settings).items()}
        self._passed: tuple[str, int] | None = None
        self._failing = False

    async def run(self) -> None:
        """Pay slot after slot, until cancelled. A slot that was begun is completed after the next start."""
        await check_when_due(self._stream, self.look)

    async def look(self) -> float | None:
        """Pay the slot that ended last, unless it is paid; older ones are gone.

        Returns:
            The seconds until the next call; None when nothing can be earned until the stream goes on.
        """
        slots = self._slots()
        if slots is None:
            self._passed = None
            return None
        number = slots.ended(self._clock.now())
        retry = self._is_due(slots, number) and not await self._try_to_pay(slots.name, number)
        left = slots.seconds_left(max(number, 0) + 1, self._clock.now())
        return min(left, RETRY_SECONDS if retry else LOOK_SECONDS)

    def _slots(self) -> Slots | None:
        if not self._amount:
            return None
        if (live := self._stream.now) is not None:
            return Slots(live.id, live.since, self._length)
        return Slots(OFFLINE, EPOCH, self._length) if self._offline else None

    def _is_due(self, slots: Slots, number: int) -> bool:
        """Also keeps in mind what must not be paid: each slot comes once, and a clock that is set makes none of them.

        Offline time is paid from the first end that the bot lives to see: whether the stream was on at the one before,
        nobody knows.
        """
        if self._passed is None or self._passed[0] != slots.name:
            self._passed = (slots.name, number if slots.name == OFFLINE else 0)
        elif number < self._passed[1]:
            self._passed = (slots.name, max(number, 0))
        return number > self._passed[1]

    async def _try_to_pay(self, name: str, number: int) -> bool:
        """Pay a slot. Returns False when it must be tried again."""
        try:
            await self._pay_slot(f"watch:{name}:{number}")
        except (PresenceUnknown, DBAPIError) as exc:
            if not self._failing:
                why = f"The database cannot be used ({exc.orig})." if isinstance(exc, DBAPIError) else exc
                log.warning("Watch time cannot be paid right now. %s It is tried again every 30 seconds.", why)
            self._failing = True
            return False
        if self._failing:
            log.info("Watch time is paid again.")
        self._failing = False
        self._passed = (name, number)
        return True

    async def _pay_slot(self, slot: str) -> None:
        if await self._is_paid(slot):
            return
        await self._ignore_list.refresh()
        people = [p for p in await self._presence.here() if self._may_earn(p)]
        due = await self._worth(people)
        paid = 0
        for first in range(0, len(due), CHUNK):
            paid += await self._pay_some(slot, due[first : first + CHUNK])
        async with self._database.write() as session:
            await processed_ids.claim(session, [processed_ids.ProcessedId(slot, "watch", 0, 0, self._clock.now())])
        log.info("Watch time: %s earned points.", count(paid, "viewer"))

    async def _is_paid(self, slot: str) -> bool:
        async with self._database.readers() as session:
            return bool(await processed_ids.awards_of(session, [slot]))

    async def _pay_some(self, slot: str, due: Sequence[tuple[Person, int]]) -> int:
        """Returns how many had not been paid before. Those who cannot be paid are logged by the awards."""
        now = self._clock.now()
        awards = [
            EventAward(f"{slot}:{p.platform}:{p.platform_id}", "watch", p, points, self._xp, now) for p, points in due
        ]
        results = await asyncio.gather(*(self._pay(award) for award in awards), return_exceptions=True)
        return sum(result is True for result in results)

    async def _worth(self, people: Sequence[Person]) -> list[tuple[Person, int]]:
        """What each of them earns; who earns nothing is left out."""
        if not (people and self._roles_asked):
            return [(p, self._amount) for p in people]
        roles = await self._presence.roles(people, self._roles_asked)
        return [(p, points) for p in people if (points := self._points(roles.get(p.platform_id, ())))]

    def _may_earn(self, person: Person) -> bool:
        """Not the bot, the streamer, or ignored people. Who is put on the list meanwhile is left out by the awards."""
        return person.platform_id not in self._left_out and not self._ignore_list.now.has_person(person)

    def _points(self, roles: Collection[WatchRole]) -> int:
        return max(self._by_role[role] for role in roles) if roles else self._amount


def wanted_roles(settings: Settings) -> list[WatchRole]:
    """The roles that make a difference to what somebody earns, so that the platform must be asked who has them."""
    factors = _factors(settings)
    # Beside a role that earns less than nobody's, one with the factor 1 makes a difference, too.
    some_earn_less = min(factors.values()) < 1
    return [role for role, factor in factors.items() if factor > 1 or some_earn_less]


def _factors(settings: Settings) -> dict[WatchRole, Fraction]:
    """A factor is taken as it is written: 0.29."""
    return {
        "sub": Fraction(str(settings.points_watch_sub_factor)),
        "vip": Fraction(str(settings.points_watch_vip_factor)),
        "mod": Fraction(str(settings.points_watch_mod_factor)),
    }
