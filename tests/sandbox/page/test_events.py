"""The sandbox page in a browser: events on Twitch."""

import pytest
from playwright.async_api import Browser, expect

from pixel_bot.testing import Live
from tests.sandbox.page.visit import opened, overlay_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


EVENTS = [
    ("follow", "follow", "Viewer_Vi followed", 50),
    ("sub", "sub", "Viewer_Vi subscribed", 200),
    ("gift", "gift", "Viewer_Vi gifted 5 subs", 1_000),
    ("cheer", "cheer", "Viewer_Vi cheered 100 bits", 101),
    ("raid", "raid", "Viewer_Vi raids with 12 viewers", 100),
]
"""The button, the kind of alert, the words on both, and what it pays."""


async def test_an_event_shows_an_alert_and_pays_and_a_second_follow_says_why_not(browser: Browser, show: Live) -> None:
    points = 1_000
    async with opened(browser, show) as (page, seen):
        for button, kind, words, paid in EVENTS:
            await page.click(f"#events button.{button}")
            await expect(overlay_of(page).locator(f".alert-{kind}")).to_contain_text(words)
            await expect(page.locator("#happened")).to_have_text(words)
            points += paid
            await expect(page.locator("#points")).to_have_text(f"{points:,}")
            assert seen.errors == [], button
        await page.click("#events button.follow")
        await expect(page.locator("#toast")).to_contain_text("Viewer_Vi follows already")
        await expect(page.locator("#points")).to_have_text(f"{points:,}")


async def test_a_sub_that_goes_on_pays_as_much_as_a_new_one(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        await page.click("#events button.resub")
        await expect(page.locator("#happened")).to_have_text("Viewer_Vi has subscribed for 6 months")
        await expect(overlay_of(page).locator(".alert-sub")).to_contain_text("Viewer_Vi")
        await expect(page.locator("#points")).to_have_text("1,200")
        assert seen.errors == []
