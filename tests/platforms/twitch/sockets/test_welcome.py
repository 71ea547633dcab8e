"""A welcome that does not come."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from starlette.websockets import WebSocket, WebSocketDisconnect

from pixel_bot.platforms.twitch.eventsub.session import EventSubSession as Connection
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.harness.twitch_harness import DOUBLE, Harness
from tests.platforms.twitch.sockets.socket_helpers import Till, signed_in

Serve = Callable[[WebSocket], Awaitable[None]]


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect):
        await socket.receive()


async def _says_nothing(socket: WebSocket) -> None:
    await socket.accept()
    await _until_gone(socket)


def _welcomes_with(session: Any) -> Serve:
    async def serve(socket: WebSocket) -> None:
        await socket.accept()
        welcome = {"metadata": {"message_type": "session_welcome"}, "payload": {"session": session}}
        await socket.send_json(welcome)
        await _until_gone(socket)

    return serve


async def _refuses(socket: WebSocket) -> None:
    await socket.close(4000)


async def test_without_a_proper_welcome_it_tries_again(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till(home)
    well = home.twitch.serve_socket
    odd = [
        _says_nothing,
        _refuses,
        _welcomes_with(None),
        _welcomes_with({}),
        _welcomes_with({"id": None}),
        _welcomes_with({"id": ""}),
        _welcomes_with({"id": "x", "keepalive_timeout_seconds": "soon"}),
    ]

    async def oddly_at_first(socket: WebSocket) -> None:
        await (odd.pop() if odd else well)(socket)

    monkeypatch.setattr(home.twitch, "serve_socket", oddly_at_first)
    async with signed_in(home) as app:
        assert odd == []
        await till.ring(app)


async def test_the_bot_ends_also_while_it_waits_for_a_welcome(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub.session.WELCOME_SECONDS", 60.0)
    arrived = asyncio.Event()
    gone = asyncio.Event()

    async def serve(socket: WebSocket) -> None:
        arrived.set()
        await _says_nothing(socket)
        gone.set()

    monkeypatch.setattr(home.twitch, "serve_socket", serve)
    async with home.bot() as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        async with asyncio.timeout(5):
            await arrived.wait()
        status, page = await home.get(app, "/healthz")
        assert status == 503
        assert "is down" in page
    async with asyncio.timeout(5):
        await gone.wait()


async def test_a_connection_that_nobody_waits_for_any_more_is_closed(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def serve(socket: WebSocket) -> None:
        arrived.set()
        await _says_nothing(socket)
        gone.set()

    monkeypatch.setattr(home.twitch, "serve_socket", serve)
    monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub.session.WELCOME_SECONDS", 60.0)
    opening = asyncio.create_task(Connection.open(home.http, f"ws://{home.web.address}{DOUBLE}/ws"))
    async with asyncio.timeout(5):
        await arrived.wait()
        await asyncio.sleep(0.1)  # until the bot's side knows, too
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await gone.wait()
