"""The overlay page in a browser: greeting, idle, noise on the wire."""

import pytest
from playwright.async_api import Browser

from tests.harness.overlay_double import OverlayDouble
from tests.overlay.page.overlay_in_browser import inked, nothing_left, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_page_greets_and_shows_nothing(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        hello = await bot.hears(do="hello")
        assert len(hello.pop("page")) >= 16
        assert hello == {"do": "hello", "obs": False, "visible": True, "sound": "on"}
        await nothing_left(page)
        assert (await inked(page))["inked"] == 0
        assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgba(0, 0, 0, 0)"


async def test_the_page_says_when_it_is_in_obs_and_when_it_goes(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot, script="window.obsstudio = {}") as page:
        assert (await bot.hears(do="hello"))["obs"] is True
        await page.goto("about:blank")
        await bot.hears(do="bye")


async def test_noise_is_ignored(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        for text in ("{", "null", "[]", "5", '"play"', "{}", '{"type":"constructor"}', '{"type":"play"}'):
            await bot.send_text(text)
        await bot.send("alert", kind="toString", text="no such kind")
        await bot.send("stop", id="nobody")
        await bot.send("hello", volume="loud")
        await bot.echo()
        await nothing_left(page)
