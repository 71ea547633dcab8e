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

AckState = Literal["started", "finished", "failed", "lost"]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of an effect. ``seconds`` is its length where the page knows it; ``reason`` says what went wrong."""

    state: AckState
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

    def __init__(self, overlay: "Overlay", token: str, message: Mapping[str, Any], page: OverlayPage) -> None:
        self._overlay = overlay
        self._acks: asyncio.Queue[Ack] = asyncio.Queue()
        self.token = token
        self.message = message
        self.page = page

    async def next(self) -> Ack:
        """Wait for the next word on it."""
        return await self._acks.get()

    def put(self, ack: Ack) -> None:
        """Say something on it."""
        self._acks.put_nowait(ack)

    async def stop(self) -> None:
        """Take it off the page at once."""
        await self._overlay.send(self.page, {"type": "stop", "id": self.token})

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
        self._closed_pages: set[str] = set()
        self._lost_timers: dict[str, asyncio.TimerHandle] = {}
        self._audio: dict[str, bytes] = {}
        self._revoked: LruCache[str, bool] = LruCache(50)
        self._page_changed = asyncio.Event()
        self._first_choice_at: float | None = None
        self._away_since: dict[bool, datetime | None] = {False: clock.now(), True: clock.now()}

    @cached_property
    def key(self) -> str:
        """What a page shows to be let in; made when it is first needed."""
        return self._make_key()

    # What pages say

    async def join(self, page: OverlayPage) -> None:
        """A page opened, or came back. What it was playing is asked for again."""
        self._pages[page.id] = page
        self._closed_pages.discard(page.id)
        if (timer := self._lost_timers.pop(page.id, None)) is not None:
            timer.cancel()
        log.info("An overlay page is open%s.", " in OBS" if page.obs else "")
        self._presence_changed()
        await self.send(page, {"type": "hello", "volume": self.volume})
        for token in self._revoked.remembered():
            await self.send(page, {"type": "stop", "id": token})
        for playback in [s for s in self._playbacks.values() if s.page.id == page.id]:
            playback.page = page
            await self.send(page, playback.message)

    def update(self, page: OverlayPage, *, visible: bool, sound: bool) -> None:
        """A page was hidden or shown, or its sound was blocked or let through."""
        page.visible, page.sound = visible, sound
        self._presence_changed()

    def leave(self, page: OverlayPage, *, for_good: bool) -> None:
        """A page closed. One that did not say good-bye may only have lost its connection."""
        if self._pages.get(page.id) is not page:
            return
        del self._pages[page.id]
        log.info("An overlay page is gone.")
        self._presence_changed()
        if for_good:
            self._closed_pages.add(page.id)
            self._report_lost(page.id)
        else:
            loop = asyncio.get_running_loop()
            self._lost_timers[page.id] = loop.call_later(RETURN_SECONDS, self._report_lost, page.id)

    def ack(self, token: str, ack: Ack, page: OverlayPage) -> None:
        """A page says what became of an effect. Others than the one that plays it are not heard."""
        playback = self._playbacks.get(token)
        if playback is not None and playback.page.id == page.id:
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

    async def choose(self, *, needs_sound: bool, previous: str | None = None) -> OverlayPage | None:
        """The page that is to play an effect.

        Args:
            needs_sound: a page whose sound is blocked will not do.
            had: the page that was playing it before, which is asked first and waited for.

        Returns:
            The page; None when none can play.
        """
        await self._wait_for_return(previous)
        earlier = self._pages.get(previous or "")
        if earlier is not None and earlier.visible and (earlier.sound or not needs_sound):
            return earlier
        return self.best(needs_sound=needs_sound)

    async def play(self, page: OverlayPage, token: str, message: Mapping[str, Any]) -> Playback:
        """Let a page play an effect.

        Args:
            screen: which page.
            token: names the effect, for ever.
            message: what the page is to play.

        Returns:
            The showing, to be closed by the caller. On a page that is gone by now it is lost at once.
        """
        whole = {"type": "play", "id": token, **message}
        playback = self._playbacks[token] = Playback(self, token, whole, page)
        self._revoked.forget(token)
        if self._pages.get(page.id) is not None:
            playback.page = self._pages[page.id]
            await self.send(playback.page, whole)
        elif page.id not in self._lost_timers:
            playback.put(Ack("lost"))
        return playback

    async def revoke(self, token: str) -> None:
        """The effect was given back: no page may play it, now or when it comes back."""
        self._revoked.put(token, True)
        for screen in self.pages:
            await self.send(screen, {"type": "stop", "id": token})

    async def stop_all(self) -> None:
        """Take everything off all pages at once."""
        for screen in self.pages:
            await self.send(screen, {"type": "stop"})

    async def alert(self, kind: str, name: str, text: str) -> None:
        """Show that something happened. Nobody paid for it, so nobody waits for it."""
        screen = self.best(needs_sound=False)
        if screen is not None:
            await self.send(screen, {"type": "alert", "kind": kind, "name": name, "text": text})

    def add_audio(self, token: str, wav: bytes) -> str:
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

    def remove_audio(self, token: str) -> None:
        """Speech that was lent is not needed any more."""
        self._audio.pop(token, None)

    async def send(self, page: OverlayPage, message: Mapping[str, Any]) -> None:
        """Send a message to one page. A page that is gone hears nothing; its leaving is noticed elsewhere."""
        with suppress(ConnectionError):
            await page.send(message)

    async def _wait_for_return(self, page_id: str | None) -> None:
        """A page that had an effect before a restart may be on its way back."""
        loop = asyncio.get_running_loop()
        self._first_choice_at = self._first_choice_at if self._first_choice_at is not None else loop.time()
        while page_id is not None and page_id not in self._pages and page_id not in self._closed_pages:
            left = self._first_choice_at + RETURN_SECONDS - loop.time()
            if left <= 0:
                return
            self._page_changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._page_changed.wait()

    def _report_lost(self, page_id: str) -> None:
        self._lost_timers.pop(page_id, None)
        for playback in self._playbacks.values():
            if playback.page.id == page_id:
                playback.put(Ack("lost"))

    def _presence_changed(self) -> None:
        for needs_sound in (False, True):
            if self.best(needs_sound=needs_sound) is not None:
                self._away_since[needs_sound] = None
            elif self._away_since[needs_sound] is None:
                self._away_since[needs_sound] = self._clock.now()
        self._page_changed.set()
        for tell in tuple(self.changed):
            tell()
