"""Channel points over Twitch's sockets and a page: fulfilled when it played, given back when not, whatever happens."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed

from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.channel_points import BALANCE, Redemption, Reward
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import SettableClock
from tests.harness.page_double import Message, PageDouble, page_double
from tests.harness.twitch_harness import Harness, house, the_bot

ALICE = sandbox_user("alice", name="Alice")
COST = 100
ADDED = "channel.channel_points_custom_reward_redemption.add"
REDEMPTIONS = "channel_points/custom_rewards/redemptions"
KEY = "overlay-key"
SECONDS = 30.0


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Harness]:
    async with house(tmp_path) as built:
        yield built


@asynccontextmanager
async def page_of(app: LiveApp, before: PageDouble | None = None) -> AsyncGenerator[PageDouble]:
    """The overlay page; one that was open before remembers what it played."""
    async with page_double(app.web.address, app.services.overlay.key) as page:
        if before is not None:
            page.ended = before.ended
        yield page


async def until(home: Harness, is_there: Callable[[], bool]) -> None:
    """Wait for a change of the double's channel points."""
    changed = asyncio.Event()
    home.twitch.changed.add(changed.set)
    try:
        async with asyncio.timeout(SECONDS):
            while not is_there():
                await changed.wait()
                changed.clear()
    finally:
        home.twitch.changed.discard(changed.set)


def ours(home: Harness) -> list[Reward]:
    return [reward for reward in home.twitch.points.rewards.values() if reward.client_id]


async def offered(home: Harness, cost: int = COST, cooldown: int = 0) -> Reward:
    """``!sound`` is a reward."""
    await home.ask("", f"!redeem cooldown sound {cooldown}", "broadcaster")
    answer = await home.ask("", f"!redeem native on sound {cost}", "broadcaster")
    assert answer == f"sound is a reward now, for {cost} channel points."
    (reward,) = ours(home)
    return reward


def status_of(home: Harness, made: Redemption) -> str:
    return home.twitch.points.redemptions[made.id].status


async def becomes(home: Harness, made: Redemption, status: str) -> None:
    await until(home, lambda: status_of(home, made) == status)


def balance(home: Harness) -> int:
    return home.twitch.points.balance_of(ALICE)


async def rows(app: LiveApp, query: str) -> list[tuple[Any, ...]]:
    async with app.services.database.readers() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def items(app: LiveApp) -> list[str]:
    return [status for (status,) in await rows(app, "SELECT status FROM queue_items ORDER BY id")]


async def ledger(app: LiveApp) -> list[tuple[Any, ...]]:
    """All rows but those for being there."""
    query = "SELECT user_id, reason, amount FROM transactions WHERE reason NOT IN ('chat', 'watch')"
    return await rows(app, query)


async def plays(page: PageDouble, message: Message) -> None:
    """The page plays it from begin to end."""
    await page.ack(message, "started", seconds=1.0)
    await page.ack(message, "finished")


# The reward


async def test_a_reward_is_made_and_kept_in_step(home: Harness) -> None:
    async with home.signed_in():
        reward = await offered(home, cooldown=5)
        assert (reward.title, reward.cost, reward.cooldown) == ("Play sound effect", COST, 5)
        assert (reward.enabled, reward.needs_input, reward.skips_queue) == (True, True, False)
        assert reward.prompt == "Play a sound on stream, or any when you name none."
        await offered(home, 250, cooldown=5)
        await home.ask("", "!redeem cooldown sound 60", "broadcaster")
        await until(home, lambda: ours(home)[0].cooldown == 60)
        await home.ask("", "!redeem off sound", "broadcaster")
        await until(home, lambda: not ours(home)[0].enabled)
        await home.ask("", "!redeem on sound", "broadcaster")
        await until(home, lambda: ours(home)[0].enabled)
        await home.ask("", "!redeem native off sound", "broadcaster")
        (reward,) = ours(home)
        assert (reward.cost, reward.cooldown, reward.enabled) == (250, 60, False)


async def test_a_reward_of_somebody_else_is_never_touched(home: Harness) -> None:
    by_hand = Reward("by-hand", "Play sound effect", 900)
    home.twitch.points.put(by_hand)
    async with home.signed_in() as app, page_of(app) as page:
        answer = await home.ask("", "!redeem native on sound 100", "broadcaster")
        assert answer.startswith("There is a reward named Play sound effect already that I did not make.")
        made = await home.twitch.redeem(ALICE, by_hand.id)
        await the_bot(app).settled()
        assert ours(home) == []
        assert (home.twitch.points.rewards[by_hand.id], page.asked) == (by_hand, [])
    # After the orderly end nothing is under way any more that could touch it.
    assert status_of(home, made) == "UNFULFILLED"
    asked = [a for a in home.twitch.requests if a.method in {"PATCH", "DELETE"}]
    assert [a for a in asked if by_hand.id in str(a.query)] == []


# A redemption


