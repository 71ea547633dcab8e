"""Keeps one account's connection to EventSub: opens it, moves it when asked, and opens it again whenever it is lost."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, cast

import aiohttp

from pixel_bot.clock import Clock
from pixel_bot.concurrency.retry import sleep_with_jitter
from pixel_bot.platforms.twitch.eventsub_session import KEEPALIVE_SECONDS, EventSubSession, Frame, SessionLost
from pixel_bot.platforms.twitch.reconnect import Reconnect, drain_old_session
from pixel_bot.platforms.twitch.subscriptions import Subscriptions

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STABLE_SECONDS = 20.0
"""A connection that held so long was a good one: the next loss begins with a short pause again."""

QUIET_SECONDS = 0.1
DRAIN_TURNS = 100
LOOK_AGAIN_SECONDS = 60.0
LOOK_SOMETIMES_SECONDS = 3_600.0


class Listener(Protocol):
    """Who hears the notifications."""

    def on_notification(self, frame: Mapping[str, Any]) -> None:
        """Take one notification; never raises."""

    @property
    def is_congested(self) -> bool:
        """True when the reader should await ``breathe`` before it reads on."""
        ...

    async def wait_for_capacity(self) -> None:
        """Wait until there is room for more."""


class EventSubConnection:
    """One account's connection. Run it as a task; ``close`` ends it."""

    def __init__(
        self,
        name: str,
        url: str,
        http: aiohttp.ClientSession,
        listener: Listener,
        subscriptions: Subscriptions,
        clock: Clock,
    ) -> None:
        self.name = name
        self.subscriptions = subscriptions
        subscriptions.session = lambda: self._session.id if self._session is not None else ""
        self.session_ids: set[str] = set()
        """Ids under which the present connection holds subscriptions: a move may give it another one."""
        self.down_since: datetime | None = clock.now()
        self.down_reason = "connecting"
        self.opened: set[Callable[[], None]] = set()
        """Called each time a new connection is subscribed: what happened meanwhile was not heard."""
        self.revoked: Callable[[str], None] = lambda _: None
        """Called with the reason when Twitch ends subscriptions."""
        self._url = url
        self._http = http
        self._listener = listener
        self._clock = clock
        self._session: EventSubSession | None = None
        self._reconnect = Reconnect(http)
        self._keeping: asyncio.Task[None] | None = None
        self._look = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._old: set[asyncio.Task[None]] = set()

    @property
    def is_up(self) -> bool:
        """True while the connection is open."""
        return self._session is not None and self._session.is_open

    def look_again(self) -> None:
        """Compare the subscriptions with what Twitch holds, soon."""
        self._look.set()

    async def run(self) -> None:
        """Work until cancelled."""
        pause = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while True:
            since = loop.time()
            try:
                session = await EventSubSession.open(self._http, f"{self._url}{_merged(self._url)}{KEEPALIVE}")
                self._begin(session)
                await self._serve(session)
            except SessionLost as exc:
                self._end(exc)
            if loop.time() - since >= STABLE_SECONDS:
                pause = FIRST_PAUSE
            await sleep_with_jitter(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def drain(self) -> None:
        """Wait until what has arrived already is read: Twitch would not send it again."""
        for _ in range(DRAIN_TURNS):
            await asyncio.sleep(QUIET_SECONDS / 5)
            if self._session is None or self._session.silent_for > QUIET_SECONDS:
                return

    async def close(self) -> None:
        """Close the connection and end all that belongs to it."""
        await self._let_go()
        for old in self._old:
            old.cancel()
        await asyncio.gather(*self._old, return_exceptions=True)

    # One connection

    def _begin(self, session: EventSubSession) -> None:
        self._session = session
        self.session_ids = {session.id}
        self.subscriptions.reset()
        self._look.clear()
        self._keeping = asyncio.create_task(self._keep(), name=f"eventsub-{self.name}")
        self._keeping.add_done_callback(self._kept)
        if self.down_since is not None:
            log.info("Connected to Twitch's events (%s).", self.name)
        self.down_since = None

    def _end(self, lost: SessionLost) -> None:
        if self.down_since is None:
            self.down_since = self._clock.now()
            log.warning("The connection to Twitch's events (%s) was lost: %s. Connecting anew.", self.name, lost.reason)
        else:
            log.info("No connection to Twitch's events (%s) yet: %s.", self.name, lost.reason)
        self.down_reason = lost.reason

    async def _serve(self, session: EventSubSession) -> None:
        """Read until the connection is lost; a move swaps it for another one on the way.

        Raises:
            SessionLost: in the end.
        """
        try:
            while True:
                frame = await self._read(session)
                if frame is None:
                    session = self._move_over(session)
                else:
                    await self._take(session, frame)
        finally:
            await self._let_go()

    async def _read(self, session: EventSubSession) -> Frame | None:
        """The next frame; None when a successor is ready. Without a move there is nothing but the frame to wait for.

        Raises:
            SessionLost: the connection is lost, and no other one is on its way.
        """
        moving = self._reconnect.task
        if moving is None:
            return await session.read()
        reading = asyncio.ensure_future(session.read())
        try:
            await asyncio.wait({reading, moving}, return_when=asyncio.FIRST_COMPLETED)
            return await reading if reading.done() else None
        except SessionLost:
            await asyncio.wait({moving})
            return None
        finally:
            # What it has not read stays where it is, and is read as the old connection's last words.
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _take(self, session: EventSubSession, frame: Frame) -> None:
        metadata: Any = frame.get("metadata")
        kind = cast(Frame, metadata).get("message_type") if isinstance(metadata, dict) else None
        match kind:
            case "notification":
                self._listener.on_notification(frame)
                if self._listener.is_congested:
                    await session.read_ahead(self._listener.wait_for_capacity())
            case "session_reconnect":
                self._reconnect.begin(frame)
            case "revocation":
                self._on_revocation(frame)
            case None:
                log.warning("A frame from Twitch was left out, because it does not say what it is.")
            case _:
                return

    def _move_over(self, old: EventSubSession) -> EventSubSession:
        """Go on with the new connection.

        Raises:
            SessionLost: it could not be opened: better a fresh one now than to be cut off later.
        """
        session = self._reconnect.result()
        log.info("Moved to another connection to Twitch's events (%s).", self.name)
        self._session = session
        self.session_ids.add(session.id)
        self._look.set()
        listening = asyncio.create_task(
            drain_old_session(old, lambda frame: self._take(old, frame)), name="eventsub-last-words"
        )
        self._old.add(listening)
        listening.add_done_callback(self._old.discard)
        return session

    # Subscriptions

    def _on_revocation(self, frame: Frame) -> None:
        try:
            subscription = frame["payload"]["subscription"]
            type_, reason = str(subscription["type"]), str(subscription.get("status") or "no reason")[:60]
        except (KeyError, TypeError, AttributeError):
            log.warning("Twitch ended a subscription, but did not say which.")
            self._look.set()
            return
        self.subscriptions.revoked(type_, reason)
        self.revoked(reason)

    async def _keep(self) -> None:
        """Subscribe, look again a minute later, and then once in a while, or when somebody asks."""
        decided = await self.subscriptions.round()
        for tell in tuple(self.opened):
            tell()
        if not decided:
            await self.subscriptions.make()
        wait = LOOK_AGAIN_SECONDS
        while True:
            wait = LOOK_AGAIN_SECONDS if await self._asked_within(wait) else LOOK_SOMETIMES_SECONDS
            await self.subscriptions.compare()

    async def _asked_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._look.wait()
        except TimeoutError:
            return False
        self._look.clear()
        return True

    def _kept(self, task: asyncio.Task[None]) -> None:
        """Without somebody who looks after the subscriptions the connection is of no use."""
        if not task.cancelled() and (exc := task.exception()) is not None:
            log.error("The subscriptions of %s could not be looked after; connecting anew.", self.name, exc_info=exc)
            if self._session is not None:
                self._closing = asyncio.create_task(self._session.close())

    async def _let_go(self) -> None:
        keeping, self._keeping = self._keeping, None
        session, self._session = self._session, None
        self.session_ids = set()
        if keeping is not None:
            keeping.cancel()
            await asyncio.wait({keeping})
        await self._reconnect.cancel()
        if session is not None:
            await session.close()


KEEPALIVE = f"keepalive_timeout_seconds={KEEPALIVE_SECONDS}"


def _merged(url: str) -> str:
    return "&" if "?" in url else "?"
