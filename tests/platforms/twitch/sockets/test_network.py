"""A network that is away for a while."""

import asyncio
import socket as system
from typing import Any

import pytest

from pixel_bot.testing import SettableClock
from tests.harness.twitch_harness import DOUBLE, Harness, listening
from tests.platforms.twitch.sockets.socket_helpers import Json, Till, signed_in


async def test_after_minutes_without_a_network_it_is_back_by_itself(home: Harness) -> None:
    till = Till(home)
    clock = SettableClock()
    async with home.signed_in(clock, points_chat_cooldown_seconds=0) as app:
        await till.ring(app)
        await home.leave()
        clock.advance(300)
        async with asyncio.timeout(10):
            while len(app.platform.problems()) < 2:
                await asyncio.sleep(0.01)
        status, page = await home.get(app, "/healthz")
        assert status == 503
        assert "The connection to Twitch as bot is down" in page
        assert "Twitch is not connected" in (await home.get(app, "/setup"))[1]
        await asyncio.sleep(1)  # many attempts
        await home.return_()
        await home.all_heard()
        await till.ring(app)
        await listening(app)
        assert (await home.get(app, "/healthz"))[0] == 200


async def test_a_bot_that_starts_without_a_network_says_so_and_comes_back_by_itself(home: Harness) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        await till.ring(app)
    await home.leave()
    async with home.bot(points_chat_cooldown_seconds=0) as app:
        async with asyncio.timeout(10):
            while not (problems := app.platform.problems()) or "no connection" not in problems[0]:
                await asyncio.sleep(0.01)
        status, page = await home.get(app, "/healthz")
        assert status == 503
        assert "no connection" in page
        assert "Twitch is not connected" in (await home.get(app, "/setup"))[1]
        await home.return_()
        await home.all_heard()
        await till.ring(app)
        assert (await home.get(app, "/healthz"))[0] == 200


async def test_names_that_cannot_be_resolved_at_the_start_are_tried_again(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        await till.ring(app)
    resolve = system.getaddrinfo
    works = False

    def lame(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if port == home.web.port and not works:
            raise system.gaierror(-3, "Temporary failure in name resolution")
        return resolve(host, port, *args, **options)

    monkeypatch.setattr(system, "getaddrinfo", lame)
    base = f"localhost:{home.web.port}{DOUBLE}"
    urls: Json = {
        "twitch_helix_url": f"http://{base}/helix/",
        "twitch_id_url": f"http://{base}/",
        "twitch_eventsub_url": f"ws://{base}/ws",
    }
    async with home.bot(None, points_chat_cooldown_seconds=0, **urls) as app:
        async with asyncio.timeout(10):
            while not (problems := app.platform.problems()) or "DNS" not in problems[0]:
                await asyncio.sleep(0.01)
        assert (await home.get(app, "/healthz"))[0] == 503
        works = True
        await home.all_heard()
        await till.ring(app)
