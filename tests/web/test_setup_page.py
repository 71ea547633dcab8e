"""The set-up page and the way to Twitch's sign-in and back: over HTTP, and in a browser."""

import asyncio
import io
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from yarl import URL

from pixel_bot.web.oauth import MAX_LENGTH, SignInRefused, oauth_routes
from pixel_bot.web.server import WebServer
from pixel_bot.web.setup import MAX_FORM_BYTES, Question, SetupState, Step, Tone, setup_routes
from tests.sandbox.test_page import chromium

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "4bJ8s0Zl9-key_of_the_overlay"
TICKET = "ticket-one"
CODE = "canary-code-of-twitch"
STATE = "state-of-our-own"
HOSTILE = "<img src=x onerror='window.hit=1'><script>window.hit=1</script>\"' {{7*7}} & javascript:alert(1)"
LONG = "W" * 300
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

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


class Desk:
    """Both protocols of the pages, and a Twitch that leads straight back. ``calls`` has what was asked for."""

    def __init__(self, port: int = 0) -> None:
        self.web = WebServer("127.0.0.1", port)
        self.now = TODO
        self.calls: list[tuple[str, ...]] = []

    async def start(self) -> None:
        twitch = Route("/twitch", self._twitch)
        await self.web.start([*setup_routes(self), *oauth_routes(self), twitch], [])

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

    def begin(self, account: str) -> str:
        self.calls.append(("begin", account))
        if account == "broadcaster":
            raise SignInRefused("Sign in the bot first.")
        return f"http://localhost:{self.web.port}/twitch?client_id=<x>"

    async def finish(self, state: str, code: str, error: str) -> str:
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


