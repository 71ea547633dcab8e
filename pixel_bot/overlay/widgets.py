"""Widgets: what stays on the overlay page, with a state that outlives a reload of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import recall, remember
from pixel_bot.overlay.art import Art

WIDGET = "widget"
"""The topic under which processes tell each other of new states."""

LARGEST_STATE = 100_000
"""Bytes of a state as JSON: every page gets it at each change."""


LONGEST_MESSAGE = 7_000
"""Bytes of a state that travels to other processes by itself: PostgreSQL's NOTIFY takes less than 8,000."""


@dataclass(frozen=True, slots=True)
class Widget:
    """Something that stays on the overlay: ``overlay/<name>.js`` of the cog exports ``show(stage, state)``.

    Attributes:
        name: unique over all cogs.
        durable: whether its state is kept over a restart of the bot.
    """

    name: str
    durable: bool = False


@dataclass(slots=True)
class _Shown:
    cog: str
    widget: Widget
    state: Any = None
    there: bool = True


class Widgets:
    """The widgets of all loaded cogs, and their states.

    Args:
        art: of the cogs.
        send: sends a message to every page.
    """

    def __init__(self, art: Art, send: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        self.database: Database | None = None
        """Where durable states are kept."""
        self.clean: Callable[[str], str] = lambda text: text
        """Takes blocked words out of what is shown."""
        self._art = art
        self._send = send
        self.publish: Callable[[str], None] = lambda _: None
        """Tells the other processes on the database of a new state, in a text for their ``on_published``."""
        self._known: dict[str, _Shown] = {}
        self._lock = asyncio.Lock()
        self._tasks = TaskGroup()

    async def add(self, cog: str, widgets: Sequence[Widget]) -> None:
        """A cog has these. One that it had before it was loaded anew keeps its state.

        Raises:
            ValueError: another cog has one of that name, or the module of one is missing; none is added.
        """
        for widget in widgets:
            there = self._known.get(widget.name)
            if there is not None and (there.there or there.cog != cog):
                raise ValueError(f"the widget {widget.name} exists already, in another cog")
            if self._art.module(cog, widget.name) is None:
                raise ValueError(f"the widget {widget.name} needs overlay/{widget.name}.js in the cog's folder")
        for widget in widgets:
            before = self._known.get(widget.name)
            state = before.state if before is not None else await self._stored(cog, widget)
            shown = self._known[widget.name] = _Shown(cog, widget, state)
            await self._send(self._message(shown))

    def remove(self, widgets: Sequence[Widget]) -> None:
        """A cog class has gone, perhaps to come back: what it showed stays until ``settle``."""
        for widget in widgets:
            if (shown := self._known.get(widget.name)) is not None:
                shown.there = False

    async def settle(self, cog: str) -> None:
        """A cog was loaded anew, or is gone: what did not come back leaves the pages."""
        for name, shown in tuple(self._known.items()):
            if shown.cog == cog and not shown.there:
                del self._known[name]
                await self._send(_gone(name))

    async def set(self, name: str, state: Any) -> None:
        """See ``Overlay.set``."""
        shown = self._known.get(name)
        if shown is None:
            raise ValueError(f"No loaded cog has a widget {name!r}. A cog says: widgets = [Widget({name!r})].")
        kept = _as_json(name, state)
        async with self._lock:
            # Kept before it is shown: what viewers have seen is not lost.
            if shown.widget.durable and self.database is not None:
                async with self.database.write() as session:
                    await remember(session, _key(shown.cog, shown.widget), kept.decode())
            if text := _published(shown.widget, kept):
                self.publish(text)
            shown.state = orjson.loads(kept)
            await self._send(self._message(shown))

    def on_published(self, text: str) -> None:
        """Another process has a new state, which our pages show, too."""
        self._tasks.spawn(self._take_over(text))

    async def _take_over(self, text: str) -> None:
        name, _, state = text.partition(" ")
        async with self._lock:
            shown = self._known.get(name)
            if shown is None:
                return  # that cog is not loaded here
            # What is durable is read: of several new states the last one counts, whichever message comes last.
            shown.state = await self._stored(shown.cog, shown.widget) if shown.widget.durable else orjson.loads(state)
            await self._send(self._message(shown))

    def names(self) -> list[str]:
        """Those that show something."""
        return [name for name, shown in self._known.items() if shown.state is not None]

    def messages(self) -> list[Mapping[str, Any]]:
        """What a page that opens has to show."""
        return [self._message(shown) for shown in self._known.values() if shown.state is not None]

    def _message(self, shown: _Shown) -> Mapping[str, Any]:
        path = self._art.module(shown.cog, shown.widget.name)
        if path is None or shown.state is None:
            return _gone(shown.widget.name)
        state = cleaned(shown.state, self.clean)
        address = self._art.address(shown.cog, path)
        return {"type": "widget", "name": shown.widget.name, "module": address, "state": state}

    async def _stored(self, cog: str, widget: Widget) -> Any:
        if not widget.durable or self.database is None:
            return None
        async with self.database.readers() as session:
            kept = await recall(session, _key(cog, widget))
        return None if kept is None else orjson.loads(kept)


def cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    """A value of JSON with all of its texts cleaned; the names of fields stay."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: cleaned(one, clean) for key, one in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [cleaned(one, clean) for one in cast(Sequence[Any], value)]
    return value


def _as_json(name: str, state: Any) -> bytes:
    try:
        kept = orjson.dumps(state)
    except TypeError as exc:
        raise ValueError(f"The state of the widget {name} is nothing that JSON can hold: {exc}.") from exc
    if len(kept) > LARGEST_STATE:
        raise ValueError(f"The state of the widget {name} is larger than {LARGEST_STATE:,} bytes.")
    return kept


def _published(widget: Widget, kept: bytes) -> str:
    """A durable state is in the database; another one travels with the message, as far as that holds it."""
    if widget.durable:
        return widget.name
    return f"{widget.name} {kept.decode()}" if len(kept) <= LONGEST_MESSAGE else ""


def _key(cog: str, widget: Widget) -> str:
    return f"widget:{cog}:{widget.name}"


def _gone(name: str) -> Mapping[str, Any]:
    return {"type": "widget", "name": name, "module": None, "state": None}
