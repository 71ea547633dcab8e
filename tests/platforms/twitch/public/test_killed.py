"""Real kills in the middle of a renewal: signed in to the end, or it is said why not; no token is ever spent twice."""

import asyncio
import json
import random
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from pixel_bot.platforms.twitch.accounts import ROLES, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.subscription_types import scopes_for
from pixel_bot.platforms.twitch.token_store import INTERRUPTED, TokenStore
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.security.cipher import load_cipher
from pixel_bot.testing import SettableClock
from tests.harness.postgres import Databases
from tests.harness.process import BotProcess, end, line_from, start, tell
from tests.harness.rounds import rounds
from tests.harness.twitch_harness import Harness, house
from tests.platforms.twitch.public.processes import DAY, HOUR, WHO, settings_of

SCRIPT = Path(__file__).with_name("signed_in_process.py")
KEY = "one key for all of them"
TOKEN = "oauth2/token"


async def store_sign_in(home: Harness, clock: SettableClock, *roles: Role, **more: Any) -> None:
    """Somebody signs in."""
    settings = settings_of(home, pixel_secret_key=KEY, **more)
    async with opened(settings, "live", clock) as services:
        store = TokenStore(services.database, clock, load_cipher(settings), settings.twitch_client_id)
        for role in roles:
            who, scopes = WHO[role], scopes_for(role, settings)
            tokens = Tokens(*home.world.grant(who.id, scopes))
            await store.keep(TwitchAccount(role, who.id, who.login, who.name, scopes, tokens))


# The whole bot


@pytest.fixture
async def real_time(tmp_path: Path) -> AsyncGenerator[Harness]:
    """A double whose clock is that of this machine. Access tokens are renewed at the start."""
    async with house(tmp_path) as built:
        built.world.is_public = True
        built.world.token_seconds = 60
        yield built


@pytest.mark.sqlite
@pytest.mark.parametrize("done", [True, False], ids=["Twitch has answered", "Twitch has not done it"])
async def test_the_page_says_why_a_killed_bot_is_not_signed_in(real_time: Harness, done: bool) -> None:
    home = real_time
    await store_sign_in(home, SettableClock(), "bot", "broadcaster")
    bot = BotProcess(home.folder, **home.settings(data_dir=home.folder, greeting="off", pixel_secret_key=KEY))
    home.twitch.faults.add(TOKEN, delay=3_600.0, done=done, status=0 if done else 500)
    await bot.start("Open: ")
    async with bot:
        await home.twitch.request_count(TOKEN, "POST")
        await bot.kill()
        await bot.start("Open: ")
        await home.open_link(bot.link)
        async with asyncio.timeout(30):
            while True:
                async with home.http.get(urljoin(bot.address, "/setup/state")) as answer:
                    if INTERRUPTED in (text := await answer.text()):
                        break
                await asyncio.sleep(0.05)
        assert f"The sign-in of {BOT.name} has ended. {INTERRUPTED} Sign in again." in text
        assert f"{STREAMER.name} is signed in." in text
    assert home.world.spent_again == []


# Forty days


class Child:
    """A process that is told when to check its tokens."""

    def __init__(self, home: Harness, clock: SettableClock, url: str) -> None:
        values = home.settings(data_dir=str(home.folder), database_url=url, pixel_secret_key=KEY)
        self._arguments = json.dumps({"folder": str(home.folder), **values})
        self._clock = clock
        self._began = clock.now()
        self.process: Process | None = None

    @property
    def running(self) -> Process:
        """It was started."""
        assert self.process is not None
        return self.process

    async def restart(self) -> None:
        """Start it, and kill the former one if it is still there."""
        await self.kill()
        self._began = self._clock.now()
        self.process = await start(SCRIPT, self._arguments, str(self._began.timestamp()))
        assert await line_from(self.process) == "ready"

    def check(self) -> None:
        """Tell it to check now."""
        tell(self.running, str((self._clock.now() - self._began).total_seconds()))

    async def states(self) -> dict[Role, tuple[str, str]]:
        """How its accounts are after the check."""
        told: dict[Role, tuple[str, str]] = json.loads(await line_from(self.running))
        return told

    async def kill(self) -> None:
        """Kill it."""
        process, self.process = self.process, None
        if process is not None:
            await end(process)


@asynccontextmanager
async def children(home: Harness, clock: SettableClock, url: str) -> AsyncGenerator[list[Child]]:
    """Two of them on one database."""
    both = [Child(home, clock, url) for _ in range(2)]
    try:
        for child in both:
            await child.restart()
        yield both
    finally:
        for child in both:
            await child.kill()


class Story:
    """What happens to two processes."""

    def __init__(self, home: Harness, clock: SettableClock, url: str, both: list[Child]) -> None:
        self.home, self.clock, self.url, self.both = home, clock, url, both
        self.kills = self.signed_out = 0

    async def kill_in_the_middle(self, victim: Child) -> None:
        """Kill one while Twitch's answer to a renewal is on its way to it."""
        asked = self.home.twitch.requests.times(TOKEN, "POST")
        self.home.twitch.faults.add(TOKEN, delay=3_600.0, done=True)
        victim.check()
        async with asyncio.timeout(30):
            await self.home.twitch.request_count(TOKEN, "POST", asked + 1)
        await victim.restart()
        self.kills += 1

    async def check(self) -> None:
        """Both are signed in, or say why not, and then somebody signs in again."""
        for child in self.both:
            child.check()
        told = [await child.states() for child in self.both]
        ended: set[tuple[Role, str]] = {
            (role, why) for one in told for role, (state, why) in one.items() if state != "signed in"
        }
        if ended:
            assert {why for _, why in ended} == {INTERRUPTED}
            assert len({role for role, _ in ended}) <= self.kills - self.signed_out
            self.signed_out += len({role for role, _ in ended})
            roles: set[Role] = {role for role, _ in ended}
            await store_sign_in(self.home, self.clock, *roles, database_url=self.url)


async def test_forty_days_with_kills_and_two_processes(
    home: Harness, clock: SettableClock, databases: Databases, tmp_path: Path
) -> None:
    chance, url = random.Random(15), databases.of(tmp_path, "killed")
    await store_sign_in(home, clock, *ROLES, database_url=url)
    days = [40.0 * (i + 1) / rounds(4) for i in range(rounds(4))]
    began = clock.now()
    try:
        async with children(home, clock, url) as both:
            story = Story(home, clock, url, both)
            for day in days:
                while (clock.now() - began).total_seconds() < day * DAY:
                    clock.advance(chance.choice([8 * HOUR, DAY, 2 * DAY]))
                    await story.check()
                clock.advance(4 * HOUR)
                await story.kill_in_the_middle(chance.choice(both))
                await story.check()
            await story.check()
            assert story.signed_out == story.kills
            await story.check()
    finally:
        databases.drop_all()
    assert home.world.spent_again == []
