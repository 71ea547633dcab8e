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
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote

from pixel_bot.clock import Clock
from pixel_bot.lru_cache import LruCache

log = logging.getLogger(__name__)

RETURN_SECONDS = 7.0
"""How long a page that fell silent, or that an earlier run had, may take to come back: its longest back-off."""

State = Literal["started", "finished", "failed", "lost"]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of an effect. ``seconds`` is its length where the page knows it; ``reason`` says what went wrong."""

    state: State
    seconds: float = 0.0
    reason: str = ""


@dataclass(eq=False, slots=True)
class OverlayPage:
    """An open overlay page. ``obs`` ones are on stream; hidden ones are paused, and play nothing."""

    id: str
    send: Send
    obs: bool = False
    visible: bool = True
    sound: bool = True


class Playback:
    """One effect on its page: ``next`` tells what the page says."""

    def __init__(self, overlay: "Overlay", token: str, message: Mapping[str, Any], screen: OverlayPage) -> None:
        self._overlay = overlay
        self._acks: asyncio.Queue[Ack] = asyncio.Queue()
        self.token = token
        self.message = message
        self.page = screen

    async def next(self) -> Ack:
        """Wait for the next word on it."""
        return await self._acks.get()

    def put(self, ack: Ack) -> None:
        """Say something on it."""
        self._acks.put_nowait(ack)

    async def stop(self) -> None:
        """Take it off the page at once."""
        await self._overlay.tell(self.page, {"type": "stop", "id": self.token})

    def close(self) -> None:
        """Nobody listens any more."""
        self._overlay.close(self)


class Overlay:
    """All open pages, and what they play."""

    def __init__(self, clock: Clock, key: Callable[[], str], volume: int) -> None:
        self._clock = clock
        self._make_key = key
        self.volume = volume
        self.changed: set[Callable[[], None]] = set()
        """Called whenever a page comes, goes, hides or may be heard."""
        self._pages: dict[str, OverlayPage] = {}
        self._playbacks: dict[str, Playback] = {}
        self._left: set[str] = set()
        self._partings: dict[str, asyncio.TimerHandle] = {}
        self._audio: dict[str, bytes] = {}
        self._dead: LruCache[str, bool] = LruCache(50)
        self._came = asyncio.Event()
        self._born: float | None = None
        self._away_since: dict[bool, datetime | None] = {False: clock.now(), True: clock.now()}

    @cached_property
    def key(self) -> str:
        """What a page shows to be let in; made when it is first needed."""
        return self._make_key()

    # What pages say

    async def join(self, screen: OverlayPage) -> None:
        """A page opened, or came back. What it was playing is asked for again."""
        self._pages[screen.id] = screen
        self._left.discard(screen.id)
        if (timer := self._partings.pop(screen.id, None)) is not None:
            timer.cancel()
        log.info("An overlay page is open%s.", " in OBS" if screen.obs else "")
        self._presence_changed()
        await self.tell(screen, {"type": "hello", "volume": self.volume})
        for token in self._dead.remembered():
            await self.tell(screen, {"type": "stop", "id": token})
        for playback in [s for s in self._playbacks.values() if s.page.id == screen.id]:
            playback.page = screen
            await self.tell(screen, playback.message)

    def update(self, screen: OverlayPage, *, visible: bool, sound: bool) -> None:
        """A page was hidden or shown, or its sound was blocked or let through."""
        screen.visible, screen.sound = visible, sound
        self._presence_changed()

    def leave(self, screen: OverlayPage, *, for_good: bool) -> None:
        """A page closed. One that did not say good-bye may only have lost its connection."""
        if self._pages.get(screen.id) is not screen:
            return
        del self._pages[screen.id]
        log.info("An overlay page is gone.")
        self._presence_changed()
        if for_good:
            self._left.add(screen.id)
            self._lost(screen.id)
        else:
            loop = asyncio.get_running_loop()
            self._partings[screen.id] = loop.call_later(RETURN_SECONDS, self._lost, screen.id)

    def ack(self, token: str, ack: Ack, screen: OverlayPage) -> None:
        """A page says what became of an effect. Others than the one that plays it are not heard."""
        playback = self._playbacks.get(token)
        if playback is not None and playback.page.id == screen.id:
            playback.put(ack)

    # What the bot asks

    @property
    def pages(self) -> list[OverlayPage]:
        """The open pages."""
        return list(self._pages.values())

    def best(self, *, needs_sound: bool) -> OverlayPage | None:
        """The page that plays: one in OBS before others, one that can be heard before others, the oldest of equals."""
        fit = [s for s in self._pages.values() if s.visible and (s.sound or not needs_sound)]
        return min(fit, key=lambda s: (not s.obs, not s.sound), default=None)

    def away_since(self, *, needs_sound: bool) -> datetime | None:
        """Since when no page can play; None when one can."""
        return self._away_since[needs_sound]

    async def choose(self, *, needs_sound: bool, had: str | None = None) -> OverlayPage | None:
        """The page that is to play an effect.

        Args:
            needs_sound: a page whose sound is blocked will not do.
            had: the page that was playing it before, which is asked first and waited for.

        Returns:
            The page; None when none can play.
        """
        await self._wait_for(had)
        earlier = self._pages.get(had or "")
        if earlier is not None and earlier.visible and (earlier.sound or not needs_sound):
            return earlier
        return self.best(needs_sound=needs_sound)

    async def play(self, screen: OverlayPage, token: str, message: Mapping[str, Any]) -> Playback:
        """Let a page play an effect.

        Args:
            screen: which page.
            token: names the effect, for ever.
            message: what the page is to play.

        Returns:
            The showing, to be closed by the caller. On a page that is gone by now it is lost at once.
        """
        whole = {"type": "play", "id": token, **message}
        playback = self._playbacks[token] = Playback(self, token, whole, screen)
        self._dead.forget(token)
        if self._pages.get(screen.id) is not None:
            playback.page = self._pages[screen.id]
            await self.tell(playback.page, whole)
        elif screen.id not in self._partings:
            playback.put(Ack("lost"))
        return playback

    async def revoke(self, token: str) -> None:
        """The effect was given back: no page may play it, now or when it comes back."""
        self._dead.put(token, True)
        for screen in self.pages:
            await self.tell(screen, {"type": "stop", "id": token})

    async def stop_all(self) -> None:
        """Take everything off all pages at once."""
        for screen in self.pages:
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

    def close(self, playback: Playback) -> None:
        """Nobody listens to it any more."""
        self._playbacks.pop(playback.token, None)

    def take_back(self, token: str) -> None:
        """Speech that was lent is not needed any more."""
        self._audio.pop(token, None)

    async def tell(self, screen: OverlayPage, message: Mapping[str, Any]) -> None:
        """Send a message to one page. A page that is gone hears nothing; its leaving is noticed elsewhere."""
        with suppress(ConnectionError):
            await screen.send(message)

    async def _wait_for(self, screen_id: str | None) -> None:
        """A page that had an effect before a restart may be on its way back."""
        loop = asyncio.get_running_loop()
        self._born = self._born if self._born is not None else loop.time()
        while screen_id is not None and screen_id not in self._pages and screen_id not in self._left:
            left = self._born + RETURN_SECONDS - loop.time()
            if left <= 0:
                return
            self._came.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._came.wait()

    def _lost(self, screen_id: str) -> None:
        self._partings.pop(screen_id, None)
        for playback in self._playbacks.values():
            if playback.page.id == screen_id:
                playback.put(Ack("lost"))

    def _presence_changed(self) -> None:
        for needs_sound in (False, True):
            if self.best(needs_sound=needs_sound) is not None:
                self._away_since[needs_sound] = None
            elif self._away_since[needs_sound] is None:
                self._away_since[needs_sound] = self._clock.now()
        self._came.set()
        for tell in tuple(self.changed):
            tell()
