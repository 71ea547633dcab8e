"""The set-up page in a browser: what it says and does."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, expect

from pixel_bot.web.setup import Step
from tests.web.setup_page.page import (
    ASKING,
    CODE,
    GOOD,
    HOSTILE,
    KEY,
    READY,
    STATE,
    TICKET,
    TODO,
    SetUpPage,
    changed,
    context,
    look,
    opened,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

COLOURS = [
    ("bot", "to do", "rgb(255, 200, 87)"),
    ("events", "needs you", "rgb(255, 93, 115)"),
    ("overlay", "done", "rgb(123, 216, 143)"),
    ("ai", "off", "rgb(109, 102, 144)"),
    ("joystick", "later", "rgb(109, 102, 144)"),
]


async def test_a_step_tells_its_state_in_a_word_and_a_colour(browser: Browser, desk: SetUpPage) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        for key, word, colour in COLOURS:
            card = page.locator(f"[data-part={key}]")
            await expect(card.locator(".state")).to_have_text(word)
            assert await card.evaluate("card => getComputedStyle(card, '::before').backgroundColor") == colour


async def test_the_page_says_all_that_there_is(browser: Browser, desk: SetUpPage) -> None:
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


async def test_somebody_signs_in_and_says_yes(browser: Browser, desk: SetUpPage) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.get_by_role("link", name="Sign in with the bot account").click()
        await page.wait_for_url(f"http://localhost:{desk.web.port}/setup")
        await expect(page.get_by_text("You signed in as PixelBot. Use it as the bot account?")).to_be_visible()
        await page.get_by_role("button", name="Yes, use PixelBot").click()
        await expect(page.locator("[data-part=bot] .state")).to_have_text("done")
    assert desk.calls == [("begin", "bot"), ("finish", STATE, CODE, ""), ("accept", "bot", TICKET)]


async def test_somebody_says_no(browser: Browser, desk: SetUpPage) -> None:
    desk.now = ASKING
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.get_by_role("button", name="No, another one").click()
        await expect(page.get_by_role("link", name="Sign in with the bot account")).to_be_visible()
    assert desk.calls == [("decline", "bot", TICKET)]


async def test_an_account_is_forgotten_with_two_clicks(browser: Browser, desk: SetUpPage) -> None:
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


async def test_a_refusal_leads_back(browser: Browser, desk: SetUpPage) -> None:
    async with context(browser) as made:
        page = await opened(made, desk, f"/oauth/callback?{urlencode(GOOD | {'code': 'mallory'})}")
        await expect(page.locator(".words")).to_have_text(f"You are {HOSTILE}, not PixelBot.")
        await page.get_by_role("link", name="Back to the set-up page").click()
        await expect(page).to_have_url(desk.at("/setup"))


async def test_the_key_is_hidden_until_asked_for(browser: Browser, desk: SetUpPage) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        assert KEY not in await page.inner_text("body")
        await expect(page.get_by_text("/overlay?key=••••••••")).to_be_visible()
        await page.get_by_text("Show the key").click()
        await expect(page.get_by_text(TODO.overlay_url)).to_be_visible()
        await page.get_by_text("Hide the key").click()
        assert KEY not in await page.inner_text("body")


@pytest.mark.parametrize("modern", [True, False], ids=["clipboard", "no clipboard"])
async def test_one_click_copies_what_is_hidden(browser: Browser, desk: SetUpPage, modern: bool) -> None:
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


async def test_without_a_script_all_but_copying_works(browser: Browser, desk: SetUpPage) -> None:
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


async def test_the_page_follows_by_itself(browser: Browser, desk: SetUpPage) -> None:
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


async def test_nothing_moves_while_nothing_happens(browser: Browser, desk: SetUpPage) -> None:
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


async def test_a_page_of_another_version_loads_anew(browser: Browser, desk: SetUpPage) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.evaluate("window.same = true")
        desk.now = replace(TODO, steps=(*TODO.steps, Step("obs", "OBS", "off", "Set OBS_PASSWORD.")))
        await expect(page.locator("[data-part=obs]")).to_be_visible()
        assert await page.evaluate("window.same === undefined")


async def test_cards_of_cogs_come_and_go_without_a_reload(browser: Browser, desk: SetUpPage) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.evaluate("window.same = true")
        desk.now = replace(
            TODO, cog_steps=(Step("ai", "Luck", "off", HOSTILE), Step("mine", "Mine", "done", "It works."))
        )
        await expect(page.locator("[data-cog=ai] .words")).to_have_text(HOSTILE)
        await expect(page.locator("[data-cog=mine] .state")).to_have_text("done")
        desk.now = TODO
        await expect(page.locator("[data-cog]")).to_have_count(0)
        assert await page.evaluate("window.same")
        assert await page.evaluate("window.hit") is None


async def test_the_page_says_when_the_bot_is_gone_and_finds_it_again(browser: Browser) -> None:
    desk = SetUpPage()
    await desk.start()
    async with context(browser) as made:
        page = await opened(made, desk)
        await expect(page.locator("#lost")).to_be_hidden()
        await desk.web.stop()
        await expect(page.locator("#lost")).to_be_visible()
        again = SetUpPage(desk.web.port)
        again.now = READY
        await again.start()
        await expect(page.get_by_role("heading", level=1)).to_have_text(READY.headline)
        await expect(page.locator("#lost")).to_be_hidden()
        await again.web.stop()
