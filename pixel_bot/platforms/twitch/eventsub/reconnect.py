"""EventSub reconnect: the new session is opened while the old one is still read, so that no event is lost.

https://dev.twitch.tv/docs/eventsub/handling-websocket-events/#reconnect-message
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp

from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.events.frames import Frame, decode_payload
from pixel_bot.platforms.twitch.events.structs import SessionPayload, payload_decoder
from pixel_bot.platforms.twitch.eventsub.session import EventSubSession, SessionLost

TRIES = 2
PAUSE_SECONDS = 1.0
DRAIN_SECONDS = 2.0
"""How long an old session is still read after the new one is open."""


_SESSIONS = payload_decoder(SessionPayload)


class Reconnect:
    """One reconnect in progress, from ``begin`` to ``result``."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._task: asyncio.Task[EventSubSession] | None = None

    @property
    def task(self) -> asyncio.Task[EventSubSession] | None:
        """Done when the new session is open, or cannot be opened; None without a reconnect in progress."""
        return self._task

    def begin(self, frame: Frame) -> None:
        """Open the session that a reconnect message names; ignored while another one is being opened."""
        with suppress(Unreadable):
            url = decode_payload(frame, _SESSIONS).session.reconnect_url
            # One at a time: a second address while the first is being opened would leave two new sessions.
            if self._task is None and url is not None:
                self._task = asyncio.create_task(self._open(url), name="eventsub-reconnect")

    def result(self) -> EventSubSession:
        """The new session.

        Raises:
            SessionLost: it could not be opened.
        """
        assert self._task is not None
        task, self._task = self._task, None
        try:
            return task.result()
        except SessionLost as exc:
            raise SessionLost(f"Twitch's new address does not answer ({exc.reason})") from None

    async def cancel(self) -> None:
        """Give up the reconnect; a session that was opened meanwhile is closed."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.wait({task})
        # It may have finished before the cancellation arrived: then an open socket would be left behind.
        if not task.cancelled() and task.exception() is None:
            await task.result().close()

    async def _open(self, url: str) -> EventSubSession:
        for _ in range(TRIES - 1):
            try:
                return await EventSubSession.open(self._http, url)
            except SessionLost:
                await asyncio.sleep(PAUSE_SECONDS)
        return await EventSubSession.open(self._http, url)


async def drain_old_session(old: EventSubSession, handle: Callable[[Frame], Awaitable[None]]) -> None:
    """Handle what Twitch still sends on an old session, then close it."""
    try:
        with suppress(SessionLost, TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while True:
                    await handle(await old.read())
    finally:
        await old.close()
