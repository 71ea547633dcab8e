"""Requests to Twitch over a real connection."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from aiohttp import web

from pixel_bot.logs import hide
from pixel_bot.platforms.wire import MOST_BYTES, NoAnswer, Wire, without_secrets


@pytest.fixture
async def server() -> AsyncGenerator[str]:
    """Answers in small pieces, or with more than anybody wants."""

    async def pieces(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b'{"data": [', b'{"id": "1"}', b"]}"):
            await response.write(piece)
            await asyncio.sleep(0.01)
        return response

    async def huge(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (MOST_BYTES + 1))

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPFound("/pieces")

    app = web.Application()
    app.add_routes([web.get("/pieces", pieces), web.get("/huge", huge), web.get("/moved", moved)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_an_answer_that_comes_in_pieces_is_read_whole(wire: Wire, server: str) -> None:
    assert (await wire.send("GET", f"{server}/pieces")).body == {"data": [{"id": "1"}]}


async def test_an_answer_without_end_is_none(wire: Wire, server: str) -> None:
    with pytest.raises(NoAnswer):
        await wire.send("GET", f"{server}/huge")


async def test_nobody_is_led_elsewhere(wire: Wire, server: str) -> None:
    assert (await wire.send("GET", f"{server}/moved")).status == 302


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/?client_secret=hush", "nonsense", "http://[bad/", "ftp://x/"])
async def test_an_address_that_leads_nowhere_is_no_answer_and_is_not_repeated(wire: Wire, url: str) -> None:
    with pytest.raises(NoAnswer) as failed:
        await wire.send("GET", url)
    assert failed.value.__context__ is None
    assert url not in str(failed.value)


def test_a_secret_at_the_edge_of_a_message_is_hidden_all_the_same() -> None:
    hide("edge-of-a-message")
    words = without_secrets("." * 290 + "edge-of-a-message")
    assert "edge" not in words
