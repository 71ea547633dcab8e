"""``python -m pixel_bot login``: both accounts sign in with a code, for a machine without a browser."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.cli.login import login
from pixel_bot.errors import StartError
from pixel_bot.platforms.twitch.subscription_types import BOT_SCOPES, BROADCASTER_SCOPES
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser, sandbox_user
from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in
from tests.harness import ready_python
from tests.harness.twitch_harness import Harness, house, listening

pytestmark = pytest.mark.sqlite  # the command line and the bot meet at a file

SECONDS = 40.0
ASKED = re.compile(r"Sign in (.+): open https://www\.twitch\.tv/activate\S* on any device and type ([A-Z]{8})")


class Terminal:
    """What the command says, line by line."""

    def __init__(self, read: Callable[[], Awaitable[str]]) -> None:
        self._read = read
        self.lines: list[str] = []

    async def line(self) -> str:
        """The next line; empty at the end."""
        async with asyncio.timeout(SECONDS):
            line = await self._read()
        self.lines.append(line)
        return line

    async def code(self) -> str:
        """Wait until it asks for a code to be typed somewhere. Returns it."""
        while line := await self.line():
            if asked := ASKED.fullmatch(line):
                return asked[2]
        raise AssertionError(self.words)

    @property
    def words(self) -> str:
        """All that it said."""
        return "\n".join(self.lines)


class Process(Terminal):
    """The command as a process; nobody sits in front of it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        super().__init__(self._line)
        self._process = process

    async def end(self) -> int:
        """Wait until it has ended. Returns its exit code."""
        while await self.line():
            pass
        async with asyncio.timeout(SECONDS):
            return await self._process.wait()

    async def _line(self) -> str:
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().rstrip()


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Harness]:
    async with house(tmp_path) as built:
        yield built


