"""``@filter``: methods of cogs that look at each chat message before it earns or starts anything."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from pixel_bot.queue.effects import marks_of

MARK = "__pixel_filter__"

LONGEST_TIMEOUT = 1_209_600.0
"""Seconds: Twitch's two weeks. https://dev.twitch.tv/docs/api/reference/#ban-user"""

M = TypeVar("M", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Allow:
    """What a filter returns for a message that it has nothing against. ``None`` says the same."""


@dataclass(frozen=True, slots=True)
class Block:
    """What a filter returns for a message that earns nothing, starts no command, and is heard by no cog.

    Attributes:
        reason: why; the platform shows it to who is timed out.
        delete: whether the message is deleted from chat, too.
        timeout: for how many seconds its author may not write; 0 for no timeout.

    Mods and the streamer are never deleted or timed out.
    """

    reason: str
    delete: bool = False
    timeout: float = 0

    def __post_init__(self) -> None:
        if not 0 <= self.timeout <= LONGEST_TIMEOUT:
            raise ValueError(f"timeout must be 0 to {LONGEST_TIMEOUT:.0f} seconds, not {self.timeout}.")


class ChatFilter(NamedTuple):
    """A method that filters."""

    order: int
    cog: str
    name: str
    method: Callable[[Any], Any]
    owner: object
    waits: bool
    """Whether it is ``async``, and may have to wait."""


# Fixed name: cogs write @filter(order=...). Nothing in this module needs the built-in of that name.
def filter(*, order: int = 100) -> Callable[[M], M]:  # noqa: A001
    """Decorator: the method sees each chat message before it earns or starts anything.

    The method gets a ``ChatMessage`` and returns None or ``Allow()``, or ``Block(reason, delete=..., timeout=...)``. A
    plain ``def`` costs no task; an ``async def`` may ask others, for two seconds at most.

    Args:
        order: filters with a lower one come first; the first that blocks decides.

    Raises:
        TypeError: ``order`` is no number.
    """
    if isinstance(order, bool) or not isinstance(order, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("Write @filter() or @filter(order=10), with brackets.")

    def wrap(method: M) -> M:
        setattr(method, MARK, order)
        return method

    return wrap


def filters_of(cog: str, component: object) -> Iterator[ChatFilter]:
    """The methods of a cog class that filter."""
    for name, order in marks_of(type(component), MARK):
        method = getattr(component, name)
        yield ChatFilter(order, cog, name, method, component, inspect.iscoroutinefunction(method))
