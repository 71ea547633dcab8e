"""The double of EventSub: sessions, their subscriptions, and the faults of both."""

import asyncio
import secrets
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.session import SandboxSession, SessionState
from pixel_bot.web.connections import greet, trust

SENT_SOMETHING = 4001
UNUSED = 4003
NOT_MOVED = 4004
BAD_ADDRESS = 4007
CUT = {1005, 1006}
"""Close codes of a connection that was cut, without a close frame."""


class EventSub:
    """Sessions by id, and subscriptions by id as Helix shows them."""

    def __init__(self) -> None:
        self.sessions: dict[str, SandboxSession] = {}
        self.subscriptions: dict[str, Json] = {}
        self.owners: dict[str, str] = {}
        """Whose token made a subscription: user ids by the subscription's id."""
        self.subscribe_within = 10.0
        """Seconds until a session without a subscription is closed with 4003."""
        self.move_within = 30.0
        """Seconds until a session that got a reconnect message is closed with 4004."""
        self.linger = 0.0
        """Seconds until Twitch notices that a connection was cut: until then its subscriptions exist."""
        self.equal_subscriptions = 1
        """How many equal subscriptions a user may hold, each on a session of its own. Twitch's limit is 3
        (https://discuss.dev.twitch.com/t/rfc-0014-eventsub-subscription-limit-changes/30312); with 1 a second one is
        refused on other sessions, too, which is what the bot must also bear."""
        self.notified = 0
        """How many notifications were sent."""
        self._lingering: dict[str, float] = {}
        self._reconnects: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve_socket(self, socket: WebSocket) -> None:
        """One client of the event socket, from welcome to close."""
        await socket.accept()
        greet(socket.scope)  # it has its own time limit, below
        challenge = socket.query_params.get("challenge", "")
        if challenge and challenge not in self._reconnects:
            await socket.close(BAD_ADDRESS)
            return
        requested = socket.query_params.get("keepalive_timeout_seconds", "10")
        keepalive = min(600, max(10, int(requested) if requested.isdigit() and requested.isascii() else 10))
        session = SandboxSession(secrets.token_urlsafe(16), socket, keepalive)
        self.sessions[session.id] = session
        self._move_subscriptions(self._reconnects.pop(challenge, ""), session)
        await session.send(frames.welcome(session.id, keepalive, session.connected_at))
        keepalives = asyncio.create_task(self._send_keepalives(session))
        try:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                if message.get("code") in CUT:
                    session.state = SessionState.LOST
            else:
                # Twitch takes no messages on this socket.
                await session.close(SENT_SOMETHING)
        except WebSocketDisconnect:
            pass
        finally:
            keepalives.cancel()
            await asyncio.gather(keepalives, return_exceptions=True)
            self._end(session)

    async def _send_keepalives(self, session: SandboxSession) -> None:
        try:
            async with asyncio.timeout(self.subscribe_within):
                await session.subscribed.wait()
        except TimeoutError:
            await session.close(UNUSED)
            return
        while True:
            quiet = time.monotonic() - session.last_sent
            if quiet >= session.keepalive - 1:
                await session.send(frames.keepalive(secrets.token_hex(8), datetime.now(UTC)))
                continue
            await asyncio.sleep(session.keepalive - 1 - quiet)

    def _end(self, session: SandboxSession) -> None:
        self.sessions.pop(session.id, None)
        if session.state is SessionState.LOST and self.linger > 0:
            self._lingering[session.id] = time.monotonic() + self.linger
        self.remove_ended()
        session.ended.set()

    # What Twitch does to a session

    async def ask_to_move(self, session: SandboxSession, url: str) -> None:
        """Ask a client to move to ``url`` within ``move_within`` seconds. Its subscriptions go along."""
        challenge = secrets.token_hex(8)
        self._reconnects[challenge] = session.id
        address = f"{url}{'&' if '?' in url else '?'}challenge={challenge}"
        await session.send(frames.reconnect(session.id, address, datetime.now(UTC)))
        self.spawn(self._close_unless_moved(session, challenge))

    async def _close_unless_moved(self, session: SandboxSession, challenge: str) -> None:
        try:
            async with asyncio.timeout(self.move_within):
                await session.ended.wait()
        except TimeoutError:
            await session.close(NOT_MOVED)
        finally:
            self._reconnects.pop(challenge, None)

    async def lose(self, session: SandboxSession, *, mid_frame: bool = False) -> None:
        """Cut the connection without a close frame; with ``mid_frame`` inside a frame. Waits for the end."""
        session.cut(mid_frame=mid_frame)
        await session.ended.wait()

    def silence(self, session: SandboxSession) -> None:
        """From now on the session is open, and gets nothing: no event, no keepalive."""
        session.state = SessionState.SILENT

    async def end_subscriptions(self, user_id: str, status: str = "authorization_revoked") -> None:
        """Twitch ends all subscriptions that somebody's token made, and says so."""
        for subscription in [s for key, s in self.subscriptions.items() if self.owners.get(key) == user_id]:
            ended = subscription | {"status": status}
            session = self.sessions.get(session_of(subscription))
            self.drop(subscription["id"])
            if session is not None:
                await session.send(frames.revocation(ended, datetime.now(UTC)))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in a background task."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Subscriptions

    def subscribe(
        self, kind: str, version: str, condition: Json, session_id: str, user_id: str = "", cost: int = 0
    ) -> Json | None:
        """A new subscription of a user; None when an equal one exists, on this session or on as many as may be."""
        on = [session_of(equal) for equal in self.equal(kind, condition, user_id)]
        if session_id in on or len(on) >= self.equal_subscriptions:
            return None
        session = self.sessions[session_id]
        now = datetime.now(UTC)
        connected_at = frames.timestamp(session.connected_at)
        subscription: Json = {
            "id": secrets.token_hex(16),
            "status": "enabled",
            "type": kind,
            "version": version,
            "condition": condition,
            "transport": {"method": "websocket", "session_id": session_id, "connected_at": connected_at},
            "created_at": frames.timestamp(now),
            "cost": cost,
        }
        self.subscriptions[subscription["id"]] = subscription
        self.owners[subscription["id"]] = user_id
        session.subscribed.set()
        trust(session.socket.scope)
        self._changed.set()
        return subscription

    def equal(self, kind: str, condition: Json, user_id: str) -> list[Json]:
        """The subscriptions of a user to a type, with a condition."""
        standing = self.of(user_id)
        return [known for known in standing if (known["type"], known["condition"]) == (kind, condition)]

    def drop(self, subscription_id: str) -> bool:
        """A subscription ends. Returns False where there is none of that id."""
        self.owners.pop(subscription_id, None)
        return self.subscriptions.pop(subscription_id, None) is not None

    def of(self, user_id: str) -> list[Json]:
        """The subscriptions that a user's token made, also those of sessions that Twitch takes for alive."""
        self.remove_ended()
        return [s for key, s in self.subscriptions.items() if self.owners.get(key, "") == user_id]

    def remove_ended(self) -> None:
        """Forget the subscriptions of sessions that are over, once Twitch has noticed."""
        now = time.monotonic()
        self._lingering = {key: until for key, until in self._lingering.items() if until > now}
        alive = {*self.sessions, *self._lingering}
        self.subscriptions = {key: s for key, s in self.subscriptions.items() if session_of(s) in alive}
        self.owners = {key: user for key, user in self.owners.items() if key in self.subscriptions}

    def _move_subscriptions(self, old_id: str, session: SandboxSession) -> None:
        for subscription in self.subscriptions.values():
            if old_id and session_of(subscription) == old_id:
                subscription["transport"]["session_id"] = session.id
                session.subscribed.set()
                trust(session.socket.scope)
        self._changed.set()

    async def subscribed(self, count: int) -> None:
        """Wait until so many subscriptions stand on open sessions."""
        while sum(session_of(s) in self.sessions for s in self.subscriptions.values()) < count:
            self._changed.clear()
            await self._changed.wait()

    async def notify(self, kind: str, event: Json, message_id: str, at: datetime) -> int:
        """Send an event to everyone who subscribed to it, from the second one on under ids of their own.

        Returns to how many.
        """
        reached = 0
        for subscription in tuple(self.subscriptions.values()):
            session = self.sessions.get(session_of(subscription))
            if subscription["type"] == kind and session is not None and concerns(subscription, event):
                own_id = f"{message_id}-{reached}" if reached else message_id
                reached += await session.send(frames.notification(subscription, event, own_id, at))
        self.notified += reached
        return reached

    async def emit(self, kind: str, event: Json) -> int:
        """Send an event of this moment, with an id of its own."""
        return await self.notify(kind, event, secrets.token_hex(16), datetime.now(UTC))


def session_of(subscription: Json) -> str:
    """The session that a subscription is on."""
    return subscription["transport"]["session_id"]


def concerns(subscription: Json, event: Json) -> bool:
    """False for an event of another reward than the subscription names."""
    wanted = subscription["condition"].get("reward_id")
    return not wanted or event.get("reward", {}).get("id") == wanted
