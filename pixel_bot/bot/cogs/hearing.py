"""``@on``: which events a method of a cog hears."""

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
from twitchio.ext import commands

from pixel_bot.accounts.merge import Linked
from pixel_bot.configuration.cog_files import cog_name
from pixel_bot.model import channel_events
from pixel_bot.model.channel_events import ChannelEvent
from pixel_bot.model.event import Event
from pixel_bot.model.heard_chat import ChatMessage
from pixel_bot.model.obs_events import ObsConnected, ObsSceneChanged
from pixel_bot.model.stream_events import CommandsImported, CommandTyped, Redemption, StreamOffline, StreamOnline
from pixel_bot.points.levels import LevelUp
from pixel_bot.queue.effects import marks_of

MARK = "__pixel_on__"

Delivery = Literal["at_most_once", "at_least_once"]

M = TypeVar("M", bound=Callable[..., Any])

CHANNEL_EVENTS: tuple[type[ChannelEvent], ...] = tuple(
    kind for kind in vars(channel_events).values() if isinstance(kind, type) and issubclass(kind, ChannelEvent)
)

NOT_STORED: tuple[type[Event], ...] = (ChatMessage, CommandTyped, CommandsImported, ObsConnected, ObsSceneChanged)
"""What means nothing after a restart."""

EVENTS: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in (*NOT_STORED, *CHANNEL_EVENTS, StreamOnline, StreamOffline, Redemption, Linked, LevelUp)
}
"""Everything of ours that a cog can hear, by name."""

Key = type[Event] | str
"""What an event is known by: ours by their class, those of cogs by name, like ``slots.JackpotWon``.

A cog that is loaded anew has new classes, and those who listen to it are not.
"""


class Subscription(NamedTuple):
    """What a method hears: events of that key, if their fields have these values."""

    key: Key
    delivery: Delivery
    where: tuple[tuple[str, object], ...]


def on(event: type[Event] | str, *, delivery: Delivery = "at_most_once", **where: object) -> Callable[[M], M]:
    """Decorator: the method hears each such event once. ``@on(ChannelEvent)`` hears all kinds of it.

    Args:
        event: its class; or ``"slots.JackpotWon"``, the event of another cog by that cog's name and the class's name.
        delivery: ``at_least_once`` for what must not be lost over a restart: the event is stored until the method has
            returned, so the method may hear it again after a crash.
        where: values that fields of the event must have, like ``reward="Hydrate"``; case does not count.

    Raises:
        TypeError: there is no such event or field, or the method is not ``async``.
    """
    key = _key_of(event)
    if delivery not in {"at_most_once", "at_least_once"}:
        raise TypeError(f"delivery must be at_most_once or at_least_once, not {delivery!r}.")
    if delivery == "at_least_once" and (key in NOT_STORED or isinstance(key, str)):
        raise TypeError(f"{name_of(key)} is not stored. Leave delivery out.")
    if isinstance(event, type):
        _check_fields(event, where)
    subscription = Subscription(key, delivery, tuple((name, _plain(value)) for name, value in where.items()))

    def wrap(method: M) -> M:
        if not inspect.iscoroutinefunction(method):
            raise TypeError(f"{method.__qualname__} hears events, so it must be an async method.")
        setattr(method, MARK, (*getattr(method, MARK, ()), subscription))
        return method

    return wrap


def subscriptions_of(cog: object) -> Iterator[tuple[str, Callable[..., Any], Subscription]]:
    """What the methods of a cog class hear: the method's name, the bound method, and the subscription."""
    for name, subscriptions in marks_of(type(cog), MARK):
        for subscription in subscriptions:
            yield name, getattr(cog, name), subscription


def keys_of(kind: type[Event]) -> tuple[Key, ...]:
    """All keys by which an event of that class is heard: its own, and those of its bases."""
    return tuple(_key_of(base) for base in kind.__mro__ if issubclass(base, Event) and base is not Event)


def name_of(key: Key) -> str:
    """What a key is called."""
    return key if isinstance(key, str) else key.__name__


def fits(event: Event, where: tuple[tuple[str, object], ...]) -> bool:
    """Whether the fields of an event have these values."""
    return all(_plain(getattr(event, name, None)) == value for name, value in where)


def refuse_foreign_listeners(component: commands.Component) -> None:
    """TwitchIO's own listeners would be loaded, and never called.

    Raises:
        ComponentLoadError: the cog class has some; the sentence says what to use instead.
    """
    for name in component.__all_listeners__:
        raise commands.ComponentLoadError(instead_of(name))


def instead_of(listener: str) -> str:
    """What to say to one who uses a listener of TwitchIO, by its name, like ``event_stream_online``."""
    words = listener.removeprefix("event_").removeprefix("safe_").replace("_", "")
    near = "ChatMessage" if words == "message" else {name.lower(): name for name in EVENTS}.get(words, "")
    use = f"Use @on({near})." if near else "Use @on(...)."
    return f"{listener} is a listener of TwitchIO, which is never called here. {use} {_what_there_is()}"


def _what_there_is() -> str:
    return f"There is: {', '.join(sorted(EVENTS))}."


def _key_of(event: object) -> Key:
    if isinstance(event, str):
        words = event.split(".")
        if len(words) != 2 or not all(word.isidentifier() for word in words):
            raise TypeError(f"{event[:40]!r} is no event. {_what_there_is()} Those of a cog are named 'cog.Event'.")
        return event
    if not (isinstance(event, type) and issubclass(event, Event)) or event is Event:
        shown = event.__name__ if isinstance(event, type) else repr(event)[:40]
        raise TypeError(f"{shown} is no event. {_what_there_is()} A cog's own are classes of Event.")
    return event if event.__module__.startswith("pixel_bot.") else f"{cog_name(event.__module__)}.{event.__name__}"


def _check_fields(event: type[Event], where: Mapping[str, object]) -> None:
    if dataclasses.is_dataclass(event):
        fields = {field.name for field in dataclasses.fields(event)}
    elif issubclass(event, msgspec.Struct):
        fields = {"platform", "bits", "is_first", "is_guest", "text"}
    else:
        return
    for name in where:
        if name not in fields:
            raise TypeError(f"{event.__name__} has no field {name}. It has: {', '.join(sorted(fields))}.")


def _plain(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value
