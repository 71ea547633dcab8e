"""A bot that is killed fulfils or cancels each redemption once."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest
from websockets.exceptions import ConnectionClosed

from pixel_bot.sandbox.twitch.channel_points import BALANCE, Redemption
from pixel_bot.sandbox.twitch.users import sandbox_user
from tests.harness import ready_python
from tests.harness.page_double import PageDouble
from tests.harness.twitch_harness import Harness
from tests.platforms.twitch.channel_points.redemption_helpers import (
    ADDED,
    ALICE,
    COST,
    SECONDS,
    balance,
    becomes,
    items,
    ledger,
    offered,
    ours,
    page_of,
    status_of,
)

REDEMPTIONS = "channel_points/custom_rewards/redemptions"
KEY = "overlay-key"


class Mortal:
    """A bot in a process of its own, with the accounts that signed in before; its port stays the same."""

    def __init__(self, home: Harness) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        settings = home.settings(data_dir=home.folder, web_port=self.port, overlay_key=KEY)
        self._environment = os.environ | {name.upper(): str(value) for name, value in settings.items()}
        self._folder = home.folder
        self._process: Process | None = None

    async def start(self) -> None:
        """Start it; where it listens, the rest follows."""
        self._process = await ready_python.start(
            sys.executable, "-m", "pixel_bot", cwd=self._folder, env=self._environment, stdout=asyncio.subprocess.PIPE
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(SECONDS):
            while not (await self._process.stdout.readline()).startswith(b"Pixel Bot"):
                assert self._process.returncode is None

    async def kill(self) -> None:
        """The power goes, if it is on."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            # Reads what is left, so that nothing of the process stays open.
            await process.communicate()


@asynccontextmanager
async def page_at(mortal: Mortal) -> AsyncGenerator[PageDouble]:
    """The overlay page of a bot that may be killed under it."""
    page = PageDouble(f"127.0.0.1:{mortal.port}", KEY)
    await page.open()
    try:
        yield page
    finally:
        with suppress(ConnectionClosed):
            await page.close()
        await asyncio.gather(*([page._reader] if page._reader else []), return_exceptions=True)


@pytest.fixture
async def mortal(home: Harness) -> AsyncGenerator[Mortal]:
    if not hasattr(signal, "SIGKILL"):
        pytest.skip("SIGKILL is not on this system")
    async with home.signed_in():
        await offered(home)
    bot = Mortal(home)
    await bot.start()
    yield bot
    await bot.kill()


@pytest.mark.sqlite
async def test_killed_while_it_waits_for_a_page_it_plays_after_the_next_start(home: Harness, mortal: Mortal) -> None:
    made = await home.twitch.redeem(ALICE, ours(home)[0].id, "ding")
    await home.said(lambda line: "Playing ding" in line.text, SECONDS)
    await mortal.kill()
    await mortal.start()
    async with page_at(mortal) as page:
        await becomes(home, made, "FULFILLED")
        assert len(page.asked) == 1
    await mortal.kill()
    await settled(home, made, "done")


@pytest.mark.sqlite
async def test_killed_while_it_plays_it_is_fulfilled_once_it_has_played(home: Harness, mortal: Mortal) -> None:
    async with page_at(mortal) as page:
        page.plays = False
        made = await home.twitch.redeem(ALICE, ours(home)[0].id, "ding")
        playing = await page.asks()
        await page.ack(playing, "started", seconds=1.0)
        await mortal.kill()
        # It ends meanwhile; nobody hears of it before the page is asked again.
        page.ended.append(playing["id"])
    assert status_of(home, made) == "UNFULFILLED"
    await mortal.start()
    async with page_at(mortal) as again:
        again.ended, again.plays = page.ended, False
        assert (await again.asks())["id"] == playing["id"]
        await becomes(home, made, "FULFILLED")
    await mortal.kill()
    await settled(home, made, "done")


@pytest.mark.sqlite
@pytest.mark.parametrize("done", [True, False], ids=["the answer was lost", "the request was lost"])
async def test_killed_before_twitch_was_told_it_is_told_after_the_next_start(
    home: Harness, mortal: Mortal, done: bool
) -> None:
    home.twitch.faults.add(REDEMPTIONS, method="PATCH", drop=True, done=done, times=None)
    async with page_at(mortal) as page:
        made = await home.twitch.redeem(ALICE, ours(home)[0].id, "ding")
        await page.asks()
        async with asyncio.timeout(SECONDS):
            await home.twitch.request_count(REDEMPTIONS, "PATCH")
        await mortal.kill()
    home.twitch.faults.clear()
    await mortal.start()
    await becomes(home, made, "FULFILLED")
    await mortal.kill()
    await settled(home, made, "done")


async def settled(home: Harness, made: Redemption, status: str) -> None:
    """Told again after all of it, it is no news: one item, and nothing of our points."""
    async with home.signed_in() as app, page_of(app) as page:
        await home.twitch.notify(ADDED, made.as_event(), "after all", datetime.now(UTC))
        second = await home.twitch.redeem(sandbox_user("bob"), ours(home)[0].id, "ding")
        await becomes(home, second, "FULFILLED")
        assert (await items(app), len(page.asked)) == ([status, "done"], 1)
        assert await ledger(app) == []
    assert (status_of(home, made), balance(home)) == ("FULFILLED", BALANCE - COST)
