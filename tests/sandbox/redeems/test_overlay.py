"""Redeems on the sandbox page: seen and heard on the overlay inside it."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, Frame, Page, expect
from sqlalchemy import text

from pixel_bot.testing import Live
from tests.sandbox.page.visit import opened, overlay_is_open, overlay_of, type_line
from tests.sandbox.redeems.redeem_helpers import PRIZES

pytestmark = pytest.mark.asyncio(loop_scope="session")

# In every frame: how much of each sound was played when it ended, where a locator can wait for it.
NOTE_ENDS = """document.addEventListener("ended", ({ target }) => {
  document.documentElement.dataset.ended = (target.currentTime / target.duration).toFixed(2);
}, true);"""

TO_ITS_END = re.compile(r"^(0\.9\d|1\.00)$")
ANGLE = "getComputedStyle(document.querySelector('.wheel-disc')).transform"
FINISH_SPIN = "document.getAnimations().filter((a) => a.id === 'spin').forEach((a) => a.finish())"

UNDER_POINTER = """() => {
  const tip = document.querySelector(".wheel-pointer").getBoundingClientRect();
  return document.elementFromPoint(tip.left + tip.width / 2, tip.bottom + 2)?.dataset.name;
}"""


async def overlay_frame(page: Page) -> Frame:
    """The overlay on the stage, to look into."""
    handle = await page.locator("#overlay-frame iframe").element_handle()
    frame = await handle.content_frame()
    assert frame is not None
    return frame


# A newcomer's minute


async def see_the_wheel_land(frame: Frame) -> str:
    """Wait until the wheel turned and landed. Returns the prize under its pointer."""
    await expect(frame.locator(".wheel-disc")).to_be_visible()
    before = await frame.evaluate(ANGLE)
    await expect(frame.locator(".wheel-disc")).not_to_have_css("transform", before)
    await frame.evaluate(FINISH_SPIN)
    await expect(frame.locator(".winner")).to_be_visible()
    landed: str = await frame.evaluate(UNDER_POINTER)
    await expect(frame.locator(".winner .prize")).to_have_text(landed)
    return landed


async def hear_the_speech(frame: Frame) -> None:
    """Wait until a text was read out to its end."""
    await expect(frame.locator(".speech")).to_contain_text("hello")
    await expect(frame.locator("html")).to_have_attribute("data-ended", TO_ITS_END)


async def test_a_newcomer_spins_and_is_read_out(browser: Browser, show: Live) -> None:
    async with opened(browser, show, moving=True) as (page, seen):
        frame = await overlay_frame(page)
        await frame.evaluate(NOTE_ENDS)
        await expect(page.locator("#idle")).to_be_visible()
        await type_line(page, "!spin")
        await type_line(page, "!tts hello")
        playing = expect(page.locator("#queue .item.own")).to_contain_text("playing")
        landed, *_ = await asyncio.gather(see_the_wheel_land(frame), hear_the_speech(frame), playing)
        await expect(page.locator("#idle")).to_be_hidden()
        async with show.bot.readers() as session:
            assert (await session.execute(text("SELECT prize FROM draws"))).scalars().all() == [landed]
        await expect(page.locator("#points")).to_have_text(str(1_000 - 100 - 25 + PRIZES[landed]))
        await expect(page.locator("#queue-empty")).to_be_visible()
        assert (seen.errors, seen.elsewhere) == ([], [])


async def press_the_button(page: Page) -> None:
    await page.get_by_role("button", name="Turn sound on").click()


async def press_a_key(page: Page) -> None:
    await page.press("#line", "h")


@pytest.mark.parametrize("touch", [press_the_button, press_a_key])
async def test_sound_waits_for_the_first_touch(
    careful_browser: Browser, show: Live, touch: Callable[[Page], Awaitable[None]]
) -> None:
    page = await careful_browser.new_page(viewport={"width": 1280, "height": 720})
    await page.add_init_script(NOTE_ENDS)
    await page.goto(show.app.home)
    # Looking at a page through the test's eyes counts as a touch, so the verdict is awaited at the bot.
    await overlay_is_open(show, sound=False)
    await show.ask("viewer_vi", "!sound ding")
    await expect(page.locator("#unmute")).to_be_visible()
    await expect(page.locator("#queue .item")).to_have_attribute("data-state", "needs sound")
    await expect(page.locator("#holds")).to_have_text("Sound is off")
    await touch(page)
    await expect(page.locator("#unmute")).to_be_hidden()
    await expect(overlay_of(page).locator("html")).to_have_attribute("data-ended", TO_ITS_END)
    await expect(page.locator("#queue .item")).to_have_count(0)
    await page.close()
