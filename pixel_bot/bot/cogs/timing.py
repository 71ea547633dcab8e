"""``@every``, ``@daily`` and ``@scheduled``: when a method of a cog is called by itself."""

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from pixel_bot.clock import Clock, next_time
from pixel_bot.queue.effects import marks_of

EVERY, SCHEDULED = "__pixel_every__", "__pixel_scheduled__"

Missed = Literal["once", "skip"]
"""What becomes of a turn that was due while the bot was down: made up once, or not at all."""

LONGEST = timedelta(days=3_650)

M = TypeVar("M", bound=Callable[..., Any])

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class TimerSpec:
    """When a method has its turns: in an interval, or daily at a local time."""

    interval: timedelta | None
    at: str
    while_live: bool
    missed: Missed

    def after(self, moment: datetime) -> datetime:
        """The next turn after an aware moment."""
        return moment + self.interval if self.interval is not None else next_time(moment, self.at)

    @property
    def words(self) -> str:
        """For the log."""
        return f"every {self.interval}" if self.interval is not None else f"daily at {self.at}"


@dataclass(slots=True, eq=False)
class Timer:
    """A method of a cog that has turns. ``due`` is None while it waits for the stream."""

    cog: str
    name: str
    method: Callable[[], Awaitable[None]]
    spec: TimerSpec
    owner: object
    due: datetime | None = None
    runs: bool = False
    looked: bool = False
    """True once it is known whether a turn was missed while the bot was down."""

    @property
    def key(self) -> str:
        """Under which its last turn is stored."""
        return f"timer:{self.cog}.{self.name}"


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What ``bot.schedule`` was given, when its time has come.

    ``key`` is the same however often it is called: pay with ``bot.transaction(call.key, ...)``, and it pays once.
    """

    key: str
    name: str
    due_at: datetime
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])


def every(
    *, seconds: float = 0, minutes: float = 0, hours: float = 0, while_live: bool = False, missed: Missed = "skip"
) -> Callable[[M], M]:
    """Decorator: the method, which takes no arguments, is called again and again.

    The first turn comes one interval after the cog was loaded; with ``while_live``, after the stream began. A turn that
    comes while the last one still runs is left out. An error costs one turn.

    Args:
        seconds, minutes, hours: the interval is their sum, at least a second.
        while_live: only while the stream is on, on any platform.
        missed: ``once`` to make up for turns that were due while the bot was down, with one soon after the start.

    Raises:
        ValueError: the interval is shorter than a second.
        TypeError: the method is not ``async``.
    """
    interval = timedelta(seconds=seconds, minutes=minutes, hours=hours)
    if interval < timedelta(seconds=1):
        raise ValueError("@every needs seconds=, minutes= or hours=, at least one second in all.")
    return _marked(TimerSpec(interval, "", while_live, _checked(missed)))


def daily(at: str, *, while_live: bool = False, missed: Missed = "skip") -> Callable[[M], M]:
    """Decorator: the method, which takes no arguments, is called once a day.

    A time that the clock shows twice counts once, and so does one that it skips, an hour before or after.

    Args:
        at: the local time, like ``03:00``, as BACKUP_TIME.
        while_live: only if the stream is on then.
        missed: ``once`` to make up for a day whose time came while the bot was down, soon after the start.

    Raises:
        ValueError: there is no such time.
        TypeError: the method is not ``async``.
    """
    if not _TIME.fullmatch(at):
        raise ValueError(f"@daily needs a time from 00:00 to 23:59, and not {at[:20]!r}.")
    return _marked(TimerSpec(None, at, while_live, _checked(missed)))


def scheduled(name: str) -> Callable[[M], M]:
    """Decorator: the method does what ``bot.schedule(name, {...}, after=30)`` was asked for. It gets a ``Scheduled``.

    Args:
        name: unique over all cogs.

    Raises:
        TypeError: the method is not ``async``.
    """

    def wrap(method: M) -> M:
        _check(method)
        setattr(method, SCHEDULED, name)
        return method

    return wrap


def marked_with(mark: str, cog: object) -> Iterator[tuple[str, Callable[..., Any], Any]]:
    """The methods of a cog class with a mark: the method's name, the bound method, and the mark's value."""
    for name, value in marks_of(type(cog), mark):
        yield name, getattr(cog, name), value


def as_json(args: Mapping[str, Any]) -> str:
    """What was given to a schedule, as it is stored.

    Raises:
        ValueError: there is something in it that JSON does not know.
    """
    try:
        return json.dumps(dict(args), allow_nan=False)
    except TypeError as exc:
        raise ValueError(f"A schedule takes texts, numbers, lists and dictionaries alone: {exc}.") from None


def moment_of(clock: Clock, after: float | timedelta | None, at: datetime | None) -> datetime:
    """When something is due: so long after now, or at an aware moment.

    Raises:
        ValueError: neither or both are given, or it is no time that could come.
    """
    if (after is None) == (at is None):
        raise ValueError("Say either after= (seconds) or at= (an aware moment).")
    if at is not None:
        if at.tzinfo is None:
            raise ValueError("at= needs a time zone.")
        return at
    wait = after if isinstance(after, timedelta) else timedelta(seconds=after or 0)
    if not timedelta() <= wait <= LONGEST:
        raise ValueError("after= is the number of seconds from now, up to ten years.")
    return clock.now() + wait


def _marked(spec: TimerSpec) -> Callable[[M], M]:
    def wrap(method: M) -> M:
        _check(method)
        setattr(method, EVERY, spec)
        return method

    return wrap


def _checked(missed: Missed) -> Missed:
    if missed not in {"once", "skip"}:
        raise ValueError(f"missed must be once or skip, and not {missed!r}.")
    return missed


def _check(method: Any) -> None:
    if not inspect.iscoroutinefunction(method):
        raise TypeError(f"{method.__qualname__} is called by time, so it must be an async method.")
