"""One account's EventSub connection: connect, subscribe, follow reconnect messages, reconnect with back-off."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import aiohttp

from pixel_bot.clock import Clock
from pixel_bot.concurrency.retry import sleep_with_jitter
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.events.frames import Frame, decode_payload
from pixel_bot.platforms.twitch.events.structs import RevocationPayload, payload_decoder
from pixel_bot.platforms.twitch.eventsub.reconnect import Reconnect, drain_old_session
from pixel_bot.platforms.twitch.eventsub.session import KEEPALIVE_SECONDS, EventSubSession, SessionLost
from pixel_bot.platforms.twitch.eventsub.subscriptions import Subscriptions
from pixel_bot.platforms.twitch.eventsub.turn import Turn, check_turn

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STABLE_SECONDS = 20.0
"""A connection that lasted so long resets the back-off."""

QUIET_SECONDS = 0.1
DRAIN_CHECKS = 100
RECONCILE_SOON_SECONDS = 60.0
RECONCILE_SECONDS = 300.0

_REVOCATIONS = payload_decoder(RevocationPayload)


class Listener(Protocol):
    """Receives the notifications."""

    def on_notification(self, frame: Frame) -> None:
        """Take one notification; never raises."""

    @property
    def is_congested(self) -> bool:
        """Back-pressure: True when the reader should await ``wait_for_capacity`` before it reads on."""
        ...

    async def wait_for_capacity(self) -> None:
        """Wait until more notifications can be taken."""


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
        turn: Turn,
    ) -> None:
        self.name = name
        self.subscriptions = subscriptions
        subscriptions.session_id = lambda: self._session.id if self._session is not None else ""
        self.session_ids: set[str] = set()
        """Ids under which the present connection holds subscriptions: a reconnect may add another one."""
        self.down_since: datetime | None = clock.now()
        self.down_reason = "connecting"
        self.opened: set[Callable[[], None]] = set()
        """Called each time a new connection is subscribed: events in between were missed."""
        self.revoked: Callable[[str], None] = lambda _: None
        """Called with the reason when Twitch ends subscriptions."""
        self._url = url
        self._http = http
        self._listener = listener
        self._clock = clock
        self._turn = turn
        self._term = 0
        self._session: EventSubSession | None = None
        self._reconnect = Reconnect(http)
        self._maintenance: asyncio.Task[None] | None = None
        self._reconcile_requested = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._draining: set[asyncio.Task[None]] = set()
        self._reopening = ""

    @property
    def is_up(self) -> bool:
        """True while the connection is open."""
        return self._session is not None and self._session.is_open

    def reconcile_soon(self) -> None:
        """Reconcile the subscriptions with Twitch's list soon."""
        self._reconcile_requested.set()

    def reopen(self, reason: str) -> None:
        """Close the present session, so that ``run`` opens another one."""
        if self._session is not None:
            self._reopening = reason
            self._closing = asyncio.create_task(self._session.close())

    async def run(self) -> None:
        """Work until cancelled."""
        pause = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while True:
            since = loop.time()
            try:
                session = await EventSubSession.open(self._http, f"{self._url}{_query_joint(self._url)}{KEEPALIVE}")
                self._on_connected(session)
                await self._serve(session)
            except SessionLost as exc:
                self._on_lost(exc)
            if loop.time() - since >= STABLE_SECONDS:
                pause = FIRST_PAUSE
            await sleep_with_jitter(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def drain(self) -> None:
        """Wait until what has arrived is read: Twitch would not send it again."""
        for _ in range(DRAIN_CHECKS):
            await asyncio.sleep(QUIET_SECONDS / 5)
            if self._session is None or self._session.silent_for > QUIET_SECONDS:
                return

    async def close(self) -> None:
        """Close the connection and end all that belongs to it."""
        await self._release()
        for task in self._draining:
            task.cancel()
        await asyncio.gather(*self._draining, return_exceptions=True)

    # One connection

    def _on_connected(self, session: EventSubSession) -> None:
        self._session = session
        self._term = self._turn.term
        self.session_ids = {session.id}
        self.subscriptions.reset()
        self._reconcile_requested.clear()
        self._maintenance = asyncio.create_task(self._maintain_subscriptions(), name=f"eventsub-{self.name}")
        self._maintenance.add_done_callback(self._on_maintenance_ended)
        if self.down_since is not None:
            log.info("Connected to Twitch's events (%s).", self.name)
        self.down_since = None

    def _on_lost(self, lost: SessionLost) -> None:
        reason, self._reopening = self._reopening or lost.reason, ""
        if self.down_since is None:
            self.down_since = self._clock.now()
            log.warning("The connection to Twitch's events (%s) was lost: %s. Connecting anew.", self.name, reason)
        else:
            log.info("No connection to Twitch's events (%s) yet: %s.", self.name, reason)
        self.down_reason = reason

    async def _serve(self, session: EventSubSession) -> None:
        """Read until the connection is lost; a reconnect message swaps the session on the way.

        Raises:
            SessionLost: in the end.
        """
        try:
            while True:
                frame = await self._read(session)
                if frame is None:
                    session = self._switch_session(session)
                else:
                    await self._handle(session, frame)
        finally:
            await self._release()

    async def _read(self, session: EventSubSession) -> Frame | None:
        """The next frame; None when the successor of a reconnect message is open, or has failed to open.

        Raises:
            SessionLost: the connection is lost, and no other one is on its way.
        """
        reconnecting = self._reconnect.task
        if reconnecting is None:
            return await session.read()
        reading = asyncio.ensure_future(session.read())
        try:
            await asyncio.wait({reading, reconnecting}, return_when=asyncio.FIRST_COMPLETED)
            return await reading if reading.done() else None
        except SessionLost:
            # Twitch may close the old session first. The new one takes over its subscriptions, so it is awaited.
            await asyncio.wait({reconnecting})
            return None
        finally:
            # Cancelling a read loses nothing: unread frames stay in the socket, and ``drain_old_session`` reads them.
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _handle(self, session: EventSubSession, frame: Frame) -> None:
        match frame.metadata.message_type:
            case "notification":
                if not self._turn.holds(self._term):
                    await check_turn(self._turn, self._term, session)
                self._listener.on_notification(frame)
                # Only under back-pressure: the futures of ``read_ahead`` would otherwise cost every message.
                if self._listener.is_congested:
                    await session.read_ahead(self._listener.wait_for_capacity())
            case "session_reconnect":
                self._reconnect.begin(frame)
            case "revocation":
                self._on_revocation(frame)
            case _:
                return

    def _switch_session(self, old: EventSubSession) -> EventSubSession:
        """Continue with the session that a reconnect message asked for.

        Raises:
            SessionLost: it could not be opened. A fresh connection now is better than being cut off later.
        """
        session = self._reconnect.result()
        log.info("Moved to another connection to Twitch's events (%s).", self.name)
        self._session = session
        # Added, not replaced: Twitch's list may name the old id for a while, and those must not be deleted.
        self.session_ids.add(session.id)
        self._reconcile_requested.set()
        draining = asyncio.create_task(
            drain_old_session(old, lambda frame: self._handle(old, frame)), name="eventsub-drain"
        )
        self._draining.add(draining)
        draining.add_done_callback(self._draining.discard)
        return session

    # Subscriptions

    def _on_revocation(self, frame: Frame) -> None:
        try:
            subscription = decode_payload(frame, _REVOCATIONS).subscription
        except Unreadable:
            log.warning("Twitch ended a subscription, but did not say which.")
            self._reconcile_requested.set()
            return
        reason = (subscription.status or "no reason")[:60]
        self.subscriptions.on_revoked(subscription.type, reason)
        self.revoked(reason)

    async def _maintain_subscriptions(self) -> None:
        """Subscribe, reconcile a minute later, and then every five minutes, or when requested."""
        # Announced after the first round, although undecided types are still retried: catching up must not wait.
        decided = await self.subscriptions.subscribe_once()
        for callback in tuple(self.opened):
            callback()
        if not decided:
            await self.subscriptions.subscribe()
        wait = RECONCILE_SOON_SECONDS
        while True:
            wait = RECONCILE_SOON_SECONDS if await self._requested_within(wait) else RECONCILE_SECONDS
            await self.subscriptions.reconcile()

    async def _requested_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._reconcile_requested.wait()
        except TimeoutError:
            return False
        self._reconcile_requested.clear()
        return True

    def _on_maintenance_ended(self, task: asyncio.Task[None]) -> None:
        """A connection whose subscriptions nobody maintains is closed, so that ``run`` opens another one."""
        if not task.cancelled() and (exc := task.exception()) is not None:
            log.error("The subscriptions of %s could not be looked after; connecting anew.", self.name, exc_info=exc)
            self.reopen("its subscriptions could not be looked after")

    async def _release(self) -> None:
        maintenance, self._maintenance = self._maintenance, None
        # Cleared before the first await: a reconciliation of the other account must not count these ids as open.
        session, self._session = self._session, None
        self.session_ids = set()
        if maintenance is not None:
            maintenance.cancel()
            await asyncio.wait({maintenance})
        await self._reconnect.cancel()
        if session is not None:
            await session.close()


KEEPALIVE = f"keepalive_timeout_seconds={KEEPALIVE_SECONDS}"


def _query_joint(url: str) -> str:
    return "&" if "?" in url else "?"
