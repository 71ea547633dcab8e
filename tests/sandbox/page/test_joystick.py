"""The sandbox page in a browser: viewers and events of Joystick."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from pixel_bot.testing import Live
from tests.sandbox.page.visit import opened, overlay_of, type_line

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def as_jules(page: Page) -> None:
    """Chat as the viewer of Joystick.tv."""
    await page.click("#chips button[data-login=joy_jules]")
    await expect(page.locator("#viewer-name")).to_have_text("Joy_Jules")
    await expect(page.locator("#points")).to_have_text("1,000")


async def test_a_viewer_of_joystick_is_answered_there_and_links_both_accounts(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        await type_line(page, "hi from Twitch")
        await as_jules(page)
        await type_line(page, "!points")
        there = page.locator("#log .line.there")
        await expect(there).to_have_count(2)
        await expect(there.last).to_contain_text("@Joy_Jules You have 1,000 points.")
        await expect(there.get_by_role("img", name="On Joystick.tv")).to_have_count(2)
        await expect(page.locator("#log .line")).to_have_count(3)
        assert [line.username for line in show.app.joystick.recent] == ["Joy_Jules", "PixelBot"]
        assert len(show.twitch.chat_log.lines) == 1

        await type_line(page, "!link")
        whisper = page.locator("#log .line.bot", has_text="whispers to joy_jules")
        await expect(whisper).to_have_count(1)
        code = re.search(r"!link (\w+)", await whisper.inner_text())
        assert code is not None
        await page.click("#chips button[data-login=viewer_vi]")
        await type_line(page, code[0])
        await expect(page.locator("#points")).to_have_text("2,001")
        await page.click("#chips button[data-login=joy_jules]")
        await expect(page.locator("#viewer-name")).to_have_text("Joy_Jules")
        await expect(page.locator("#points")).to_have_text("2,001")
        assert seen.errors == []


THERE = [
    ("tip", "tipped 100 tokens", "1,100"),
    ("follow", "followed", "1,150"),
    ("sub", "subscribed", "1,350"),
    ("resub", "has subscribed for 6 months", "1,550"),
    ("gift", "gifted 5 subs", "2,550"),
    ("enter", "came in", "2,575"),
    ("raid", "raids with 12 viewers", "2,675"),
]


async def test_each_platform_has_its_own_events_which_pay_and_show(browser: Browser, show: Live) -> None:
    both = {"follow", "sub", "resub", "gift", "raid"}
    async with opened(browser, show) as (page, seen):
        buttons = page.locator("button[data-event]:visible")
        for pick, kinds in ((None, both | {"cheer", "more"}), (as_jules, both | {"enter", "tip"})):
            if pick is not None:
                await pick(page)
            await expect(buttons).to_have_count(len(kinds))
            assert {await button.get_attribute("data-event") for button in await buttons.all()} == kinds
        await expect(page.locator("#natives .native")).to_have_count(0)
        await expect(page.locator("#natives .wallet")).to_be_hidden()

        for kind, words, points in THERE:
            await page.click(f"button[data-event={kind}]")
            await expect(page.locator("#happened")).to_have_text(f"Joy_Jules {words}")
            await expect(page.locator("#points")).to_have_text(points)
            if kind == "tip":
                await expect(overlay_of(page).locator(".alert-tip")).to_contain_text("Joy_Jules tipped 100 tokens")
        assert seen.errors == []

        await page.click("#events button.follow")
        await expect(page.locator("#toast")).to_contain_text("Joy_Jules follows already")
        await expect(page.locator("#points")).to_have_text("2,675")

        button = page.locator("#natives .stream")
        for on in (False, True):
            await button.click()
            await expect(button).to_have_attribute("aria-pressed", "true" if on else "false")
            assert (show.twitch.live, show.app.joystick.live) == (on, on)
        assert seen.errors == []


async def test_who_is_typed_in_there_is_somebody_else_or_the_streamer(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await page.get_by_role("button", name="Someone else").click()
        await page.fill("#other-login", "Viewer_Vi")
        await page.select_option("#other-role", "joystick")
        await page.press("#other-login", "Enter")
        chips = page.locator("#chips button[data-login=viewer_vi]")
        await expect(chips).to_have_count(2)
        await expect(chips.last).to_have_attribute("aria-pressed", "true")
        await page.click("button[data-event=tip]")
        await expect(page.locator("#points")).to_have_text("1,100")
        await page.reload()
        await expect(chips.last).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("#points")).to_have_text("1,100")
        await chips.first.click()
        await expect(page.locator("#points")).to_have_text("1,000")

        await page.get_by_role("button", name="Someone else").click()
        await page.fill("#other-login", "pixel_street")
        await page.select_option("#other-role", "joystick")
        await page.press("#other-login", "Enter")
        await expect(page.locator("#viewer-name")).to_have_text("pixel_street")
        await type_line(page, "!points add @joy_jules 5")
        answer = page.locator("#log .line.there.bot", has_text="Added 5 points: Joy_Jules has 5.")
        await expect(answer).to_have_count(1)
        await expect(page.locator("#log .line.there").get_by_role("img", name="Broadcaster")).to_have_count(1)
