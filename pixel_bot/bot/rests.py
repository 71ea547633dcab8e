"""Cooldowns of commands that cost nothing: for the same viewer, and for everybody."""

import functools
import weakref
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from pixel_bot.errors import ChatError
from pixel_bot.lru_cache import LruCache
from pixel_bot.texts import duration
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

REMEMBERED = 10_000
"""Viewers whose cooldown of one command is known. They are not stored: a restart ends them."""

Key = int | None
"""A viewer's id; None stands for everybody."""


class Resting(ChatError):
    """The command is on cooldown, for this viewer or for everyone; ``seconds`` are left."""

    def __init__(self, typed: str, seconds: float, *, everyone: bool) -> None:
        self.seconds = seconds
        words = later("You are on cooldown for {command}: {time} left.")
        if everyone:
            words = later("{command} is resting for everyone: {time} left.")
        super().__init__(_(words, command=typed, time=duration(seconds)))


class Rests:
    """The cooldowns of one command: seconds for the same viewer, and for everybody."""

    def __init__(self, name: str, own: float, everyone: float) -> None:
        if own < 0 or everyone < 0:
            raise ValueError(f"The command {name} has a cooldown below zero.")
        self._name = name
        self._own = own
        self._everyone = everyone
        self._ends: LruCache[Key, datetime] = LruCache(REMEMBERED)

    def begin(self, viewer: int, prefix: str, now: datetime) -> Callable[[], None]:
        """Begin them. Returns what takes that back.

        Raises:
            Resting: one of them runs.
        """
        kinds: tuple[tuple[Key, float], ...] = ((viewer, self._own), (None, self._everyone))
        before = [(key, self._ends.get(key)) for key, _ in kinds]
        for key, seconds in kinds:
            until = self._ends.get(key)
            # One that lasts longer than it can was begun by a clock that was set back since.
            if until is not None and 0 < (left := (until - now).total_seconds()) <= seconds:
                raise Resting(f"{prefix}{self._name}", left, everyone=key is None)
        for key, seconds in kinds:
            self._ends.put(key, now + timedelta(seconds=seconds))

        def take_back() -> None:
            for key, until in before:
                self._ends.put(key, until or now)

        return take_back


def with_cooldown(
    method: Callable[..., Awaitable[None]], name: str, own: float | str, everyone: float
) -> Callable[..., Awaitable[None]]:
    """The method of a command, which begins the cooldowns. One that fails, or refuses, begins none.

    Args:
        method: of the cog.
        name: of the command.
        own: seconds before the same viewer may use it again; or the name of the cog's setting that has them.
        everyone: seconds before anybody may.

    Raises:
        ValueError: a number is negative.
    """

    def new(cog: Any = None) -> Rests:
        seconds = own if not isinstance(own, str) else getattr(cog.config, own) if cog is not None else 0
        return Rests(name, seconds, everyone)

    new()
    of_cogs: weakref.WeakKeyDictionary[Any, Rests] = weakref.WeakKeyDictionary()

    @functools.wraps(method)
    async def run(cog: Any, ctx: Any, *args: Any, **kwargs: Any) -> None:
        if ctx.is_exempt:
            await method(cog, ctx, *args, **kwargs)
            return
        rests = of_cogs.get(cog) or of_cogs.setdefault(cog, new(cog))
        # Begun before it runs: of two at the same moment one is refused.
        take_back = rests.begin(ctx.viewer.id, ctx.bot.prefix, ctx.bot.clock.now())
        try:
            await method(cog, ctx, *args, **kwargs)
        except BaseException:
            take_back()
            raise

    return run
