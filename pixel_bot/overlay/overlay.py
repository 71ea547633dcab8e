"""Overlay pages and playbacks: which pages are open, which effect each plays, and the page's acknowledgements.

Each effect plays on one page, under a token that is unique for ever: an idempotency key. Pages remember tokens and
repeat their acknowledgement, so an interrupted effect can be sent again without playing twice.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from pixel_bot.clock import Clock
from pixel_bot.lru_cache import LruCache
from pixel_bot.overlay.art import Art
from pixel_bot.overlay.pages import Ack, AckState, OverlayPage, PageState
from pixel_bot.overlay.widgets import Widgets

log = logging.getLogger(__name__)

RETURN_SECONDS = 7.0
"""How long a page that lost its connection may take to reconnect: the longest interval of its back-off."""


class Playback:
    """The playback of one effect on a page; ``next`` awaits the page's acknowledgements."""

    def __init__(self, overlay: "Overlay", token: str, message: Mapping[str, Any], page: OverlayPage) -> None:
        self._overlay = overlay
        self._acks: asyncio.Queue[Ack] = asyncio.Queue()
        self.token = token
        self.message = message
        self.page = page

    async def next(self) -> Ack:
        """Wait for the next acknowledgement."""
        return await self._acks.get()

    def put(self, ack: Ack) -> None:
        """Queue an acknowledgement."""
        self._acks.put_nowait(ack)

    async def stop(self) -> None:
        """Stop it on the page at once."""
        await self._overlay.send(self.page, {"type": "stop", "id": self.token})

    def close(self) -> None:
        """Ignore further acknowledgements."""
        self._overlay.close(self)


