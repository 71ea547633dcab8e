"""The overlay as the bot sees it: which pages are open, what one of them plays, and what it says to that.

Each effect plays on one page, under a token that is never used again. Pages remember tokens and acknowledge again, so
whatever was interrupted can be asked once more without playing twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from pixel_bot.clock import Clock

log = logging.getLogger(__name__)

RETURN_SECONDS = 7.0
"""How long a page that fell silent, or that an earlier run had, may take to come back: its longest back-off."""

State = Literal["started", "finished", "failed", "lost", "stopped"]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of an effect. ``seconds`` is its length where the page knows it; ``reason`` says what went wrong."""

    state: State
    seconds: float = 0.0
    reason: str = ""


@dataclass(eq=False, slots=True)
class Screen:
    """An open overlay page. ``obs`` ones are on stream; hidden ones are paused, and play nothing."""

    id: str
    send: Send
    obs: bool = False
    visible: bool = True
    sound: bool = True


class Showing:
    """One effect on its page: ``next`` tells what the page, or a mod, says."""

    def __init__(self, overlay: "Overlay", token: str, message: Mapping[str, Any], screen: Screen) -> None:
        self._overlay = overlay
        self._acks: asyncio.Queue[Ack] = asyncio.Queue()
        self.token = token
        self.message = message
        self.screen = screen

    async def next(self) -> Ack:
        """Wait for the next word on it."""
        return await self._acks.get()

    def put(self, ack: Ack) -> None:
        """Say something on it."""
        self._acks.put_nowait(ack)

    async def stop(self) -> None:
        """Take it off the page at once."""
        await self._overlay.tell(self.screen, {"type": "stop", "id": self.token})

    def close(self) -> None:
        """Nobody listens any more."""
        self._overlay.close(self)


