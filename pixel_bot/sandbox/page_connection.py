"""One open page of the sandbox: a websocket that pushes updates and takes requests."""

import asyncio
import contextlib
from collections import deque
from typing import Any, cast

import orjson
from sqlalchemy.exc import DBAPIError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pixel_bot.sandbox.joystick.double import JoystickDouble, JoystickMessage
from pixel_bot.sandbox.page_actions import PageActions, Refused
from pixel_bot.sandbox.page_updates import CommandList, PageUpdates, joystick_message_update, message_update, person_of
from pixel_bot.sandbox.play_money import give_play_money
from pixel_bot.sandbox.twitch.double import SandboxMessage, TwitchDouble
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import PERSONAS, SandboxUser
from pixel_bot.services import Services
from pixel_bot.web.connections import greet

TICK = 0.2
"""Seconds between two updates of the page."""

MESSAGES_A_TICK = 60
RESTARTING = 1012
END_SECONDS = 2.0


class PageConnection:
    """One open page."""

    def __init__(
        self,
        socket: WebSocket,
        twitch: TwitchDouble,
        joystick: JoystickDouble,
        services: Services,
        commands: CommandList,
    ) -> None:
        self._socket = socket
        self._twitch = twitch
        self._joystick = joystick
        self._services = services
        self._updates = PageUpdates(twitch, joystick, services, commands)
        self._actions = PageActions(twitch, joystick)
        self._who: SandboxUser | None = None
        self._messages: deque[Json] = deque()
        self._removed: list[str] = []
        self._changed = asyncio.Event()
        self._gone = asyncio.Event()
        self._finished = asyncio.Event()
        self._last: dict[str, Json] = {}
        self.replay_update: Json | None = None

    async def run(self) -> None:
        """Serve the page until it is closed."""
        self._listen()
        pushing: asyncio.Task[None] | None = None
        try:
            for persona in PERSONAS:
                # So that one can give points to them before they ever wrote.
                await self._services.viewers.meet(person_of(persona))
            await self._send(await self._updates.hello())
            self._changed.set()
            pushing = asyncio.create_task(self._push_updates())
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                # A page says something as soon as it is open. What never does is closed by the server.
                greet(self._socket.scope)
                await self._take(message.get("text") or message.get("bytes") or "")
        except WebSocketDisconnect:
            pass
        finally:
            self._gone.set()
            self._changed.set()
            if pushing is not None:
                # Not cancelled: a query that is cut short would take its database connection with it.
                await asyncio.gather(pushing, return_exceptions=True)
            self._stop_listening()
            self._finished.set()

    async def end(self) -> None:
        """Close the page's connection, and wait until nothing of it is at work."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._push_chat()  # what was said last is shown
            await self._socket.close(RESTARTING)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._finished.wait(), END_SECONDS)

    def _listen(self) -> None:
        self._twitch.listeners.add(self._on_message)
        self._joystick.listeners.add(self._on_joystick_message)
        self._twitch.removals.add(self._on_removal)
        self._twitch.changed.add(self._changed.set)
        self._services.database.committed.add(self._changed.set)
        self._services.overlay.changed.add(self._changed.set)

    def _stop_listening(self) -> None:
        self._twitch.listeners.discard(self._on_message)
        self._joystick.listeners.discard(self._on_joystick_message)
        self._twitch.removals.discard(self._on_removal)
        self._twitch.changed.discard(self._changed.set)
        self._services.database.committed.discard(self._changed.set)
        self._services.overlay.changed.discard(self._changed.set)

    # To the page

    async def _push_updates(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while not self._gone.is_set():
                await self._changed.wait()
                self._changed.clear()
                await self._push_chat()
                if self.replay_update is not None:
                    update, self.replay_update = self.replay_update, None
                    await self._send(update)
                with contextlib.suppress(DBAPIError):  # the log has it; chat goes on
                    await self._push_state()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._gone.wait(), TICK)

    async def _push_state(self) -> None:
        await self._send_if_new(self._updates.channel(self._who))
        await self._send_if_new(await self._updates.redeems())
        await self._send_if_new(await self._updates.queue())
        await self._send_if_new(await self._updates.stats())
        if self._who is not None:
            await self._send_if_new(await self._updates.viewer(self._who))

    async def _push_chat(self) -> None:
        if self._messages:
            lines = list(self._messages)
            self._messages.clear()
            await self._send({"type": "chat", "lines": lines})
        if self._removed:
            ids, self._removed = self._removed, []
            await self._send({"type": "removed", "ids": ids})

    async def _send(self, message: Json) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            await self._socket.send_text(orjson.dumps(message).decode())

    async def _send_if_new(self, message: Json) -> None:
        if self._last.get(message["type"]) != message:
            self._last[message["type"]] = message
            await self._send(message)

    def _on_message(self, message: SandboxMessage) -> None:
        self._note(message_update(message))

    def _on_joystick_message(self, message: JoystickMessage) -> None:
        self._note(joystick_message_update(message))

    def _note(self, line: Json) -> None:
        """Of a crowd's messages the oldest are left out; what the bot says is not."""
        self._messages.append(line)
        if len(self._messages) > MESSAGES_A_TICK:
            surplus = next((place for place, other in enumerate(self._messages) if not other["bot"]), 0)
            del self._messages[surplus]
        self._changed.set()

    def _on_removal(self, ids: list[str]) -> None:
        self._removed += ids
        self._changed.set()

    # From the page

    async def _take(self, raw: str | bytes) -> None:
        try:
            message: Any = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return
        if not isinstance(message, dict):
            return
        try:
            await self._do(cast(Json, message))
        except Refused as refusal:
            await self._send({"type": "refused", "text": str(refusal)})

    async def _do(self, request: Json) -> None:
        if request.get("do") == "pick":
            await self._pick(self._actions.pick(str(request.get("login", "")), str(request.get("role", ""))))
            return
        update = await self._actions.perform(self._who, request)
        if update is not None:
            await self._send(update)

    async def _pick(self, who: SandboxUser) -> None:
        self._who = who
        await give_play_money(self._services, who)
        self._last.pop("viewer", None)
        self._changed.set()