async def test_it_is_fulfilled_only_when_it_played_and_costs_none_of_our_points(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        page.plays = False
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        playing = await page.asks()
        assert (playing["what"], status_of(home, made), balance(home)) == ("sound", "UNFULFILLED", BALANCE - COST)
        await plays(page, playing)
        await becomes(home, made, "FULFILLED")
        assert (balance(home), await items(app), await ledger(app)) == (BALANCE - COST, ["done"], [])
        assert (await home.said(lambda line: "Playing ding" in line.text)).text == "@Alice Playing ding!"


async def test_it_is_cancelled_when_the_page_could_not_play_it(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        page.plays = False
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        await page.ack(await page.asks(), "failed", reason="no such file")
        await becomes(home, made, "CANCELED")
        assert (balance(home), await items(app), await ledger(app)) == (BALANCE, ["failed"], [])
        assert "Your channel points are back." in (await home.said(lambda line: "are back" in line.text)).text


async def test_what_cannot_be_is_refused_at_once(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        made = await home.twitch.redeem(ALICE, reward.id, "no-such-sound")
        await becomes(home, made, "CANCELED")
        assert (balance(home), await items(app), page.asked) == (BALANCE, [], [])
        assert "Your channel points are back." in (await home.said(lambda line: "are back" in line.text)).text


async def test_a_redemption_that_is_told_twice_runs_once(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        for number in range(5):
            await home.twitch.notify(ADDED, made.as_event(), f"again-{number}", datetime.now(UTC))
        await becomes(home, made, "FULFILLED")
        await home.twitch.notify(ADDED, made.as_event(), "late", datetime.now(UTC))
        await the_bot(app).settled()
    assert (len(page.asked), balance(home)) == (1, BALANCE - COST)
    async with home.signed_in() as app, page_of(app, page) as page:
        await home.twitch.notify(ADDED, made.as_event(), "after the restart", datetime.now(UTC))
        second = await home.twitch.redeem(sandbox_user("bob"), ours(home)[0].id, "ding")
        await becomes(home, second, "FULFILLED")
        assert (await items(app), len(page.asked)) == (["done", "done"], 1)


# A mod, in Twitch's own queue


async def reject(home: Harness, made: Redemption) -> None:
    await home.twitch.tell_settled(home.twitch.points.settle([made.id], "CANCELED"))


async def test_what_a_mod_rejects_while_it_plays_is_stopped(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        page.plays = False
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        playing = await page.asks()
        await page.ack(playing, "started", seconds=30.0)
        await reject(home, made)
        await home.said(lambda line: "A mod rejected it." in line.text)
        assert playing["id"] in page.stopped
        assert (await items(app), await ledger(app), balance(home)) == (["failed"], [], BALANCE)
    assert status_of(home, made) == "CANCELED"


@pytest.mark.parametrize("told", [True, False], ids=["told at once", "told at the next start"])
async def test_what_a_mod_rejects_while_it_waits_never_plays(home: Harness, told: bool) -> None:
    async with home.signed_in() as app:
        reward = await offered(home)
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        await home.said(lambda line: "Playing ding" in line.text)
        if told:
            await reject(home, made)
            await home.said(lambda line: "A mod rejected it." in line.text)
    if not told:
        await reject(home, made)
    async with home.signed_in() as app:
        await home.said(lambda line: "A mod rejected it." in line.text)
        async with page_of(app) as page:
            second = await home.twitch.redeem(sandbox_user("bob"), reward.id, "ding")
            await becomes(home, second, "FULFILLED")
            assert (await items(app), len(page.asked)) == (["failed", "done"], 1)
    assert balance(home) == BALANCE


# While the bot is away


@pytest.mark.parametrize(("minutes", "status"), [(9, "FULFILLED"), (11, "CANCELED")])
async def test_what_came_while_the_bot_was_away_runs_or_is_given_back(home: Harness, minutes: int, status: str) -> None:
    async with home.signed_in():
        reward = await offered(home)
    made = await home.twitch.redeem(ALICE, reward.id, "ding")
    clock = SettableClock(datetime.now(UTC) + timedelta(minutes=minutes))
    async with home.signed_in(clock) as app, page_of(app) as page:
        await becomes(home, made, status)
        played = status == "FULFILLED"
        assert (await items(app), len(page.asked)) == (["done"] * played, played)
        assert (await ledger(app), balance(home)) == ([], BALANCE - COST * played)
        if not played:
            late = await home.said(lambda line: "too late" in line.text)
            assert late.text == ("While I was away, a redemption came too late: @Alice. Your channel points are back.")


async def test_what_came_while_only_the_socket_was_away_runs(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        for session in tuple(home.twitch.sessions.values()):
            await home.twitch.lose(session)
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        await becomes(home, made, "FULFILLED")
        assert (await items(app), len(page.asked)) == (["done"], 1)


# Kill -9


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
        self._process = await asyncio.create_subprocess_exec(
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
            await home.twitch.asked(REDEMPTIONS, "PATCH")
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
