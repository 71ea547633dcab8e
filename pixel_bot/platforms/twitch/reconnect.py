"""Moving to another connection because Twitch asks: the new one is opened while the old one is still read.

https://dev.twitch.tv/docs/eventsub/handling-websocket-events/#reconnect-message
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

import aiohttp

from pixel_bot.platforms.twitch.eventsub_session import EventSubSession, Frame, SessionLost

TRIES = 2
PAUSE_SECONDS = 1.0
DRAIN_SECONDS = 2.0
"""How long an old connection is still read after the new one is open."""


class Reconnect:
    """One move under way, from ``begin`` to ``result``."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._task: asyncio.Task[EventSubSession] | None = None

    @property
    def task(self) -> asyncio.Task[EventSubSession] | None:
        """Ends when the new connection is open, or cannot be opened; None while nobody moves."""
        return self._task

    def begin(self, frame: Frame) -> None:
        """Open the connection that a reconnect message names; while another one is being opened, nothing more."""
        payload: Any = frame.get("payload")
        session: Any = cast(Frame, payload).get("session") if isinstance(payload, dict) else None
        url = cast(Frame, session).get("reconnect_url") if isinstance(session, dict) else None
        if self._task is None and isinstance(url, str):
            self._task = asyncio.create_task(self._open(url), name="eventsub-move")

    def result(self) -> EventSubSession:
        """The new connection.

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
        """Nobody wants it any more."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and task.exception() is None:
            await task.result().close()

    async def _open(self, url: str) -> EventSubSession:
        for _ in range(TRIES - 1):
            try:
                return await EventSubSession.open(self._http, url)
            except SessionLost:
                await asyncio.sleep(PAUSE_SECONDS)
        return await EventSubSession.open(self._http, url)


async def drain_old_session(old: EventSubSession, take: Callable[[Frame], Awaitable[None]]) -> None:
    """What Twitch still sends on an old connection is heard, too; then it is closed."""
    try:
        with suppress(SessionLost, TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while True:
                    await take(await old.read())
    finally:
        await old.close()
