"""A set-up page without a bot: its protocols, and states to show."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import aiohttp
from playwright.async_api import Browser, BrowserContext, Page, expect
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from yarl import URL

from pixel_bot.web.access.principal import Principal, introduce
from pixel_bot.web.oauth import SignInRefused, oauth_routes
from pixel_bot.web.server import WebServer
from pixel_bot.web.setup import Pressed, Question, SetupState, Step, Tone, setup_routes

KEY = "4bJ8s0Zl9-key_of_the_overlay"
TICKET = "ticket-one"
CODE = "canary-code-of-twitch"
STATE = "state-of-our-own"
HOSTILE = "<img src=x onerror='window.hit=1'><script>window.hit=1</script>\"' {{7*7}} & javascript:alert(1)"
LONG = "W" * 300
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

VISITOR = Principal("a visitor")

TODO = SetupState(
    headline="2 steps to go",
    ready=False,
    steps=(
        Step("bot", "Bot account", "todo", "It talks in chat.", "/oauth?account=bot", "Sign in with the bot account"),
        Step("broadcaster", "Broadcaster account", "todo", "Yours.", "/oauth?account=broadcaster", "Sign in as you"),
        Step("events", "Twitch events", "broken", "Twitch refused one.", "/oauth?account=bot", "Again", ("a", "b")),
        Step("overlay", "Overlay", "done", "It is open in OBS."),
        Step("ai", "AI answers", "off", "Set AI_API_KEY for answers."),
        Step("joystick", "Joystick.tv", "later", "It comes with a later version."),
    ),
    questions=(),
    overlay_url=f"http://127.0.0.1:8080/overlay?key={KEY}",
    redirect_uri="http://localhost:8080/oauth/callback",
    forgettable=(),
)

ASKING = replace(TODO, questions=(Question("bot", "PixelBot", TICKET),))


def changed(state: SetupState, key: str, tone: Tone, words: str) -> SetupState:
    """The same, with one step that got on."""
    steps = (replace(s, tone=tone, words=words, link="") if s.key == key else s for s in state.steps)
    return replace(state, steps=tuple(steps))


READY = replace(
    changed(changed(TODO, "bot", "done", "PixelBot talks."), "broadcaster", "done", "Your channel."),
    headline="All set. PixelBot is in #pixel_street",
    ready=True,
    forgettable=("bot", "broadcaster"),
)

NASTY = replace(
    TODO,
    headline=HOSTILE + LONG,
    steps=tuple(
        replace(s, title=HOSTILE, words=HOSTILE + LONG, label=s.label and HOSTILE, details=(HOSTILE, LONG))
        for s in TODO.steps
    ),
    questions=(Question("bot", HOSTILE + LONG, HOSTILE),),
    overlay_url=f"http://127.0.0.1:8080/overlay?key={HOSTILE}",
    redirect_uri=HOSTILE + LONG,
)


class SetUpPage:
    """Both protocols of the pages, and a Twitch that leads straight back. ``calls`` has what was asked for."""

    def __init__(self, port: int = 0) -> None:
        self.web = WebServer("127.0.0.1", port)
        self.now = TODO
        self.calls: list[tuple[str, ...]] = []

    async def start(self) -> None:
        twitch = Route("/twitch", self._twitch)
        await self.web.start([*map(_signed_in, [*setup_routes(self), *oauth_routes(self)]), twitch], [])

    def at(self, path: str) -> str:
        return f"http://{self.web.address}{path}"

    async def state(self) -> SetupState:
        return self.now

    async def accept(self, account: str, key: str) -> None:
        self._check(key)
        self.calls.append(("accept", account, key))
        self.now = changed(replace(self.now, questions=()), account, "done", "PixelBot talks in chat.")

    async def decline(self, account: str, key: str) -> None:
        self._check(key)
        self.calls.append(("decline", account, key))
        self.now = replace(self.now, questions=())

    async def forget(self, account: str) -> None:
        self.calls.append(("forget", account))
        self.now = TODO

    async def answer(self, number: int, *, yes: bool) -> bool:
        self.calls.append(("answer", str(number), "yes" if yes else "no"))
        return number == 7

    async def press(self, step: str, button: str) -> Pressed:
        self.calls.append(("press", step, button))
        return {"ours:*": Pressed.DONE, "broken": Pressed.FAILED}.get(button, Pressed.GONE)

    async def begin(self, account: str, browser: str) -> str:
        assert browser == VISITOR.id
        self.calls.append(("begin", account))
        if account == "broadcaster":
            raise SignInRefused("Sign in the bot first.")
        return f"http://localhost:{self.web.port}/twitch?client_id=<x>"

    async def finish(self, state: str, code: str, error: str, browser: str) -> str:
        assert browser == VISITOR.id
        self.calls.append(("finish", state, code, error))
        if state != STATE:
            raise SignInRefused("That sign-in was not begun here.")
        if error:
            raise SignInRefused(f"Twitch said {error}.")
        if code == "mallory":
            raise SignInRefused(f"You are {HOSTILE}, not PixelBot.", 403)
        self.now = ASKING
        return "Signed in as PixelBot."

    async def _twitch(self, _: Request) -> Response:
        return RedirectResponse(f"http://localhost:{self.web.port}/oauth/callback?{urlencode(GOOD)}")

    def _check(self, key: str) -> None:
        if key != TICKET:
            raise SignInRefused("That question was answered already.")


def _signed_in(route: BaseRoute) -> Route:
    """The route, for a visitor whom the gate let in."""
    assert isinstance(route, Route)
    served = route.app

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        introduce(scope, VISITOR)
        await served(scope, receive, send)

    route.app = app
    return route


GOOD = {"code": CODE, "state": STATE, "scope": "user:bot"}


async def get(web: aiohttp.ClientSession, url: str) -> tuple[int, str, str]:
    """Status, location and text; redirects are not followed."""
    async with web.get(URL(url, encoded=True), allow_redirects=False) as answer:
        return answer.status, answer.headers.get("location", ""), await answer.text()


def is_page(text: str) -> bool:
    """A page of its own in the common look, with a way back."""
    return "setup.css" in text and 'href="/setup"' in text


@asynccontextmanager
async def context(browser: Browser, **options: Any) -> AsyncGenerator[BrowserContext]:
    """A browser of somebody new; nothing on its pages went wrong or against their policy."""
    made = await browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", **options)
    wrong: list[str] = []
    made.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    made.on("weberror", lambda error: wrong.append(str(error.error)))
    expect.set_options(timeout=15_000)
    yield made
    await made.close()
    # Chromium's own line for an answer of 400, or for a bot that is away.
    assert [line for line in wrong if not line.startswith("Failed to load resource")] == []


async def opened(context: BrowserContext, desk: SetUpPage, path: str = "/setup") -> Page:
    page = await context.new_page()
    await page.goto(desk.at(path))
    return page


async def look(page: Page) -> None:
    """Let the page ask at once, and wait until it has."""
    async with page.expect_response("**/setup/state") as answer:
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await (await answer.value).finished()
