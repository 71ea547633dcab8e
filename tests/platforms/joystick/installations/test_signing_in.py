"""The way to Joystick's consent page and back."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pixel_bot.db.engine import Database
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.joystick.sign_in import MOST_OPEN, MOST_WAITING, OPEN_SECONDS, JoystickSignIn
from pixel_bot.web.oauth import SignInRefused
from tests.harness.joystick_server import (
    CHANNEL,
    ID,
    STREAMER,
    Server,
)
from tests.platforms.joystick.installations.installation_helpers import GONE, IDENTITY, REVOKE, TOKEN, rows

BROWSER, OTHER = "the streamer's browser", "another one"


@pytest.fixture
def sign_in(empty: JoystickPlatform) -> JoystickSignIn:
    return JoystickSignIn(empty.installations, empty.oauth, empty.api, "http://localhost:8080/joystick/oauth/callback")


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


async def test_the_address_where_the_streamer_agrees(joystick: Server, sign_in: JoystickSignIn) -> None:
    url = urlsplit(sign_in.begin(BROWSER))
    query = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"http://{joystick.base}/authorize"
    state = query.pop("state")
    assert len(state) >= 32
    assert state != state_of(sign_in.begin(BROWSER))
    assert set(query.pop("scope").split()) == {
        *("identity:read", "stream:read", "chat:read", "chat:write", "followers:read", "moderators:read"),
        *("subscribers:read", "chat:whisper:write", "chat:moderate"),
    }
    assert query == {
        "response_type": "code",
        "client_id": ID,
        "redirect_uri": "http://localhost:8080/joystick/oauth/callback",
    }


async def test_a_way_there_and_back(joystick: Server, empty: JoystickPlatform, sign_in: JoystickSignIn) -> None:
    said = await sign_in.finish(state_of(sign_in.begin(BROWSER)), "code", "", BROWSER)
    assert said == f"The bot is in the channel of {STREAMER} on Joystick.tv."
    assert empty.installations.current is not None
    assert (empty.installations.current.channel_id, empty.installations.current.username) == (CHANNEL, STREAMER)


async def test_a_state_works_once_and_not_for_long(
    joystick: Server, sign_in: JoystickSignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of(sign_in.begin(BROWSER))
    await sign_in.finish(state, "code", "", BROWSER)
    pushed_out = state_of(sign_in.begin(BROWSER))
    late = [state_of(sign_in.begin(BROWSER)) for _ in range(MOST_OPEN)][-1]
    loop = asyncio.get_running_loop()
    now = loop.time()
    asked = joystick.times(TOKEN)
    for unknown in (state, "made up", pushed_out):
        with pytest.raises(SignInRefused, match="not begun here"):
            await sign_in.finish(unknown, "code", "", BROWSER)
    monkeypatch.setattr(loop, "time", lambda: now + OPEN_SECONDS + 1)
    with pytest.raises(SignInRefused, match="not begun here"):
        await sign_in.finish(late, "code", "", BROWSER)
    monkeypatch.undo()
    assert joystick.times(TOKEN) == asked


@pytest.mark.parametrize("state", ["", "good"])
@pytest.mark.parametrize(("code", "error"), [("", "access_denied"), ("", "")])
async def test_nobody_agreed(joystick: Server, sign_in: JoystickSignIn, state: str, code: str, error: str) -> None:
    with pytest.raises(SignInRefused):
        await sign_in.finish(state and state_of(sign_in.begin(BROWSER)), code, error, BROWSER)
    assert joystick.requests == []


async def test_the_marketplace_waits_for_the_streamer(
    joystick: Server, empty: JoystickPlatform, sign_in: JoystickSignIn
) -> None:
    await sign_in.finish("", "code", "", BROWSER)
    assert empty.installations.current is None
    assert [install.username for install in empty.installations.pending] == [STREAMER]
    await sign_in.accept(CHANNEL)
    assert empty.installations.current is not None
    for answer in (sign_in.accept, sign_in.decline):
        with pytest.raises(SignInRefused, match="settled already"):
            await answer(CHANNEL)


async def test_the_marketplace_cannot_fill_the_table(
    joystick: Server, empty: JoystickPlatform, database: Database, sign_in: JoystickSignIn
) -> None:
    names = [(200, {"channel_id": f"c{number}", "username": f"u{number}"}) for number in range(20)]
    joystick.answers[IDENTITY] = list(names)
    results = await asyncio.gather(
        *(sign_in.finish("", f"code-{n}", "", BROWSER) for n in range(20)), return_exceptions=True
    )
    assert sum(isinstance(result, SignInRefused) for result in results) == 20 - MOST_WAITING
    assert len(await rows(database)) == MOST_WAITING
    assert joystick.times(TOKEN) == MOST_WAITING
    joystick.answers[IDENTITY] = []
    await sign_in.finish(state_of(sign_in.begin(BROWSER)), "code", "", BROWSER)
    assert empty.installations.current is not None


async def test_another_browser_cannot_end_it_and_uses_nothing_up(sign_in: JoystickSignIn) -> None:
    state = state_of(sign_in.begin(BROWSER))
    with pytest.raises(SignInRefused, match="not begun here"):
        await sign_in.finish(state, "code", "", OTHER)
    assert (
        await sign_in.finish(state, "code", "", BROWSER) == f"The bot is in the channel of {STREAMER} on Joystick.tv."
    )


@pytest.mark.parametrize(
    ("path", "answer", "status"),
    [(TOKEN, GONE, 400), (TOKEN, (500, None), 502), (IDENTITY, (500, None), 502), (IDENTITY, (401, None), 502)],
)
async def test_an_installation_that_fails_leaves_nothing(
    joystick: Server, database: Database, sign_in: JoystickSignIn, path: str, answer: Any, status: int
) -> None:
    joystick.answers[path] = [answer]
    with pytest.raises(SignInRefused) as refused:
        await sign_in.finish(state_of(sign_in.begin(BROWSER)), "code", "", BROWSER)
    assert refused.value.status == status
    assert await rows(database) == []
    assert joystick.times(REVOKE) == (1 if path == IDENTITY else 0)
