"""A client of the double's event socket."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from pixel_bot.sandbox.twitch.session import SandboxSession
from pixel_bot.sandbox.twitch.subscription_types import KINDS
from pixel_bot.sandbox.twitch.tokens import ALL_SCOPES
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser
from tests.sandbox.twitch.client import Answer, Double

CHANNEL = {"broadcaster_user_id": STREAMER.id}
CHAT = {**CHANNEL, "user_id": BOT.id}
FOLLOW = {**CHANNEL, "moderator_user_id": BOT.id}


class Client:
    """One open event socket, welcomed."""

    def __init__(self, double: Double, socket: aiohttp.ClientWebSocketResponse, welcome: dict[str, Any]) -> None:
        self._double = double
        self._socket = socket
        self.welcome = welcome
        self.id: str = welcome["payload"]["session"]["id"]

    @property
    def session(self) -> SandboxSession:
        """The double's end of it."""
        return self._double.twitch.sessions[self.id]

    async def hear(self) -> dict[str, Any]:
        """The next frame."""
        async with asyncio.timeout(5):
            return await self._socket.receive_json()

    async def code(self) -> int | None:
        """Wait until the socket is closed. Returns its code."""
        async with asyncio.timeout(5):
            while not self._socket.closed:
                await self._socket.receive()
        return self._socket.close_code

    async def say(self, words: str) -> None:
        await self._socket.send_str(words)


@asynccontextmanager
async def connected(double: Double, url: str = "") -> AsyncGenerator[Client]:
    async with double.http.ws_connect(url or f"{double.url}/ws?keepalive_timeout_seconds=10") as socket:
        async with asyncio.timeout(5):
            welcome = await socket.receive_json()
        yield Client(double, socket, welcome)


async def subscribe(
    double: Double,
    client: Client,
    kind: str,
    condition: dict[str, Any],
    who: SandboxUser | None = STREAMER,
    scopes: tuple[str, ...] = ALL_SCOPES,
    version: str = "",
) -> Answer:
    body = {
        "type": kind,
        "version": version or (KINDS[kind].version if kind in KINDS else "1"),
        "condition": condition,
        "transport": {"method": "websocket", "session_id": client.id},
    }
    return await double.ask("POST", "eventsub/subscriptions", who, body, scopes)


async def listed(double: Double, who: SandboxUser = BOT, **filters: str) -> list[dict[str, Any]]:
    return (await double.ask("GET", "eventsub/subscriptions", who, **filters)).data