class Overlay:
    """All open pages and their playbacks."""

    def __init__(self, clock: Clock, key: Callable[[], str], volume: int) -> None:
        self._clock = clock
        self._make_key = key
        self.volume = volume
        self.changed: set[Callable[[], None]] = set()
        """Called when a page joins, leaves, or changes its state."""
        self._pages: dict[str, OverlayPage] = {}
        self._playbacks: dict[str, Playback] = {}
        self._closed_pages: set[str] = set()
        self._lost_timers: dict[str, asyncio.TimerHandle] = {}
        self._audio: dict[str, bytes] = {}
        self._revoked: LruCache[str, bool] = LruCache(50)
        self._page_changed = asyncio.Event()
        self._first_choice_at: float | None = None
        self._away_since: dict[bool, datetime | None] = {False: clock.now(), True: clock.now()}
        self.art = Art(lambda: self.key)
        """The files that cogs bring for the page."""
        self.widgets = Widgets(self.art, self.send_to_all)
        """What stays on the page."""

    @cached_property
    def key(self) -> str:
        """The key that authorises a page; created on first use."""
        return self._make_key()

    # Messages from pages

    async def join(self, page: OverlayPage) -> None:
        """A page opened, or reconnected. Its unfinished playbacks are sent again."""
        self._pages[page.id] = page
        self._closed_pages.discard(page.id)
        if (timer := self._lost_timers.pop(page.id, None)) is not None:
            timer.cancel()
        log.info("An overlay page is open%s.", " in OBS" if page.obs else "")
        self._presence_changed()
        # Revocations before playbacks: a page that missed a refund must not go on with the refunded effect.
        await self.send(page, {"type": "hello", "volume": self.volume, "widgets": self.widgets.names()})
        for token in self._revoked.remembered():
            await self.send(page, {"type": "stop", "id": token})
        for message in self.widgets.messages():
            await self.send(page, message)
        for playback in [p for p in self._playbacks.values() if p.page.id == page.id]:
            playback.page = page
            await self.send(page, playback.message)

    def update(self, page: OverlayPage, *, visible: bool, sound: bool) -> None:
        """A page was hidden or shown, or its sound was blocked or allowed."""
        page.state = PageState.of(visible=visible, sound=sound)
        self._presence_changed()

    def leave(self, page: OverlayPage, *, for_good: bool) -> None:
        """A page closed (``for_good``), or lost its connection and may come back."""
        # A page that has reconnected leaves its old connection behind, which must not remove the new one.
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
        """A page acknowledges an effect. Acknowledgements of other pages than the one that plays it are ignored."""
        playback = self._playbacks.get(token)
        if playback is not None and playback.page.id == page.id:
            playback.put(ack)

    # Requests of the bot

    @property
    def pages(self) -> list[OverlayPage]:
        """The open pages."""
        return list(self._pages.values())

    def best(self, *, needs_sound: bool) -> OverlayPage | None:
        """The preferred page: one in OBS before others, an audible one before muted ones, then the oldest."""
        fit = [p for p in self._pages.values() if p.can_play(needs_sound=needs_sound)]
        return min(fit, key=lambda p: (not p.obs, p.state is not PageState.AUDIBLE), default=None)

    def away_since(self, *, needs_sound: bool) -> datetime | None:
        """Since when no page can play; None when one can."""
        return self._away_since[needs_sound]

    async def choose(self, *, needs_sound: bool, previous: str | None = None) -> OverlayPage | None:
        """Choose the page for an effect.

        Args:
            needs_sound: whether a muted page is excluded.
            previous: the page that had it before; it comes first, and its reconnection is awaited.

        Returns:
            The page; None when none can play.
        """
        await self._wait_for_return(previous)
        # The previous page first: only it knows the token, and can tell that the effect was played already.
        earlier = self._pages.get(previous or "")
        if earlier is not None and earlier.can_play(needs_sound=needs_sound):
            return earlier
        return self.best(needs_sound=needs_sound)

    async def play(self, page: OverlayPage, token: str, message: Mapping[str, Any]) -> Playback:
        """Play an effect on a page.

        Args:
            page: which page.
            token: the idempotency key of the effect.
            message: what the page plays.

        Returns:
            The playback, to be closed by the caller. On a page that is gone it is lost at once.
        """
        whole = {"type": "play", "id": token, **message}
        # Registered before it is sent: the page may acknowledge while this task still awaits the send.
        playback = self._playbacks[token] = Playback(self, token, whole, page)
        self._revoked.forget(token)
        if self._pages.get(page.id) is not None:
            playback.page = self._pages[page.id]
            await self.send(playback.page, whole)
        elif page.id not in self._lost_timers:
            playback.put(Ack(AckState.LOST))
        return playback

    async def revoke(self, token: str) -> None:
        """The effect was refunded: no page may play it, now or after a reconnection."""
        self._revoked.put(token, True)
        await self.send_to_all({"type": "stop", "id": token})

    async def stop_all(self) -> None:
        """Stop all effects on all pages at once."""
        await self.send_to_all({"type": "stop"})

    async def set(self, name: str, state: Any) -> None:
        """Show a state on a widget; it stays until the next one, also over a reload of the page.

        Args:
            name: of a ``Widget`` of a loaded cog.
            state: what JSON can hold, up to 100 kB; None takes the widget off the page.

        Raises:
            ValueError: there is no such widget, or the state cannot be kept.
        """
        await self.widgets.set(name, state)

    async def alert(self, kind: str, name: str, text: str) -> None:
        """Show an alert. Alerts are free, so they are not acknowledged."""
        page = self.best(needs_sound=False)
        if page is not None:
            await self.send(page, {"type": "alert", "kind": kind, "name": name, "text": text})

    def add_audio(self, token: str, wav: bytes) -> str:
        """Hold speech in memory for the page to fetch. Returns its address."""
        self._audio[token] = wav
        return f"/overlay/audio/{token}?key={self.key}"

    def audio(self, token: str) -> bytes | None:
        """Speech held under this token; None without any."""
        return self._audio.get(token)

    def sound_address(self, name: str) -> str:
        """The address from which a page fetches a sound."""
        return f"/overlay/sound/{quote(name)}?key={self.key}"

    def close(self, playback: Playback) -> None:
        """Forget a playback: further acknowledgements are ignored."""
        self._playbacks.pop(playback.token, None)

    def remove_audio(self, token: str) -> None:
        """Drop the speech held under this token."""
        self._audio.pop(token, None)

    async def send(self, page: OverlayPage, message: Mapping[str, Any]) -> None:
        """Send a message to one page. For a page that is gone it is dropped; the connection reports the loss."""
        with suppress(ConnectionError):
            await page.send(message)

    async def send_to_all(self, message: Mapping[str, Any]) -> None:
        """Send a message to every page."""
        for page in self.pages:
            await self.send(page, message)

    async def _wait_for_return(self, page_id: str | None) -> None:
        """Wait for a page that had an effect before a restart, and may be reconnecting."""
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
                playback.put(Ack(AckState.LOST))

    def _presence_changed(self) -> None:
        for needs_sound in (False, True):
            if self.best(needs_sound=needs_sound) is not None:
                self._away_since[needs_sound] = None
            elif self._away_since[needs_sound] is None:
                self._away_since[needs_sound] = self._clock.now()
        self._page_changed.set()
        for listener in tuple(self.changed):
            listener()