GOOD = {"code": CODE, "state": STATE, "scope": "user:bot"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def only_desk() -> AsyncGenerator[Desk]:
    running = Desk()
    await running.start()
    yield running
    await running.web.stop()


@pytest.fixture
def desk(only_desk: Desk) -> Desk:
    """The one of all tests, as it was at first."""
    only_desk.now = TODO
    only_desk.calls = []
    return only_desk


@pytest_asyncio.fixture(loop_scope="module")
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


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


async def get(web: aiohttp.ClientSession, url: str) -> tuple[int, str, str]:
    """Status, location and text; redirects are not followed."""
    async with web.get(URL(url, encoded=True), allow_redirects=False) as answer:
        return answer.status, answer.headers.get("location", ""), await answer.text()


async def send(web: aiohttp.ClientSession, url: str, body: Any, headers: dict[str, str] = FORM) -> tuple[int, str, str]:
    async with web.post(url, data=body, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("location", ""), await answer.text()


def is_page(text: str) -> bool:
    """A page of its own in the common look, with a way back."""
    return "setup.css" in text and 'href="/setup"' in text


# Over HTTP: the buttons


@pytest.mark.parametrize(
    "path",
    ["/setup", "/setup/state", "/oauth?account=bot", "/oauth", "/oauth/callback", f"/oauth/callback?{urlencode(GOOD)}"],
)
async def test_the_browser_is_told_to_be_careful(desk: Desk, web: aiohttp.ClientSession, path: str) -> None:
    async with web.get(desk.at(path), allow_redirects=False) as answer:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        # A form of a page with "no-referrer" would come with "Origin: null", and be refused.
        assert answer.headers["referrer-policy"] == ("same-origin" if path.startswith("/setup") else "no-referrer")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("button", "fields", "call"),
    [
        ("accept", {"account": "bot", "ticket": TICKET}, ("accept", "bot", TICKET)),
        ("decline", {"account": "broadcaster", "ticket": TICKET}, ("decline", "broadcaster", TICKET)),
        ("forget", {"account": "bot"}, ("forget", "bot")),
    ],
)
async def test_a_button_acts_and_leads_back(
    desk: Desk, web: aiohttp.ClientSession, button: str, fields: dict[str, str], call: tuple[str, ...]
) -> None:
    headers = {"Content-Type": "Application/X-WWW-Form-URLencoded; charset=UTF-8", "Origin": desk.at("")}
    status, location, _ = await send(web, desk.at(f"/setup/{button}"), urlencode(fields), headers)
    assert (status, location, desk.calls) == (303, "/setup", [call])


async def chunked() -> AsyncGenerator[bytes]:
    for _ in range(MAX_FORM_BYTES // 1_024 + 1):
        yield b"x" * 1_024


GOOD_FORM = urlencode({"account": "bot", "ticket": TICKET})
BAD_FORMS: dict[str, tuple[Callable[[], Any], dict[str, str], int]] = {
    "no type": (lambda: GOOD_FORM.encode(), {"Content-Type": ""}, 415),
    "text": (lambda: GOOD_FORM, {"Content-Type": "text/plain"}, 415),
    "json": (lambda: '{"account": "bot"}', {"Content-Type": "application/json"}, 415),
    "multipart": (lambda: GOOD_FORM, {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    "too long": (lambda: "account=bot&ticket=" + "x" * MAX_FORM_BYTES, FORM, 413),
    "too long, in pieces": (chunked, FORM, 413),
    "not ascii": (lambda: b"account=bot&ticket=\xff", FORM, 400),
    "not utf-8": (lambda: "account=bot&ticket=%ff", FORM, 400),
    "too many": (lambda: "a=1&" * 17, FORM, 400),
    "empty": (lambda: "", FORM, 400),
    "no ticket": (lambda: "account=bot", FORM, 400),
    "empty ticket": (lambda: "account=bot&ticket=", FORM, 400),
    "wrong ticket": (lambda: "account=bot&ticket=wrong", FORM, 400),
    "no account": (lambda: f"ticket={TICKET}", FORM, 400),
    "another account": (lambda: f"account=god&ticket={TICKET}", FORM, 400),
}


@pytest.mark.parametrize("button", ["accept", "decline"])
@pytest.mark.parametrize(("body", "headers", "status"), BAD_FORMS.values(), ids=BAD_FORMS)
async def test_a_bad_form_is_refused_with_a_page(
    desk: Desk, web: aiohttp.ClientSession, button: str, body: Callable[[], Any], headers: dict[str, str], status: int
) -> None:
    got, _, text = await send(web, desk.at(f"/setup/{button}"), body(), headers)
    assert (got, desk.calls) == (status, [])
    assert is_page(text)


@pytest.mark.parametrize("account", ["", "god", HOSTILE])
async def test_only_known_accounts_are_forgotten(desk: Desk, web: aiohttp.ClientSession, account: str) -> None:
    status, _, text = await send(web, desk.at("/setup/forget"), urlencode({"account": account}))
    assert (status, desk.calls) == (400, [])
    assert is_page(text)
    assert "onerror" not in text


@pytest.mark.parametrize("button", ["accept", "decline", "forget"])
@pytest.mark.parametrize(
    "stranger", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}], ids=str
)
async def test_another_page_cannot_press_a_button(
    desk: Desk, web: aiohttp.ClientSession, button: str, stranger: dict[str, str]
) -> None:
    status, _, _ = await send(web, desk.at(f"/setup/{button}"), GOOD_FORM, FORM | stranger)
    assert (status, desk.calls) == (403, [])


@pytest.mark.parametrize("button", ["accept", "decline", "forget"])
async def test_a_link_presses_no_button(desk: Desk, web: aiohttp.ClientSession, button: str) -> None:
    status, _, _ = await get(web, desk.at(f"/setup/{button}?{GOOD_FORM}"))
    assert (status, desk.calls) == (405, [])


async def test_a_sender_that_goes_away_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    await desk.start()
    _, writer = await asyncio.open_connection("127.0.0.1", desk.web.port)
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST /setup/accept HTTP/1.1\r\nHost: {desk.web.address}\r\n{kind}\r\nContent-Length: 99\r\n\r\n"
    writer.write(head.encode() + GOOD_FORM.encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await desk.web.stop()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert desk.calls == []


# Over HTTP: to Twitch and back


async def test_the_link_leads_to_twitch(desk: Desk, web: aiohttp.ClientSession) -> None:
    status, location, _ = await get(web, desk.at("/oauth?account=bot"))
    assert (status, desk.calls) == (302, [("begin", "bot")])
    assert location == f"http://localhost:{desk.web.port}/twitch?client_id=%3Cx%3E"


@pytest.mark.parametrize("query", [{}, *({"account": name} for name in ("", "god", "BOT", HOSTILE))], ids=str)
async def test_there_is_no_third_account(desk: Desk, web: aiohttp.ClientSession, query: dict[str, str]) -> None:
    status, _, text = await get(web, desk.at(f"/oauth?{urlencode(query)}"))
    assert (status, desk.calls) == (400, [])
    assert is_page(text)
    assert "onerror" not in text


async def test_a_sign_in_that_cannot_begin_says_why(desk: Desk, web: aiohttp.ClientSession) -> None:
    status, _, text = await get(web, desk.at("/oauth?account=broadcaster"))
    assert status == 400
    assert is_page(text)
    assert "Sign in the bot first." in text


async def test_who_comes_back_from_twitch_is_led_to_the_page(desk: Desk, web: aiohttp.ClientSession) -> None:
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
    desk: Desk, web: aiohttp.ClientSession, query: dict[str, str]
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
    desk: Desk, web: aiohttp.ClientSession, error: str, told: str
) -> None:
    query = {"error": error, "error_description": f"Call 555 now! {HOSTILE}", "state": STATE, "code": CODE}
    status, _, text = await get(web, desk.at(f"/oauth/callback?{urlencode(query)}"))
    assert (status, desk.calls) == (400, [("finish", STATE, "", told)])
    assert f"Twitch said {told}." in text
    assert is_page(text)
    assert "555" not in text
    assert "onerror" not in text


async def test_the_wrong_account_is_a_403_with_its_name_escaped(desk: Desk, web: aiohttp.ClientSession) -> None:
    status, _, text = await get(web, desk.at(f"/oauth/callback?{urlencode(GOOD | {'code': 'mallory'})}"))
    assert status == 403
    assert is_page(text)
    assert "&lt;script&gt;" in text
    assert "<script" not in text


@pytest.mark.parametrize("query", [GOOD, GOOD | {"state": "wrong"}, GOOD | {"error": "access_denied"}, {"code": CODE}])
async def test_the_code_is_neither_shown_nor_logged(
    desk: Desk, web: aiohttp.ClientSession, query: dict[str, str], everything_logged: io.StringIO
) -> None:
    _, location, text = await get(web, desk.at(f"/oauth/callback?{urlencode(query)}"))
    assert CODE not in everything_logged.getvalue() + location + text
    assert ("Signed in as PixelBot." in everything_logged.getvalue()) == (query == GOOD)


# In a browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()


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


async def opened(context: BrowserContext, desk: Desk, path: str = "/setup") -> Page:
    page = await context.new_page()
    await page.goto(desk.at(path))
    return page


async def look(page: Page) -> None:
    """Let the page ask at once, and wait until it has."""
    async with page.expect_response("**/setup/state") as answer:
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await (await answer.value).finished()


COLOURS = [
    ("bot", "to do", "rgb(255, 200, 87)"),
    ("events", "needs you", "rgb(255, 93, 115)"),
    ("overlay", "done", "rgb(123, 216, 143)"),
    ("ai", "off", "rgb(109, 102, 144)"),
    ("joystick", "later", "rgb(109, 102, 144)"),
]


async def test_a_step_tells_its_state_in_a_word_and_a_colour(browser: Browser, desk: Desk) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        for key, word, colour in COLOURS:
            card = page.locator(f"[data-part={key}]")
            await expect(card.locator(".state")).to_have_text(word)
            assert await card.evaluate("card => getComputedStyle(card, '::before').backgroundColor") == colour


async def test_the_page_says_all_that_there_is(browser: Browser, desk: Desk) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await expect(page).to_have_title("2 steps to go · Pixel Bot")
        await expect(page.get_by_role("heading", level=1)).to_have_text("2 steps to go")
        assert await page.locator("article h2").all_text_contents() == [step.title for step in TODO.steps]
        assert await page.locator("article .words").all_text_contents() == [step.words for step in TODO.steps]
        assert await page.locator(".details li").all_text_contents() == ["a", "b"]
        await expect(page.get_by_text(TODO.redirect_uri)).to_be_visible()
        bot = page.get_by_role("link", name="Sign in with the bot account")
        assert await bot.get_attribute("href") == "/oauth?account=bot"
        box = await bot.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] + box["height"] < 400
        broken = await page.evaluate("[...document.images].filter((i) => !i.complete || !i.naturalWidth).length")
        assert broken == 0


async def test_somebody_signs_in_and_says_yes(browser: Browser, desk: Desk) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.get_by_role("link", name="Sign in with the bot account").click()
        await page.wait_for_url(f"http://localhost:{desk.web.port}/setup")
        await expect(page.get_by_text("You signed in as PixelBot. Use it as the bot account?")).to_be_visible()
        await page.get_by_role("button", name="Yes, use PixelBot").click()
        await expect(page.locator("[data-part=bot] .state")).to_have_text("done")
    assert desk.calls == [("begin", "bot"), ("finish", STATE, CODE, ""), ("accept", "bot", TICKET)]


async def test_somebody_says_no(browser: Browser, desk: Desk) -> None:
    desk.now = ASKING
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.get_by_role("button", name="No, another one").click()
        await expect(page.get_by_role("link", name="Sign in with the bot account")).to_be_visible()
    assert desk.calls == [("decline", "bot", TICKET)]


async def test_an_account_is_forgotten_with_two_clicks(browser: Browser, desk: Desk) -> None:
    desk.now = READY
    async with context(browser) as made:
        page = await opened(made, desk)
        await expect(page.get_by_text(TODO.redirect_uri)).to_be_hidden()
        forget = page.locator("[data-part=broadcaster]").get_by_role("button", name="Forget this account")
        await expect(forget).to_be_hidden()
        await page.locator("[data-part=broadcaster]").get_by_text("Use another account").click()
        await forget.click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("2 steps to go")
    assert desk.calls == [("forget", "broadcaster")]


async def test_a_refusal_leads_back(browser: Browser, desk: Desk) -> None:
    async with context(browser) as made:
        page = await opened(made, desk, f"/oauth/callback?{urlencode(GOOD | {'code': 'mallory'})}")
        await expect(page.locator(".words")).to_have_text(f"You are {HOSTILE}, not PixelBot.")
        await page.get_by_role("link", name="Back to the set-up page").click()
        await expect(page).to_have_url(desk.at("/setup"))


async def test_the_key_is_hidden_until_asked_for(browser: Browser, desk: Desk) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        assert KEY not in await page.inner_text("body")
        await expect(page.get_by_text("/overlay?key=••••••••")).to_be_visible()
        await page.get_by_text("Show the key").click()
        await expect(page.get_by_text(TODO.overlay_url)).to_be_visible()
        await page.get_by_text("Hide the key").click()
        assert KEY not in await page.inner_text("body")


@pytest.mark.parametrize("modern", [True, False], ids=["clipboard", "no clipboard"])
async def test_one_click_copies_what_is_hidden(browser: Browser, desk: Desk, modern: bool) -> None:
    async with context(browser, permissions=["clipboard-read", "clipboard-write"]) as made:
        reader = await opened(made, desk)
        await reader.evaluate("navigator.clipboard.writeText('nothing yet')")
        page = await made.new_page()
        if not modern:
            await page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        await page.goto(desk.at("/setup"))
        button = page.locator("[data-part=overlay]").get_by_role("button", name="Copy")
        await button.click()
        await expect(page.locator("[data-part=overlay] .copy")).to_have_text("Copied")
        assert KEY not in await page.inner_text("body")
        await reader.bring_to_front()
        assert await reader.evaluate("navigator.clipboard.readText()") == TODO.overlay_url
        await expect(page.locator("[data-part=overlay] .copy")).to_have_text("Copy")


async def test_without_a_script_all_but_copying_works(browser: Browser, desk: Desk) -> None:
    desk.now = ASKING
    async with context(browser, java_script_enabled=False) as made:
        page = await opened(made, desk)
        assert await page.locator(".copy:visible, .follow:visible").count() == 0
        await page.get_by_text("Show the key").click()
        await expect(page.get_by_text(TODO.overlay_url)).to_be_visible()
        await page.get_by_role("button", name="Yes, use PixelBot").click()
        await expect(page.locator("[data-part=bot] .state")).to_have_text("done")
        desk.now = READY
        await page.get_by_role("link", name="Check again").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(READY.headline)
    assert desk.calls == [("accept", "bot", TICKET)]


async def test_the_page_follows_by_itself(browser: Browser, desk: Desk) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.evaluate("window.same = true; document.querySelector('[data-part=ai]').same = true")
        await page.get_by_text("Show the key").click()
        await page.locator("[data-part=overlay] summary").focus()
        desk.now = changed(READY, "overlay", "todo", "OBS closed it.")
        await expect(page.get_by_role("heading", level=1)).to_have_text(READY.headline)
        await expect(page.locator("[data-part=overlay] .words")).to_have_text("OBS closed it.")
        await expect(page).to_have_title(f"{READY.headline} · Pixel Bot")
        await expect(page.get_by_text(TODO.redirect_uri)).to_be_hidden()
        await expect(page.get_by_text(TODO.overlay_url)).to_be_visible()
        await expect(page.locator("[data-part=overlay] summary")).to_be_focused()
        assert await page.evaluate("window.same && document.querySelector('[data-part=ai]').same")


async def test_nothing_moves_while_nothing_happens(browser: Browser, desk: Desk) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.get_by_text("Show the key").click()
        await page.evaluate(
            """window.moves = 0;
            new MutationObserver((all) => { window.moves += all.length }).observe(document, {
                subtree: true, childList: true, attributes: true, characterData: true,
            })"""
        )
        await look(page)
        await look(page)
        assert await page.evaluate("window.moves") == 0
        desk.now = changed(TODO, "ai", "done", "It thinks.")
        await expect(page.locator("[data-part=ai] .state")).to_have_text("done")
        assert await page.evaluate("window.moves") > 0


async def test_a_page_of_another_version_loads_anew(browser: Browser, desk: Desk) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.evaluate("window.same = true")
        desk.now = replace(TODO, steps=(*TODO.steps, Step("obs", "OBS", "off", "Set OBS_PASSWORD.")))
        await expect(page.locator("[data-part=obs]")).to_be_visible()
        assert await page.evaluate("window.same === undefined")


async def test_the_page_says_when_the_bot_is_gone_and_finds_it_again(browser: Browser) -> None:
    desk = Desk()
    await desk.start()
    async with context(browser) as made:
        page = await opened(made, desk)
        await expect(page.locator("#lost")).to_be_hidden()
        await desk.web.stop()
        await expect(page.locator("#lost")).to_be_visible()
        again = Desk(desk.web.port)
        again.now = READY
        await again.start()
        await expect(page.get_by_role("heading", level=1)).to_have_text(READY.headline)
        await expect(page.locator("#lost")).to_be_hidden()
        await again.web.stop()


SCROLLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
STATES = {"todo": TODO, "asking": ASKING, "ready": READY, "nasty": NASTY}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
async def test_it_fits_from_a_phone_to_a_wall(browser: Browser, desk: Desk, state: SetupState) -> None:
    desk.now = state
    async with context(browser) as made:
        page = await opened(made, desk)
        for fold in await page.locator("summary").all():
            await fold.click()
        for width in (320, 390, 561, 768, 1280, 1920):
            await page.set_viewport_size({"width": width, "height": 844})
            assert not await page.evaluate(SCROLLS), width


async def test_markup_stays_text(browser: Browser, desk: Desk) -> None:
    desk.now = NASTY
    async with context(browser) as made:
        page = await opened(made, desk)
        await look(page)
        desk.now = replace(NASTY, headline=HOSTILE)
        await look(page)
        await expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
        await expect(page.locator("[data-part=bot] strong")).to_have_text(HOSTILE + LONG)
        assert await page.evaluate("window.hit === undefined")
        assert await page.locator("img:not([src='/static/mascot.svg']), main script").count() == 0
        assert await page.locator("input[name=ticket]").get_attribute("value") == HOSTILE


# The contrast of every text that can be seen with what is behind it, the least first.
CONTRAST = """() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    const colour = parse(getComputedStyle(node).backgroundColor);
    return colour.length === 3 || !node.parentElement ? colour : behind(node.parentElement);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.textContent]);
  }
  return found.sort((one, two) => one[0] - two[0]);
}"""


async def contrasts(page: Page) -> list[tuple[float, str]]:
    for fold in await page.locator("summary").all():
        await fold.click()
    return await page.evaluate(CONTRAST)


@pytest.mark.parametrize(
    ("state", "path"),
    [(TODO, "/setup"), (ASKING, "/setup"), (READY, "/setup"), (TODO, "/oauth")],
    ids=["todo", "asking", "ready", "refused"],
)
async def test_everything_can_be_read(browser: Browser, desk: Desk, state: SetupState, path: str) -> None:
    desk.now = state
    async with context(browser) as made:
        page = await opened(made, desk, path)
        found = await contrasts(page)
        assert len(found) >= 3
        assert found[0][0] >= 4.5, found[0]


async def test_a_text_that_cannot_be_read_would_be_found(browser: Browser, desk: Desk) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.evaluate("document.querySelector('h1').style.color = '#555566'")
        ratio, words = (await contrasts(page))[0]
        assert (ratio < 4.5, words) == (True, TODO.headline)
