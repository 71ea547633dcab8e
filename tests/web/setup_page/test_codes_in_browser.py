"""Codes to type at Twitch, on the set-up page in a browser."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.web.access.sessions import Purpose
from tests.harness.twitch_harness import Harness, house
from tests.web.setup_page.page import HOSTILE, TODO, SetUpPage, context, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITH_CODES = replace(
    TODO,
    steps=tuple(
        replace(step, code=code, label="Open twitch.tv/activate")
        for step, code in zip(TODO.steps, ("ABCDEFGH", "JKLMNPQR"), strict=False)
    )
    + TODO.steps[2:],
    redirect_uri="",
)


async def test_a_code_is_shown_and_copied_and_the_page_stays_open(browser: Browser, desk: SetUpPage) -> None:
    desk.now = WITH_CODES
    async with context(browser, permissions=["clipboard-read", "clipboard-write"]) as made:
        page = await opened(made, desk)
        bot = page.locator("[data-part=bot]")
        await expect(bot.get_by_text("ABCDEFGH")).to_be_visible()
        await expect(page.get_by_text("OAuth Redirect URL")).to_have_count(0)
        await bot.get_by_role("button", name="Copy").click()
        await expect(bot.locator(".copy")).to_have_text("Copied")
        assert await page.evaluate("navigator.clipboard.readText()") == "ABCDEFGH"
        link = bot.get_by_role("link", name="Open twitch.tv/activate")
        assert await link.get_attribute("target") == "_blank"
        assert await link.get_attribute("href") == "/oauth?account=bot"
        box = await bot.get_by_text("ABCDEFGH").bounding_box()
        assert box is not None
        assert box["height"] >= 32


async def test_a_code_is_text_whatever_it_is(browser: Browser, desk: SetUpPage) -> None:
    desk.now = replace(WITH_CODES, steps=(replace(WITH_CODES.steps[0], code=HOSTILE), *WITH_CODES.steps[1:]))
    async with context(browser) as made:
        page = await opened(made, desk)
        await expect(page.locator("#bot-code")).to_have_text(HOSTILE)
        assert await page.evaluate("window.hit") is None


async def _code(page: Page, account: str) -> str:
    shown = page.locator(f"#{account}-code")
    await expect(shown).to_be_visible()
    return await shown.inner_text()


async def _sign_in(home: Harness, browser: Browser, link: str) -> None:
    async with context(browser) as made:
        page = await made.new_page()
        await page.goto(link)
        await _code(page, "bot")
        await _code(page, "broadcaster")
        await page.evaluate("window.same = true")
        first = await _code(page, "bot")
        home.world.devices.expire(first)
        await expect(page.locator("#bot-code")).not_to_have_text(first)
        assert home.world.approve(await _code(page, "bot"), BOT)
        await expect(page.locator("[data-part=bot] .state")).to_have_text("done")
        assert home.world.approve(await _code(page, "broadcaster"), STREAMER)
        await expect(page.locator("[data-part=broadcaster] .state")).to_have_text("done")
        await expect(page.locator("#bot-code, #broadcaster-code")).to_have_count(0)
        await expect(page.locator("[data-part=events] .state")).to_have_text("done")
        assert await page.evaluate("window.same"), "the page was loaded anew"
        await expect(page.locator("[data-part=app]")).to_contain_text("bot badge")


async def test_the_page_shows_a_new_code_and_that_it_worked_without_a_reload(browser: Browser, tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.world.is_public = True
        async with home.bot(twitch_bot_id=BOT.id, twitch_owner_id=STREAMER.id) as app:
            await _sign_in(home, browser, await app.access.link(Purpose.START))
