"""The set-up page in a browser: it fits, and all of it can be read."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.setup_page.page import ASKING, HOSTILE, LONG, NASTY, READY, TODO, SetUpPage, context, look, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCROLLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
STATES = {"todo": TODO, "asking": ASKING, "ready": READY, "nasty": NASTY}


async def test_it_fits_from_a_phone_to_a_wall(browser: Browser, desk: SetUpPage) -> None:
    async with context(browser) as made:
        for name, state in STATES.items():
            desk.now = state
            page = await opened(made, desk)
            for fold in await page.locator("summary").all():
                await fold.click()
            for width in (320, 390, 561, 768, 1280, 1920):
                await page.set_viewport_size({"width": width, "height": 844})
                assert not await page.evaluate(SCROLLS), (name, width)
            await page.close()


async def test_markup_stays_text(browser: Browser, desk: SetUpPage) -> None:
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


PAGES = {
    "todo": (TODO, "/setup"),
    "asking": (ASKING, "/setup"),
    "ready": (READY, "/setup"),
    "refused": (TODO, "/oauth"),
}


async def test_everything_can_be_read(browser: Browser, desk: SetUpPage) -> None:
    async with context(browser) as made:
        for name, (state, path) in PAGES.items():
            desk.now = state
            page = await opened(made, desk, path)
            found = await contrasts(page)
            assert len(found) >= 3, name
            assert found[0][0] >= 4.5, (name, found[0])
            await page.close()


async def test_a_text_that_cannot_be_read_would_be_found(browser: Browser, desk: SetUpPage) -> None:
    async with context(browser) as made:
        page = await opened(made, desk)
        await page.evaluate("document.querySelector('h1').style.color = '#555566'")
        ratio, words = (await contrasts(page))[0]
        assert (ratio < 4.5, words) == (True, TODO.headline)
