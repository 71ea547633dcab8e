"""The double of Twitch: sessions, subscriptions and what travels between them and the bot."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pixel_bot.platforms.sandbox import frames
from pixel_bot.platforms.sandbox.clips import Clips
from pixel_bot.platforms.sandbox.frames import Json
from pixel_bot.platforms.sandbox.room import Answers, Line, Room
from pixel_bot.platforms.sandbox.world import BOT, Citizen, World

SUBSCRIBE_WITHIN = 10.0
UNUSED = 4003


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


class Twitch:
    """What the bot takes for Twitch."""

    def __init__(self, world: World, prefix: str = "!") -> None:
        self.world = world
        self._prefix = prefix
        self.sessions: dict[str, Session] = {}
        self.subscriptions: dict[str, Json] = {}
        self.room = Room()
        self.listeners: set[Callable[[Line], None]] = set()
        self.removals: set[Callable[[list[str]], None]] = set()
        """Called with the ids of lines that a mod took out."""
        self.answers = Answers()
        self.clips = Clips()
        self.live = True
        """Whether the stream is on. Where it is not, Twitch makes no clip."""
        self.notified = 0
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
        line = Line(message_id or secrets.token_hex(16), who, text, when, self.room.author(reply_to), reply_to)
        self.room.add(line)
        for listener in self.listeners:
            listener(line)
        if who.login != BOT.login and text.startswith(self._prefix):
            self.answers.ask(line.id)
        event = frames.chat_message(who, text, line.id, self.room.reply(reply_to))
        await self.notify("channel.chat.message", event, line.id, line.at)
        return line

    async def delete(self, line: Line) -> None:
        """A mod deletes a message."""
        if self._remove(lambda other: other.id == line.id):
            event = frames.message_delete(line.who, line.id)
            await self.notify("channel.chat.message_delete", event, secrets.token_hex(16), datetime.now(UTC))

    async def time_out(self, who: Citizen) -> None:
        """A mod sends somebody off for a while, which takes out all that they wrote."""
        self._remove(lambda line: line.who.id == who.id)
        event = frames.clear_user_messages(who)
        await self.notify("channel.chat.clear_user_messages", event, secrets.token_hex(16), datetime.now(UTC))

    def _remove(self, fits: Callable[[Line], bool]) -> bool:
        gone = self.room.remove(fits)
        for tell in self.removals if gone else ():
            tell(gone)
        return bool(gone)


def _session_of(subscription: Json) -> str:
    return subscription["transport"]["session_id"]
