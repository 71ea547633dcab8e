"""The way to Twitch's sign-in and back, over HTTP."""

import io
import logging
from collections.abc import Generator
from urllib.parse import urlencode

import aiohttp
import pytest

from pixel_bot.web.oauth import MAX_LENGTH
from tests.web.setup_page.page import CODE, GOOD, HOSTILE, STATE, SetUpPage, get, is_page

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def everything_logged() -> Generator[io.StringIO]:
    """What reaches the log at DEBUG, with nothing hidden."""
    root, text = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)


async def test_the_link_leads_to_twitch(desk: SetUpPage, web: aiohttp.ClientSession) -> None:
    status, location, _ = await get(web, desk.at("/oauth?account=bot"))
    assert (status, desk.calls) == (302, [("begin", "bot")])
    assert location == f"http://localhost:{desk.web.port}/twitch?client_id=%3Cx%3E"


@pytest.mark.parametrize("query", [{}, *({"account": name} for name in ("", "god", "BOT", HOSTILE))], ids=str)
async def test_there_is_no_third_account(desk: SetUpPage, web: aiohttp.ClientSession, query: dict[str, str]) -> None:
    status, _, text = await get(web, desk.at(f"/oauth?{urlencode(query)}"))
    assert (status, desk.calls) == (400, [])
    assert is_page(text)
    assert "onerror" not in text


async def test_a_sign_in_that_cannot_begin_says_why(desk: SetUpPage, web: aiohttp.ClientSession) -> None:
    status, _, text = await get(web, desk.at("/oauth?account=broadcaster"))
    assert status == 400
    assert is_page(text)
    assert "Sign in the bot first." in text


async def test_who_comes_back_from_twitch_is_led_to_the_page(desk: SetUpPage, web: aiohttp.ClientSession) -> None:
    status, location, _ = await get(web, desk.at(f"/oauth/callback?{urlencode(GOOD)}"))
    assert (status, location, desk.calls) == (303, "/setup", [("finish", STATE, CODE, "")])


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": CODE},
        {"state": STATE},
        {"state": STATE, "code": ""},
        {"state": "", "code": CODE},
        {"error": "access_denied"},
        {"state": "x" * (MAX_LENGTH + 1), "code": CODE},
        {"state": STATE, "code": "x" * (MAX_LENGTH + 1)},
        {"state": "x" * (MAX_LENGTH + 1), "error": "access_denied"},
    ],
    ids=lambda query: ",".join(f"{k}:{len(v)}" for k, v in query.items()) or "nothing",
)
async def test_what_is_not_from_twitch_gets_nowhere(
    desk: SetUpPage, web: aiohttp.ClientSession, query: dict[str, str]
) -> None:
    status, _, text = await get(web, desk.at(f"/oauth/callback?{urlencode(query)}"))
    assert (status, desk.calls) == (400, [])
    assert is_page(text)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("access_denied", "access_denied"),
        (HOSTILE, "unknown"),
        ("Access Denied", "unknown"),
        ("access_denied\n", "unknown"),
        ("x" * 65, "unknown"),
        ("ошибка", "unknown"),
    ],
)
async def test_only_a_word_of_an_error_comes_through(
    desk: SetUpPage, web: aiohttp.ClientSession, error: str, told: str
) -> None:
    query = {"error": error, "error_description": f"Call 555 now! {HOSTILE}", "state": STATE, "code": CODE}
    status, _, text = await get(web, desk.at(f"/oauth/callback?{urlencode(query)}"))
    assert (status, desk.calls) == (400, [("finish", STATE, "", told)])
    assert f"Twitch said {told}." in text
    assert is_page(text)
    assert "555" not in text
    assert "onerror" not in text


async def test_the_wrong_account_is_a_403_with_its_name_escaped(desk: SetUpPage, web: aiohttp.ClientSession) -> None:
    status, _, text = await get(web, desk.at(f"/oauth/callback?{urlencode(GOOD | {'code': 'mallory'})}"))
    assert status == 403
    assert is_page(text)
    assert "&lt;script&gt;" in text
    assert "<script" not in text


@pytest.mark.parametrize("query", [GOOD, GOOD | {"state": "wrong"}, GOOD | {"error": "access_denied"}, {"code": CODE}])
async def test_the_code_is_neither_shown_nor_logged(
    desk: SetUpPage, web: aiohttp.ClientSession, query: dict[str, str], everything_logged: io.StringIO
) -> None:
    _, location, text = await get(web, desk.at(f"/oauth/callback?{urlencode(query)}"))
    assert CODE not in everything_logged.getvalue() + location + text
    assert ("Signed in as PixelBot." in everything_logged.getvalue()) == (query == GOOD)
