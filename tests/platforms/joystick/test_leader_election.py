"""Several processes share an installation on Joystick.tv that only one of them may use."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.run.live_app import LiveApp, live
from pixel_bot.testing import settings_in
from tests.harness.joystick_harness import Harness, house, in_haste, platform, rows, until
from tests.harness.postgres import Databases


@pytest.fixture
def url(databases: Databases, tmp_path: Path) -> Generator[str]:
    """A database on the server, at our schema."""
    yield databases.of(tmp_path, "shared")
    databases.drop_all()


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)
    monkeypatch.setattr("pixel_bot.platforms.joystick.platform.ELECTION_SECONDS", 0.05)
    async with house(tmp_path) as built:
        yield built


@asynccontextmanager
async def process(home: Harness, url: str, name: str) -> AsyncGenerator[LiveApp]:
    """One of several bots on the database; all have the streamer's settings."""
    choices = home.settings(database_url=url, greeting="off", pixel_secret_key="one key for all of them")
    async with live(settings_in(home.folder / name, **choices)) as app:
        yield app


async def is_there(home: Harness, app: LiveApp) -> None:
    """Wait until that process, and no other, hears what happens."""
    await until(lambda: not platform(app).installations.election.is_elsewhere)
    if platform(app).installations.current is None:
        await home.install(app)
    await home.listening(app)


async def test_one_of_two_is_there_and_the_other_one_says_so(home: Harness, url: str) -> None:
    async with process(home, url, "one") as one:
        await is_there(home, one)
        async with process(home, url, "two") as two:
            _, page = await home.get(two, "/setup")
            assert "Another process of this bot is on Joystick.tv." in page
            assert 'href="/joystick/oauth"' not in page
            status, text = await home.get(two, "/joystick/oauth")
            assert (status, "Another process of this bot" in text) == (400, True)
            assert platform(two).problems() == []
            assert await home.ask("Jules", "!points") == "@Jules You have 0 points."
            assert home.joystick.gateway.opened == 1


async def test_another_one_goes_on_when_it_ends_and_nobody_has_to_install_anything(home: Harness, url: str) -> None:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(process(home, url, "one"))
        await is_there(home, one)
        async with process(home, url, "two") as two:
            await home.ask("Jules", "!points")
            home.joystick.expire_tokens()
            await platform(one).api.identity()
            home.joystick.expire_tokens()
            await stack.aclose()
            await is_there(home, two)
            assert await home.ask("Jules", "!points") == "@Jules You have 0 points."
            assert len(await rows(two)) == 1
    assert home.joystick.grants.withdrawn == 0


async def test_a_pair_that_another_one_got_is_taken_over_instead_of_using_ours_twice(home: Harness, url: str) -> None:
    """The server was away for a moment, and meanwhile another process had its turn."""

    async def always() -> bool:
        return True

    async with process(home, url, "one") as one, process(home, url, "two") as two:
        first, second = (one, two) if not platform(one).installations.election.is_elsewhere else (two, one)
        await is_there(home, first)
        mine = await platform(first).installations.token()
        turns = platform(second)._election
        assert turns is not None
        turns.cancel()
        await asyncio.wait([turns])
        other = platform(second).installations
        other.election.share(always)
        await other.on_leadership(ours=True)
        home.joystick.expire_tokens()
        theirs = await other.refresh(mine)
        assert await platform(first).installations.refresh(mine) == theirs != mine
    assert home.joystick.grants.withdrawn == 0


async def test_without_an_answer_from_the_server_nothing_is_refreshed(
    home: Harness, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(home, url, "one") as app:
        await is_there(home, app)
        mine = await platform(app).installations.token()
        asked = home.joystick.requests.times("api/oauth/token", "POST")

        async def unknown() -> None:
            return None

        monkeypatch.setattr(platform(app).installations.election, "_is_leader", unknown)
        with pytest.raises(NoAnswer):
            await platform(app).installations.refresh(mine)
        assert home.joystick.requests.times("api/oauth/token", "POST") == asked
        assert not platform(app).installations.election.is_elsewhere
