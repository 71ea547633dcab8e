"""Thanks in chat for follows, subs, gifts, cheers, tips and raids: one line for all that comes within two seconds.

Follows cost nothing, so somebody may send them by the thousand: after three lines of follows in a row there is one in
30 seconds, for all who came meanwhile. Whatever happens, no more is kept than some names and numbers for each kind.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from pixel_bot.plugin import (
    ChannelEvent,
    Cheer,
    Follow,
    Gift,
    HypeTrain,
    Person,
    Raid,
    Sub,
    Tip,
    Upgrade,
    WatchStreak,
    fit,
    joined,
    number,
    texts,
    visible,
)

from .settings import Settings

_ = texts(__name__)

GATHER_SECONDS = 2.0
PACE_SECONDS = 30.0
LINES_IN_A_ROW = 3

MAX_NAMES = 5
MAX_KNOWN = 1_000
"""People of one line who are told apart. Beyond, each one who comes counts as one more."""

NAME_LENGTH = 40

Kind = Literal["follow", "sub", "upgrade", "gift", "cheer", "raid", "streak", "tip", "hype_train"]

KINDS: tuple[Kind, ...] = get_args(Kind)

ORDERS = ("/", ".", "!")
"""What begins a command of Twitch's own, or mostly of another bot's in the same chat; beside our own prefix."""

MARK, OTHER_MARK = "· ", "- "


class Timers(Protocol):
    """The part of an event loop that is needed."""

    def time(self) -> float:
        """Seconds, from whenever."""
        ...

    def call_at(self, when: float, callback: Callable[[Kind], None], kind: Kind, /) -> object:
        """Call back at that time."""
        ...


@dataclass(slots=True)
class Burst:
    """What is gathered for one line."""

    names: list[str] = field(default_factory=lambda: list[str]())
    nameless: bool = False
    people: int = 0
    total: int = 0
    highest: int = 0
    months: int = 1
    _known: set[str] = field(default_factory=lambda: set[str]())

    def add(self, person: Person | None, amount: int, months: int) -> None:
        """One more; the same person again only adds to the sum."""
        self.total += amount
        self.highest = max(self.highest, amount)
        self.months = max(self.months, months)
        if person is None:
            self.nameless = True
        elif (key := f"{person.platform}:{person.platform_id}") not in self._known:
            self.people += 1
            if len(self._known) < MAX_KNOWN:
                self._known.add(key)
            if len(self.names) < MAX_NAMES:
                self.names.append(shown(person))


class ChannelThanks:
    """Hears what happens in one channel, and says thank you there.

    Args:
        settings: the templates; an empty one says nothing.
        prefix: what commands begin with.
        say: says a line in chat; never raises.
        seconds: how long the first of a kind waits for more.
        timers: the running event loop, unless a test has its own.
    """

    def __init__(
        self,
        settings: Settings,
        prefix: str,
        say: Callable[[str], Awaitable[object]],
        *,
        seconds: float = GATHER_SECONDS,
        timers: Timers | None = None,
    ) -> None:
        self._templates: dict[Kind, str] = {kind: _.of_source(getattr(settings, kind)) for kind in KINDS}
        self._prefix = prefix
        self._say = say
        self._seconds = seconds
        self._timers = timers
        self._bursts: dict[Kind, Burst] = {}
        self._owed_until = float("-inf")
        self._tasks: set[asyncio.Task[None]] = set()

    def on_event(self, channel_event: ChannelEvent) -> None:
        """Something happened, and was paid; call it once for each. Needs a running event loop."""
        found = _reading(channel_event)
        if found is None or not self._templates[found[0]]:
            return
        kind, amount, months = found
        if kind not in self._bursts:
            self._bursts[kind] = Burst()
            timers = self._timers or asyncio.get_running_loop()
            timers.call_at(self._due(kind, timers.time()), self._speak, kind)
        self._bursts[kind].add(channel_event.person, amount, months)

    async def close(self) -> None:
        """Say what is gathered, and wait until it is said."""
        for kind in tuple(self._bursts):
            self._speak(kind)
        await self.idle()

    async def idle(self) -> None:
        """Wait until what was begun to be said is said."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _due(self, kind: Kind, now: float) -> float:
        """When the next line comes. Each line of follows owes 30 seconds of silence; three lines may owe at once."""
        due = now + self._seconds
        if kind != "follow":
            return due
        due = max(due, self._owed_until - (LINES_IN_A_ROW - 1) * PACE_SECONDS)
        self._owed_until = max(self._owed_until, due) + PACE_SECONDS
        return due

    def _speak(self, kind: Kind) -> None:
        # A timer can come after ``close`` has said it.
        if (burst := self._bursts.pop(kind, None)) is not None:
            task = asyncio.get_running_loop().create_task(self._tell(self._words(kind, burst)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, text: str) -> None:
        await self._say(text)

    def _words(self, kind: Kind, burst: Burst) -> str:
        somebody = _("an anonymous gifter") if kind == "gift" else _("somebody")
        names = [*burst.names, *([somebody] if burst.nameless else [])]
        values = {
            "user": listed(names, burst.people - len(burst.names)),
            "count": _counted(kind, burst),
            "months": number(burst.months),
            "prefix": self._prefix,
        }
        # In one go: a name that looks like a field is not filled in again.
        text = re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], ""), self._templates[kind])
        if names == [somebody] and text.startswith(somebody):
            text = text[0].upper() + text[1:]
        return harmless(fit(text), self._prefix)


