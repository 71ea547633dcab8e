"""The sandbox page in a browser, opened by a visitor."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, FrameLocator, Page, Request, expect

from pixel_bot.testing import Live


class Seen:
    """What happened on a page besides what it shows."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)
        self._page = page

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("http://localhost:", "data:", "blob:")):
            self.elsewhere.append(request.url)


@asynccontextmanager
async def opened(
    browser: Browser, show: Live, width: int = 1280, height: int = 720, *, moving: bool = False
) -> AsyncGenerator[tuple[Page, Seen]]:
    """The page, connected and with somebody picked; where nothing is to move, numbers need not be waited for."""
    motion = "no-preference" if moving else "reduce"
    page = await browser.new_page(viewport={"width": width, "height": height}, reduced_motion=motion)
    page.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    seen = Seen(page)
    await page.goto(show.app.home)
    await expect(page.locator("#link-word")).to_have_text("live")
    await expect(page.locator("#points")).to_have_text("1,000")
    await overlay_is_open(show)
    yield page, seen
    await page.close()


async def overlay_is_open(show: Live, *, sound: bool | None = None) -> None:
    """Wait until an overlay page is connected; with ``sound`` only one whose sound is so."""
    changed = asyncio.Event()
    show.bot.overlay.changed.add(changed.set)
    async with asyncio.timeout(15):
        while not any(sound in (None, screen.can_play(needs_sound=True)) for screen in show.bot.overlay.pages):
            await changed.wait()
            changed.clear()
    show.bot.overlay.changed.discard(changed.set)


def overlay_of(page: Page) -> FrameLocator:
    """The overlay on the page's stage."""
    return page.frame_locator("#overlay-frame iframe")


async def type_line(page: Page, words: str) -> None:
    await page.fill("#line", words)
    await page.press("#line", "Enter")
