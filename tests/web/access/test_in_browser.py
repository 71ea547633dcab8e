"""The link, the buttons and the sign-out, in a browser."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from pixel_bot.run.live_app import live
from pixel_bot.testing import live as on_sandbox
from pixel_bot.testing import settings_in
from pixel_bot.web.access.sessions import Purpose
from tests.web.access.stranger import CREDENTIALS
from tests.web.setup_page.page import context

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_link_another_browser_and_the_sign_out(careful_browser: Browser, tmp_path: Path) -> None:
    async with live(settings_in(tmp_path, **CREDENTIALS)) as app, context(careful_browser) as first:
        page = await first.new_page()
        await page.goto(app.home)
        await expect(page.get_by_role("heading", name="Who gets in")).to_be_visible()
        await page.goto(await app.access.link(Purpose.START))
        assert page.url == app.home, "the key is not in the address any more"
        await expect(page.get_by_role("heading", name="to go")).to_be_visible()
        assert await page.evaluate("document.cookie") == ""
        (cookie,) = await first.cookies()
        assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("secure")) == (True, "Lax", False)

        await page.get_by_role("button", name="Another browser").click()
        link = await page.locator("#browser-link").inner_text()
        async with context(careful_browser) as second:
            other = await second.new_page()
            await other.goto(link)
            await expect(other.get_by_role("heading", name="to go")).to_be_visible()
            await page.get_by_role("link", name="Back to the set-up page").click()
            await page.get_by_text("Sign out on all devices").click()
            await page.get_by_role("button", name="Sign out everywhere").click()
            await expect(page.get_by_text("All browsers are signed out.")).to_be_visible()
            # The other one follows the bot, and notices by itself.
            await expect(other.get_by_role("heading", name="Who gets in")).to_be_visible()


async def test_the_link_of_the_sandbox_leads_to_the_demo(careful_browser: Browser, tmp_path: Path) -> None:
    async with (
        on_sandbox(tmp_path) as show,
        context(careful_browser, permissions=["clipboard-read", "clipboard-write"]) as made,
    ):
        page = await made.new_page()
        await page.goto(await show.app.access.link(Purpose.START))
        assert page.url == show.app.home
        await expect(page.locator("#link-word")).to_have_text("live")
        assert len(await made.cookies()) == 1
        await page.get_by_role("button", name="copy the address").click()
        await expect(page.locator("#toast")).to_contain_text("Copied.")
