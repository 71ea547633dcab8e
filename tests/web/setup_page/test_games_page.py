"""The page on which the streamer says yes or no to games with points."""

from collections.abc import AsyncGenerator
from urllib.parse import urlencode

import aiohttp
import pytest
from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from pixel_bot.run.setup_page import SetUp
from pixel_bot.services import Services
from pixel_bot.web.access.principal import Principal, introduce
from pixel_bot.web.games import games_routes
from pixel_bot.web.server import WebServer
from tests.web.setup_page.page import FORM, is_page

STREAMER = Principal("the streamer", form_token="token-of-the-form")


@pytest.fixture
async def web(services: Services) -> AsyncGenerator[tuple[aiohttp.ClientSession, str]]:
    """A browser that is signed in, and the page's address."""
    pages = Router(games_routes(services.games))

    async def signed_in(scope: Scope, receive: Receive, send: Send) -> None:
        introduce(scope, STREAMER)
        await pages(scope, receive, send)

    server = WebServer("127.0.0.1", 0)
    await server.start([Mount("/", signed_in)], [])
    async with aiohttp.ClientSession() as session:
        yield session, f"http://{server.address}/setup/games"
    await server.stop()


async def press(web: tuple[aiohttp.ClientSession, str], **fields: str) -> tuple[int, str]:
    browser, url = web
    async with browser.post(url, data=urlencode(fields), headers=FORM, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def shown(services: Services) -> tuple[str, str]:
    state = await SetUp(services, lambda: None, "", None, None).state()
    return next((step.tone, step.words) for step in state.steps if step.key == "games")


async def test_yes_and_no_are_one_click_and_hold_at_once(
    services: Services, web: tuple[aiohttp.ClientSession, str]
) -> None:
    browser, url = web
    assert await shown(services) == ("off", "Bets, raffles and the like are off. Read one page, and say yes or no.")
    async with browser.get(url) as answer:
        text = await answer.text()
    facts = ("Bits are no currency", "must not be gambling", "POINTS_CHEER_PER_BIT", "2000 points a day", "are off.")
    assert [fact for fact in facts if fact not in text] == []
    token = STREAMER.form_token
    assert (await press(web, form_token=token, answer="yes"))[0] == 303
    assert (services.games.on, await shown(services)) == (True, ("done", "They are on."))
    assert (await press(web, form_token=token, answer="no"))[0] == 303
    assert (services.games.on, await shown(services)) == (False, ("off", "You have said no. You can change that."))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"answer": "yes"}, 403), ({"answer": "yes", "form_token": "another"}, 403),
        ({"form_token": STREAMER.form_token}, 400), ({"form_token": STREAMER.form_token, "answer": "maybe"}, 400),
    ],
)  # fmt: skip
async def test_nothing_else_says_yes(
    services: Services, web: tuple[aiohttp.ClientSession, str], fields: dict[str, str], status: int
) -> None:
    answer, text = await press(web, **fields)
    assert (answer, is_page(text), services.games.on) == (status, True, False)
