"""One open page of the sandbox: what it is told, and what it asks for."""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from sqlalchemy import text
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pixel_bot.platforms.sandbox import frames
from pixel_bot.platforms.sandbox.twitch import Line, Twitch
from pixel_bot.platforms.sandbox.world import PERSONAS, STREAMER, Citizen, Role, citizen, is_login
from pixel_bot.services import ledger
from pixel_bot.services.award_batch import EventAward
from pixel_bot.services.container import Services
from pixel_bot.services.people import Person
from pixel_bot.services.words import in_words
from pixel_bot.texts import count, visible

PLAY_MONEY = 1_000
TICK = 0.2
"""Seconds between two rounds of news to the page."""

LINES_A_TICK = 60
RESTARTING = 1012
END_SECONDS = 2.0
ROLES: set[str] = {"viewer", "subscriber", "vip", "moderator"}

CommandList = Callable[[], Sequence[dict[str, Any]]]


class Visit:
    """One open page."""

    def __init__(self, socket: WebSocket, twitch: Twitch, services: Services, commands: CommandList) -> None:
        self._socket = socket
        self._twitch = twitch
        self._services = services
        self._commands = commands
        self._who: Citizen | None = None
        self._lines: deque[Line] = deque(maxlen=LINES_A_TICK)
        self._changed = asyncio.Event()
        self._gone = asyncio.Event()
        self._finished = asyncio.Event()
        self._last: dict[str, Any] = {}
        self.replay_news: dict[str, Any] | None = None

    async def run(self) -> None:
        """Serve the page until it is closed."""
        self._twitch.listeners.add(self._on_line)
        self._services.database.committed.add(self._changed.set)
        news: asyncio.Task[None] | None = None
        try:
            for persona in PERSONAS:
                # So that one can give points to them before they ever wrote.
                if persona.role != "joystick":
                    await self._services.viewers.meet(_person(persona))
            await self._send(await self._hello())
            news = asyncio.create_task(self._tell_news())
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                await self._take(message.get("text") or "")
        except WebSocketDisconnect:
            pass
        finally:
            self._gone.set()
            self._changed.set()
            if news is not None:
                # Not cancelled: a query that is cut short would take its database connection with it.
                await asyncio.gather(news, return_exceptions=True)
            self._twitch.listeners.discard(self._on_line)
            self._services.database.committed.discard(self._changed.set)
            self._finished.set()

    async def end(self) -> None:
        """Close the page's connection, and wait until nothing of it is at work."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._socket.close(RESTARTING)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._finished.wait(), END_SECONDS)

    # To the page

    async def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "channel": STREAMER.login,
            "bot": "pixelbot",
            "prefix": self._services.settings.command_prefix,
            "personas": [
                {"login": p.login, "name": p.name, "role": p.role, "color": p.color, "enabled": p.role != "joystick"}
                for p in PERSONAS
            ],
            "picked": None,
            "chat": [_line(line) for line in list(self._twitch.lines)[-60:]],
            "commands": list(self._commands()),
            "stats": await self._stats(),
        }

    async def _tell_news(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while not self._gone.is_set():
                await self._changed.wait()
                self._changed.clear()
                await self._tell_lines()
                if self.replay_news is not None:
                    news, self.replay_news = self.replay_news, None
                    await self._send(news)
                await self._send_if_new(await self._stats())
                if self._who is not None:
                    await self._send_if_new(await self._viewer(self._who))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._gone.wait(), TICK)

    async def _tell_lines(self) -> None:
        if self._lines:
            lines = [_line(line) for line in self._lines]
            self._lines.clear()
            await self._send({"type": "chat", "lines": lines})

    async def _stats(self) -> dict[str, Any]:
        async with self._services.database.readers() as session:
            viewers = (await session.execute(text("SELECT COUNT(*) FROM users"))).scalar_one()
        totals = self._services.awards.totals
        return {"type": "stats", "viewers": viewers, "messages": totals.messages, "points": totals.points}

    async def _viewer(self, who: Citizen) -> dict[str, Any]:
        viewer = await self._services.viewers.meet(_person(who))
        standing = await self._services.levels.standing(viewer)
        async with self._services.database.readers() as session:
            rows = await ledger.history(session, viewer.id, 8)
        return {
            "type": "viewer",
            "login": who.login,
            "name": viewer.display_name,
            "points": viewer.points,
            "xp": standing.xp,
            "level": standing.level,
            "level_floor": standing.floor,
            "next_level_xp": standing.next,
            "ledger": [
                {
                    "id": row.id,
                    "amount": row.amount,
                    "words": in_words(row),
                    "balance": row.balance_after,
                    "at": row.at.isoformat() if row.at else "",
                }
                for row in rows
            ],
        }

    async def _send(self, message: dict[str, Any]) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            await self._socket.send_text(orjson.dumps(message).decode())

    async def _send_if_new(self, message: dict[str, Any]) -> None:
        if self._last.get(message["type"]) != message:
            self._last[message["type"]] = message
            await self._send(message)

    def _on_line(self, line: Line) -> None:
        self._lines.append(line)
        self._changed.set()

    # From the page

    async def _take(self, raw: str) -> None:
        try:
            message: Any = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return
        if not isinstance(message, dict):
            return
        wish = cast(dict[str, Any], message)
        match wish.get("do"):
            case "pick":
                await self._pick(str(wish.get("login", "")), str(wish.get("role", "viewer")))
            case "say" if self._who is not None:
                await self._say(self._who, visible(str(wish.get("text", ""))))
            case "event" if self._who is not None:
                await self._fire(self._who, str(wish.get("kind", "")), wish.get("amount"))
            case "say" | "event":
                await self._send({"type": "refused", "text": "Pick somebody to type as first."})
            case _:
                return

    async def _pick(self, login: str, role: str) -> None:
        login = login.strip().lower()
        if not is_login(login):
            await self._send({"type": "refused", "text": "A name has 1 to 25 letters, digits or underscores."})
            return
        persona = next((p for p in PERSONAS if p.login == login), None)
        if persona is not None and persona.role == "joystick":
            await self._send({"type": "refused", "text": "Joystick.tv comes later."})
            return
        self._who = persona or citizen(login, cast(Role, role) if role in ROLES else "viewer")
        self._twitch.world.settle(self._who)
        gift = EventAward(f"sandbox:{login}", "sandbox", _person(self._who), PLAY_MONEY, 0, datetime.now(UTC))
        await self._services.awards.event(gift)
        self._last.pop("viewer", None)
        self._changed.set()

    async def _say(self, who: Citizen, words: str) -> None:
        if not words:
            return
        if len(words) > 500:
            await self._send({"type": "refused", "text": "Twitch takes 500 characters in one message."})
            return
        await self._twitch.say(who, words)

    async def _fire(self, who: Citizen, kind: str, amount: object) -> None:
        number = min(max(int(amount), 1), 10_000) if isinstance(amount, int) else 1
        now = datetime.now(UTC)
        events: dict[str, tuple[str, frames.Json, str]] = {
            "follow": ("channel.follow", frames.follow(who, now), "followed"),
            "sub": ("channel.subscribe", frames.subscribe(who), "subscribed"),
            "gift": ("channel.subscription.gift", frames.gift(who, number), f"gifted {count(number, 'sub')}"),
            "cheer": ("channel.cheer", frames.cheer(who, number), f"cheered {count(number, 'bit')}"),
            "raid": ("channel.raid", frames.raid(who, number), f"raids with {count(number, 'viewer')}"),
        }
        if kind not in events:
            return
        subscription, event, words = events[kind]
        await self._twitch.notify(subscription, event, secrets.token_hex(16), now)
        told = {"type": "event", "kind": kind, "name": who.name, "amount": number, "text": f"{who.name} {words}"}
        await self._send(told)


def _person(who: Citizen) -> Person:
    return Person(who.id, who.login, who.name)


def _line(line: Line) -> dict[str, Any]:
    bot = line.who.role == "bot"
    return {
        "id": line.id,
        "login": line.who.login,
        "name": line.who.name,
        "color": line.who.color,
        "badges": ["bot"] if bot else list(line.who.badges),
        "text": line.text,
        "at": line.at.astimezone(UTC).isoformat(),
        "bot": bot,
        "reply_to": line.reply_to,
    }