def _counted(kind: Kind, burst: Burst) -> str:
    """The sum; streaks and levels have none."""
    match kind:
        case "streak":
            most = _("{n} stream", "{n} streams", n=burst.highest)
            return _("up to {most}", most=most) if burst.people > 1 else most
        case "hype_train":
            return number(burst.highest)
        case "follow":
            return _("{n} follower", "{n} followers", n=burst.total)
        case "cheer":
            return _("{n} bit", "{n} bits", n=burst.total)
        case "raid":
            return _("{n} viewer", "{n} viewers", n=burst.total)
        case "tip":
            return _("{n} token", "{n} tokens", n=burst.total)
        case _:
            return _("{n} sub", "{n} subs", n=burst.total)


def _reading(channel_event: ChannelEvent) -> tuple[Kind, int, int] | None:
    """Its kind, the amount that counts, and the months; None for what is not thanked for.

    Who was given a sub is not named: the giver's line says it.
    """
    match channel_event:
        case Follow():
            return "follow", 1, 1
        case Sub(gifted=False, months=months):
            return "sub", 1, months
        case Upgrade():
            return "upgrade", 1, 1
        case Gift(total=total):
            return "gift", total, 1
        case Cheer(bits=bits):
            return "cheer", bits, 1
        case Raid(viewers=viewers):
            return "raid", viewers, 1
        case WatchStreak(streams=streams):
            return "streak", streams, 1
        case HypeTrain(phase="end", level=level):
            return "hype_train", level, 1
        case Tip(tokens=tokens):
            return "tip", tokens, 1
        case _:
            return None


def shown(person: Person) -> str:
    """The name as it is said: on one line, of a bearable length, and calling nobody else by an ``@``."""
    return _tame(person.display_name) or _tame(person.login) or _("somebody")


def _tame(name: str) -> str:
    return fit("".join(c for c in visible(name) if c.isprintable() and c != "@"), NAME_LENGTH)


def listed(names: Sequence[str], more: int) -> str:
    """``alice``, ``alice and bob``, ``alice, bob and 12 more``."""
    words = [*names, *([_("{n} more", n=more)] if more > 0 else [])]
    return joined(words) if words else ""


def harmless(text: str, prefix: str) -> str:
    """The text, with a mark in front where Twitch or a bot would take it for a command."""
    begins = visible(text)
    if not begins.startswith((*ORDERS, prefix)):
        return text
    return fit((OTHER_MARK if MARK.startswith(prefix) else MARK) + begins)
