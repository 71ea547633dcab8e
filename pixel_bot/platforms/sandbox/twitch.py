"""The double of Twitch: sessions, subscriptions and what travels between them and the bot."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pixel_bot.platforms.sandbox import frames
from pixel_bot.platforms.sandbox.frames import Json
from pixel_bot.platforms.sandbox.world import BOT, Citizen, World

SUBSCRIBE_WITHIN = 10.0
UNUSED = 4003
HISTORY = 200
MAX_ASKED = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the sandbox's chat."""

    id: str
    who: Citizen
    text: str
    at: datetime
    reply_to: str | None = None
    reply_id: str | None = None


@dataclass(slots=True)
class Session:
    """One connection of the event socket."""

    id: str
    socket: WebSocket
    keepalive: int
    last_sent: float = field(default_factory=time.monotonic)
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, frame: Json) -> None:
        """Send a frame; waits while the receiver is slow. A connection that is gone takes nothing."""
        self.last_sent = time.monotonic()
        if self.socket.application_state is WebSocketState.CONNECTED:
            try:
                await self.socket.send_text(orjson.dumps(frame).decode())
            except (WebSocketDisconnect, RuntimeError):
                return


@dataclass(slots=True)
class Answers:
    """How fast the bot answered."""

    asked: dict[str, float] = field(default_factory=dict[str, float])
    seconds: list[float] = field(default_factory=list[float])

    def ask(self, message_id: str) -> None:
        """A command was sent. Those that nobody answers are forgotten after a while."""
        if len(self.asked) >= MAX_ASKED:
            self.asked.pop(next(iter(self.asked)))
        self.asked[message_id] = time.perf_counter()

    def answered(self, message_id: str | None) -> None:
        """The bot answered it."""
        since = self.asked.pop(message_id or "", None)
        if since is not None:
            self.seconds.append(time.perf_counter() - since)


class Twitch:
    """What the bot takes for Twitch."""

    def __init__(self, world: World, prefix: str = "!") -> None:
        self.world = world
        self._prefix = prefix
        self.sessions: dict[str, Session] = {}
        self.subscriptions: dict[str, Json] = {}
        self.lines: deque[Line] = deque(maxlen=HISTORY)
        self.listeners: set[Callable[[Line], None]] = set()
        self.answers = Answers()
        self.notified = 0
        self._by_id: dict[str, Line] = {}
        self._more = asyncio.Event()

    # The event socket

    async def serve_socket(self, socket: WebSocket) -> None:
        """One client of the event socket, from welcome to close."""
        wanted = socket.query_params.get("keepalive_timeout_seconds", "10")
        keepalive = min(600, max(10, int(wanted) if wanted.isdigit() else 10))
        session = Session(secrets.token_urlsafe(16), socket, keepalive)
        await socket.accept()
        self.sessions[session.id] = session
        self._move_subscriptions(socket.query_params.get("moved_from", ""), session)
        await session.send(frames.welcome(session.id, keepalive, datetime.now(UTC)))
        pulse = asyncio.create_task(self._pulse(session))
        try:
            if (await socket.receive())["type"] != "websocket.disconnect":
                # Twitch takes no messages on this socket.
                await socket.close(4001)
        except WebSocketDisconnect:
            pass
        finally:
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)
            self.sessions.pop(session.id, None)
            self.subscriptions = {k: s for k, s in self.subscriptions.items() if _session_of(s) != session.id}

    async def _pulse(self, session: Session) -> None:
        try:
            async with asyncio.timeout(SUBSCRIBE_WITHIN):
                await session.subscribed.wait()
        except TimeoutError:
            await session.socket.close(UNUSED)
            return
        while True:
            quiet = time.monotonic() - session.last_sent
            if quiet >= session.keepalive - 1:
                await session.send(frames.keepalive(secrets.token_hex(8), datetime.now(UTC)))
                continue
            await asyncio.sleep(session.keepalive - 1 - quiet)

    async def ask_to_move(self, session: Session, url: str) -> None:
        """Ask a client to move to ``url``. Its subscriptions go along, as Twitch has it."""
        address = f"{url}{'&' if '?' in url else '?'}moved_from={session.id}"
        await session.send(frames.reconnect(session.id, address, datetime.now(UTC)))

    def _move_subscriptions(self, old_id: str, session: Session) -> None:
        for subscription in self.subscriptions.values():
            if old_id and _session_of(subscription) == old_id:
                subscription["transport"]["session_id"] = session.id
                session.subscribed.set()
        self._more.set()

    def subscribe(self, kind: str, version: str, condition: Json, session_id: str) -> Json | None:
        """A new subscription; None when an equal one stands."""
        for known in self.subscriptions.values():
            if (known["type"], known["condition"]) == (kind, condition) and _session_of(known) in self.sessions:
                return None
        subscription: Json = {
            "id": secrets.token_hex(16),
            "status": "enabled",
            "type": kind,
            "version": version,
            "condition": condition,
            "transport": {"method": "websocket", "session_id": session_id},
            "created_at": frames.timestamp(datetime.now(UTC)),
            "cost": 0,
        }
        self.subscriptions[subscription["id"]] = subscription
        self.sessions[session_id].subscribed.set()
        self._more.set()
        return subscription

    async def subscribed(self, count: int) -> None:
        """Wait until so many subscriptions stand on open sessions."""
        while sum(_session_of(s) in self.sessions for s in self.subscriptions.values()) < count:
            self._more.clear()
            await self._more.wait()

    async def notify(self, kind: str, event: Json, message_id: str, at: datetime) -> int:
        """Send an event to everyone who subscribed to it. Returns to how many."""
        reached = 0
        for subscription in tuple(self.subscriptions.values()):
            session = self.sessions.get(_session_of(subscription))
            if subscription["type"] == kind and session is not None:
                await session.send(frames.notification(subscription, event, message_id, at))
                reached += 1
        self.notified += reached
        return reached

    # Chat

    async def say(
        self, who: Citizen, text: str, *, message_id: str = "", at: datetime | None = None, reply_to: str | None = None
    ) -> Line:
        """Somebody writes in chat."""
        when = at or datetime.now(UTC)
        line = Line(message_id or secrets.token_hex(16), who, text, when, self._author(reply_to), reply_to)
        self.show(line)
        if who.login != BOT.login and text.startswith(self._prefix):
            self.answers.ask(line.id)
        event = frames.chat_message(who, text, line.id, self._reply(reply_to))
        await self.notify("channel.chat.message", event, line.id, line.at)
        return line

    def show(self, line: Line) -> None:
        """Put a line where the page finds it."""
        if len(self.lines) == HISTORY:
            self._by_id.pop(self.lines[0].id, None)
        self.lines.append(line)
        self._by_id[line.id] = line
        for listener in self.listeners:
            listener(line)

    def _author(self, message_id: str | None) -> str | None:
        line = self._by_id.get(message_id or "")
        return line.who.name if line else None

    def _reply(self, message_id: str | None) -> Json | None:
        line = self._by_id.get(message_id or "")
        if line is None:
            return None
        who = line.who
        parent: dict[str, Any] = {
            "parent_message_id": line.id,
            "parent_message_body": line.text,
            "parent_user_id": who.id,
            "parent_user_login": who.login,
            "parent_user_name": who.name,
        }
        thread = {f"thread_{k.removeprefix('parent_')}": v for k, v in parent.items() if "body" not in k}
        return parent | thread


def _session_of(subscription: Json) -> str:
    return subscription["transport"]["session_id"]
