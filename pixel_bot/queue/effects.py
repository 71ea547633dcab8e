"""Effects on the server that survive a restart: ``Run("name", {...})`` and the method marked ``@effect("name")``."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from pixel_bot.errors import EffectFailed
from pixel_bot.model.outcome import KEPT, Effect, Run, fields_of
from pixel_bot.model.people import Platform, Viewer
from pixel_bot.queue.attempt import Attempt
from pixel_bot.wording.texts import texts

_ = texts(__name__)


class Say(Protocol):
    """Sends a text to one platform's chat, as a reply where a message id is given, to the viewer of that name."""

    async def __call__(self, text: str, reply_to: str | None, platform: Platform, viewer: str = "", /) -> bool:
        """Returns whether chat took it."""
        ...


SAY_SECONDS = 600.0
"""How long an answer may wait for its turn in chat, beyond the timeout of its effect."""

MARK = "__pixel_effect__"


class Job:
    """What an effect's method gets: who bought it (None: nobody), and the arguments of its ``Run``."""

    def __init__(self, attempt: Attempt, viewer: Viewer | None, say: Say, begin: Callable[[], Awaitable[None]]) -> None:
        effect = attempt.item.effect
        self.viewer = viewer
        self.args: Mapping[str, Any] = effect.args if isinstance(effect, Run) else {}
        self.kept: Mapping[str, Any] = fields_of(attempt.item.payload).get(KEPT) or {}
        """What the redeem's ``on_buy`` returned."""
        self.timeout: asyncio.Timeout | None = None
        """The effect's, while it runs."""
        self.answered = False
        """True once chat has accepted the answer: from then on the item is done, whatever follows."""
        self._attempt = attempt
        self._say = say
        self._begin = begin

    @property
    def key(self) -> str:
        """What a transaction of the effect is for: ``bot.transaction(job.key, "joke")`` is done once for its item."""
        return f"item:{self._attempt.item.id}:{self._attempt.item.token}"

    async def say(self, text: str) -> None:
        """Answer in chat, where the answer is what was paid for.

        Once this begins, a crash leads to a refund and not to a second answer.

        Raises:
            EffectFailed: chat did not accept it.
        """
        await self._begin()
        item = self._attempt.item
        # A redemption is no message that could be replied to, and Joystick.tv has no replies.
        text = f"@{item.buyer} {text}" if item.redemption or item.platform != "twitch" else text
        with self._slow_chat_allowed():
            taken = await self._say(text, item.message_id, item.platform, item.buyer)
        if not taken:
            raise EffectFailed(_("Chat did not take the answer."))
        self.answered = True
        self._attempt.forbid_stop()

    @contextmanager
    def _slow_chat_allowed(self) -> Generator[None]:
        """The time in which an answer waits for its turn in chat does not count for the timeout of the effect."""
        timeout, loop = self.timeout, asyncio.get_running_loop()
        if timeout is None or (deadline := timeout.when()) is None:
            yield
            return
        began = loop.time()
        timeout.reschedule(deadline + SAY_SECONDS)
        try:
            yield
        finally:
            if not timeout.expired():
                timeout.reschedule(deadline + loop.time() - began)


Method = Callable[[Job], Coroutine[Any, Any, Effect | str | None]]


@dataclass(frozen=True, slots=True)
class EffectSpec:
    """An effect: its timeout in seconds, whether it is run again after a crash, whether mods can stop it."""

    name: str
    seconds: float
    again: bool
    stoppable: bool


def effect(name: str, *, seconds: float = 20.0, again: bool = True, stoppable: bool = True) -> Callable[[Any], Any]:
    """Decorator: the method makes ``Run(name, {...})`` happen. It gets a ``Job``.

    It may return a sentence, which its buyer gets in chat once the item is done, or another effect, which follows at no
    cost. An error (``EffectFailed`` or any other) and a timeout are refunded.

    Args:
        name: unique over all cogs.
        seconds: the timeout.
        again: whether it is run again after a crash in the middle; else it is refunded then.
        stoppable: False for work that cannot be cancelled once it began.

    Raises:
        TypeError: the method is not ``async``.
    """

    def wrap(method: Any) -> Any:
        if not inspect.iscoroutinefunction(method):
            raise TypeError(f"The effect {method.__qualname__} must be an async method.")
        setattr(method, MARK, EffectSpec(name, seconds, again, stoppable))
        return method

    return wrap


class Effects:
    """The effects of all loaded cogs, by name."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[EffectSpec, Method]] = {}
        self.failed: Callable[[object, str, Exception], None] = lambda _cog, _name, _error: None
        """Called for each effect that failed with what nobody foresaw, with its cog and its name."""

    def get(self, name: str) -> tuple[EffectSpec, Method] | None:
        """The effect of that name."""
        return self._known.get(name)

    def add(self, cog: object) -> None:
        """Register the effects of a cog.

        Raises:
            ValueError: another cog has one of that name; none is registered.
        """
        found = effects_of(cog)
        for spec, _ in found:
            if spec.name in self._known:
                raise ValueError(f"the effect {spec.name} exists already, in another cog")
        self._known |= {spec.name: (spec, method) for spec, method in found}

    def remove(self, cog: object) -> None:
        """Unregister the effects of a cog."""
        for spec, _ in effects_of(cog):
            self._known.pop(spec.name, None)


def effects_of(cog: object) -> list[tuple[EffectSpec, Method]]:
    """The methods of a cog that are marked with ``@effect``."""
    return [(spec, getattr(cog, name)) for name, spec in marks_of(type(cog), MARK)]


def marks_of(made_by: type[Any], mark: str) -> Sequence[tuple[str, Any]]:
    """The names of the methods of a cog class with a mark, and the mark's value of each.

    Those that a subclass has replaced by a method without the mark are left out.
    """
    known = _marks.setdefault(made_by, {})
    if mark not in known:
        names = {name for base in made_by.__mro__ for name, value in vars(base).items() if hasattr(value, mark)}
        methods = ((name, getattr(made_by, name)) for name in sorted(names))
        known[mark] = [(name, getattr(method, mark)) for name, method in methods if hasattr(method, mark)]
    return known[mark]


_marks: WeakKeyDictionary[type[Any], dict[str, Sequence[tuple[str, Any]]]] = WeakKeyDictionary()
"""What was found in each class, for it is asked for whenever a cog comes or goes."""