@asynccontextmanager
async def process(home: Harness, **more: str) -> AsyncGenerator[Process]:
    """The command as a process, which is ended with the block."""
    settings = {name.upper(): str(value) for name, value in home.settings(data_dir=home.folder).items()} | more
    ours = {name.upper() for name in Settings.model_fields}
    environment = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    command = (sys.executable, "-m", "pixel_bot", "login")
    started = await ready_python.start(
        *command, cwd=home.folder, env=environment | settings, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    try:
        yield Process(started)
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


class Here(Terminal):
    """The command in this process, as a task."""

    def __init__(self, home: Harness, said: "asyncio.Queue[str]", **more: Any) -> None:
        super().__init__(said.get)
        self.task = asyncio.create_task(login(settings_in(home.folder, **home.settings(**more))))
        self.task.add_done_callback(lambda _: said.put_nowait(""))

    async def end(self) -> int:
        """Wait until it has ended. Returns its exit code, or raises what it ends with."""
        while await self.line():
            pass
        return await self.task


@pytest.fixture
def here(home: Harness, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Here]:
    said: asyncio.Queue[str] = asyncio.Queue()
    monkeypatch.setattr("pixel_bot.cli.login._say", said.put_nowait)

    def start(**more: Any) -> Here:
        return Here(home, said, **more)

    return start


def agrees(home: Harness, code: str, who: SandboxUser) -> None:
    """Somebody types the code on another device."""
    assert home.world.approve(code, who)


async def test_both_accounts_sign_in_and_then_the_bot_starts_signed_in(home: Harness) -> None:
    async with process(home) as first:
        agrees(home, await first.code(), BOT)
        agrees(home, await first.code(), STREAMER)
        assert await first.end() == 0, first.words
    assert "PixelBot is signed in as the bot account." in first.lines
    assert "Both accounts are signed in." in first.lines
    asked = [a.query["scopes"][0] for a in home.twitch.requests if a.path == "oauth2/device"]
    assert [set(scopes.split()) for scopes in asked] == [set(BOT_SCOPES), set(BROADCASTER_SCOPES)]
    async with home.bot() as app:
        await listening(app)
        assert await home.ask("alice", "!points") == "You have 0 points."
        assert app.platform.eventsub.refusals == []


async def test_without_a_client_secret_both_accounts_sign_in_and_stay_so(home: Harness) -> None:
    home.world.is_public = True
    async with process(home, TWITCH_CLIENT_SECRET="", LOG_LEVEL="DEBUG") as first:
        agrees(home, await first.code(), BOT)
        agrees(home, await first.code(), STREAMER)
        assert await first.end() == 0, first.words
    async with process(home, TWITCH_CLIENT_SECRET="") as again:
        assert await again.end() == 0
    assert again.lines[0] == "Both accounts were signed in already."
    async with home.bot() as app:
        await listening(app)
        assert await home.ask("alice", "!points") == "You have 0 points."
        assert app.platform.problems() == []
    assert not any("client_secret" in request.body for request in home.twitch.requests if "oauth2" in request.path)


async def test_a_wrong_client_secret_is_told_and_not_shown(home: Harness) -> None:
    async with process(home, TWITCH_CLIENT_SECRET="a-wrong-secret-of-ours", LOG_LEVEL="DEBUG") as wrong:
        agrees(home, await wrong.code(), BOT)
        assert await wrong.end() == 1
    assert "check TWITCH_CLIENT_ID and TWITCH_CLIENT_SECRET" in wrong.words
    assert "a-wrong-secret-of-ours" not in wrong.words
    assert "Traceback" not in wrong.words


async def test_who_is_signed_in_is_not_asked_again(home: Harness, here: Callable[..., Here]) -> None:
    async with home.signed_in():
        # One bot for each database: a sign-in of the other process would be overwritten.
        with pytest.raises(StartError, match="already"):
            await here().end()
    again = here()
    assert await again.end() == 0
    assert again.lines == ["Both accounts were signed in already.", ""]


async def test_a_server_that_is_away_for_a_moment_is_asked_again(home: Harness, here: Callable[..., Here]) -> None:
    screen = here()
    code = await screen.code()
    home.twitch.faults.add("oauth2/token", drop=True)
    home.twitch.faults.add("oauth2/token", status=500)
    await home.twitch.request_count("oauth2/token", "POST", 2)
    agrees(home, code, BOT)
    agrees(home, await screen.code(), STREAMER)
    assert await screen.end() == 0


async def test_another_account_than_that_of_the_settings_is_asked_to_try_again(
    home: Harness, here: Callable[..., Here]
) -> None:
    screen = here(twitch_bot_id=BOT.id, twitch_owner_id=STREAMER.id)
    agrees(home, await screen.code(), sandbox_user("stranger"))
    agrees(home, await screen.code(), BOT)
    agrees(home, await screen.code(), STREAMER)
    assert await screen.end() == 0
    assert "You signed in as stranger" in screen.words
    assert "Let us try that again." in screen.lines
    assert home.twitch.requests.times("oauth2/revoke", "POST") == 1


async def test_where_nobody_agrees_it_says_so_and_what_was_done_stays(home: Harness, here: Callable[..., Here]) -> None:
    screen = here()
    agrees(home, await screen.code(), BOT)
    home.world.devices.expire(await screen.code())
    with pytest.raises(StartError, match="Nobody agreed"):
        await screen.end()
    again = here()
    agrees(home, await again.code(), STREAMER)
    assert await again.end() == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"twitch_client_id": "", "twitch_client_secret": ""}, "Set TWITCH_CLIENT_ID first"),
        ({"twitch_id_url": "http://127.0.0.1:1/"}, "cannot be reached"),
        ({"twitch_client_id": "somebody-else"}, "check TWITCH_CLIENT_ID and TWITCH_CLIENT_SECRET"),
    ],
    ids=["nothing set", "Twitch away", "unknown application"],
)
async def test_what_it_cannot_do_it_says_in_one_sentence(
    home: Harness, here: Callable[..., Here], settings: dict[str, str], words: str
) -> None:
    with pytest.raises(StartError, match=words) as refused:
        await here(**settings).end()
    assert refused.value.exit_code == 1