class Overlay:
    """All open pages, and what they play."""

    def __init__(self, clock: Clock, key: str, volume: int) -> None:
        self._clock = clock
        self.key = key
        self.volume = volume
        self.changed: set[Callable[[], None]] = set()
        """Called whenever a page comes, goes, hides or may be heard."""
        self._screens: dict[str, Screen] = {}
        self._showings: dict[str, Showing] = {}
        self._left: set[str] = set()
        self._partings: dict[str, asyncio.TimerHandle] = {}
        self._audio: dict[str, bytes] = {}
        self._came = asyncio.Event()
        self._born: float | None = None
        self._away_since: dict[bool, datetime | None] = {False: clock.now(), True: clock.now()}

    # What pages say

    async def join(self, screen: Screen) -> None:
        """A page opened, or came back. What it was playing is asked for again."""
        self._screens[screen.id] = screen
        self._left.discard(screen.id)
        if (timer := self._partings.pop(screen.id, None)) is not None:
            timer.cancel()
        log.info("An overlay page is open%s.", " in OBS" if screen.obs else "")
        self._presence_changed()
        await self.tell(screen, {"type": "hello", "volume": self.volume})
        for showing in [s for s in self._showings.values() if s.screen.id == screen.id]:
            showing.screen = screen
            await self.tell(screen, showing.message)

    def update(self, screen: Screen, *, visible: bool, sound: bool) -> None:
        """A page was hidden or shown, or its sound was blocked or let through."""
        screen.visible, screen.sound = visible, sound
        self._presence_changed()

    def leave(self, screen: Screen, *, for_good: bool) -> None:
        """A page closed. One that did not say good-bye may only have lost its connection."""
        if self._screens.get(screen.id) is not screen:
            return
        del self._screens[screen.id]
        log.info("An overlay page is gone.")
        self._presence_changed()
        if for_good:
            self._left.add(screen.id)
            self._lost(screen.id)
        else:
            loop = asyncio.get_running_loop()
            self._partings[screen.id] = loop.call_later(RETURN_SECONDS, self._lost, screen.id)

    def ack(self, token: str, ack: Ack, screen: Screen) -> None:
        """A page says what became of an effect. Others than the one that plays it are not heard."""
        showing = self._showings.get(token)
        if showing is not None and showing.screen.id == screen.id:
            showing.put(ack)

    # What the bot asks

    @property
    def screens(self) -> list[Screen]:
        """The open pages."""
        return list(self._screens.values())

    def best(self, *, needs_sound: bool) -> Screen | None:
        """The page that plays: one in OBS before others, one that can be heard before others, the oldest of equals."""
        fit = [s for s in self._screens.values() if s.visible and (s.sound or not needs_sound)]
        return min(fit, key=lambda s: (not s.obs, not s.sound), default=None)

    def away_since(self, *, needs_sound: bool) -> datetime | None:
        """Since when no page can play; None when one can."""
        return self._away_since[needs_sound]

    async def show(
        self, token: str, message: Mapping[str, Any], *, needs_sound: bool, had: str | None = None
    ) -> Showing | None:
        """Let one page play an effect.

        Args:
            token: names the effect, for ever.
            message: what the page is to play.
            needs_sound: a page whose sound is blocked will not do.
            had: the page that was playing it before, which is asked first and waited for.

        Returns:
            The showing, to be closed by the caller; None when no page can play.
        """
        screen = await self._choose(needs_sound, had)
        if screen is None:
            return None
        whole = {"type": "play", "id": token, **message}
        showing = self._showings[token] = Showing(self, token, whole, screen)
        await self.tell(screen, whole)
        return showing

    def interrupt(self, token: str, reason: str) -> bool:
        """A mod stops an effect; whoever waits for it hears ``reason``. Returns whether it was playing."""
        showing = self._showings.get(token)
        if showing is None:
            return False
        showing.put(Ack("stopped", reason=reason))
        return True

    def abandon(self, token: str) -> None:
        """The bot ends: whoever waits for the effect leaves it to the page, and to the next run."""
        showing = self._showings.get(token)
        if showing is not None:
            showing.put(Ack("lost"))

    async def stop_all(self) -> None:
        """Take everything off all pages at once."""
        for screen in self.screens:
            await self.tell(screen, {"type": "stop"})

    async def alert(self, kind: str, name: str, text: str) -> None:
        """Show that something happened. Nobody paid for it, so nobody waits for it."""
        screen = self.best(needs_sound=False)
        if screen is not None:
            await self.tell(screen, {"type": "alert", "kind": kind, "name": name, "text": text})

    def lend(self, token: str, wav: bytes) -> str:
        """Keep speech for the page to fetch. Returns its address."""
        self._audio[token] = wav
        return f"/overlay/audio/{token}?key={self.key}"

    def audio(self, token: str) -> bytes | None:
        """Speech that was lent."""
        return self._audio.get(token)

    def sound_address(self, name: str) -> str:
        """Where a page fetches a sound."""
        return f"/overlay/sound/{quote(name)}?key={self.key}"

    def close(self, showing: Showing) -> None:
        """An effect has ended."""
        self._showings.pop(showing.token, None)
        self._audio.pop(showing.token, None)

    async def tell(self, screen: Screen, message: Mapping[str, Any]) -> None:
        """Send a message to one page. A page that is gone hears nothing; its leaving is noticed elsewhere."""
        with suppress(ConnectionError):
            await screen.send(message)

    async def _choose(self, needs_sound: bool, had: str | None) -> Screen | None:
        loop = asyncio.get_running_loop()
        self._born = self._born if self._born is not None else loop.time()
        while had is not None and had not in self._screens and had not in self._left:
            left = self._born + RETURN_SECONDS - loop.time()
            if left <= 0:
                break
            self._came.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._came.wait()
        earlier = self._screens.get(had or "")
        if earlier is not None and earlier.visible and (earlier.sound or not needs_sound):
            return earlier
        return self.best(needs_sound=needs_sound)

    def _lost(self, screen_id: str) -> None:
        self._partings.pop(screen_id, None)
        for showing in self._showings.values():
            if showing.screen.id == screen_id:
                showing.put(Ack("lost"))

    def _presence_changed(self) -> None:
        for needs_sound in (False, True):
            if self.best(needs_sound=needs_sound) is not None:
                self._away_since[needs_sound] = None
            elif self._away_since[needs_sound] is None:
                self._away_since[needs_sound] = self._clock.now()
        self._came.set()
        for tell in tuple(self.changed):
            tell()
