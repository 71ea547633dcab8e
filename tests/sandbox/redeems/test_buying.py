"""Redeems on the sandbox page: prices, channel points, and the stream."""

import re

import pytest
from playwright.async_api import Browser, expect

from pixel_bot.sandbox.twitch.channel_points import Reward
from pixel_bot.testing import Live
from pixel_bot.testing.overlay import FakeOverlay
from tests.sandbox.page.visit import opened
from tests.sandbox.redeems.redeem_helpers import become

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_one_click_buys(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        labels = await page.locator("#redeems button").all_inner_texts()
        assert [re.sub(r"\s+", " ", label) for label in labels] == [
            "Spin 100",
            "Speak 25",
            "Sound 15",
            "Ask AI 50",
            "Clip free",
        ]
        await page.click("#redeems [data-redeem=tts]")
        await expect(page.locator("#line")).to_have_value("!tts hello chat!")
        await page.keyboard.type("my own words")
        await expect(page.locator("#line")).to_have_value("!tts my own words")
        await page.click("#redeems [data-redeem=spin]")
        await expect(page.locator("#log .line .text").first).to_have_text("!spin")
        await expect(page.locator("#points")).to_have_text("900")

        await show.ask("", "!points set @viewer_vi 20", "broadcaster")
        dear = page.locator("#redeems [aria-disabled=true]")
        await expect(dear).to_have_count(3)
        mine = page.locator("#log .line:not(.bot)")  # the bot may still be about to say something
        await expect(mine).to_have_count(2)
        await dear.first.click(force=True)
        await expect(page.locator("#toast")).to_have_text("That costs 100 points. Fire an event to earn some.")
        assert await mine.count() == 2


async def test_prices_follow_the_streamer_and_the_stream_and_obs_are_shown(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        await show.ask("", "!redeem cost spin 1500", "broadcaster")
        await expect(page.locator("#redeems [data-redeem=spin]")).to_contain_text("1,500")
        await expect(page.locator("#redeems [data-redeem=spin]")).to_have_attribute("aria-disabled", "true")
        await show.ask("", "!redeem off clip", "broadcaster")
        await expect(page.locator("#redeems [data-redeem=clip]")).to_have_count(0)

        await expect(page.locator(".idle-try")).to_be_visible()
        in_obs = FakeOverlay(show.bot.overlay, "obs", obs=True)
        await in_obs.open()
        await expect(page.locator(".idle-obs")).to_be_visible()
        in_obs.close()
        await expect(page.locator(".idle-try")).to_be_visible()

        stream = page.get_by_role("button", name="Live")
        await expect(stream).to_have_attribute("aria-pressed", "true")
        await stream.click()
        await expect(stream).to_have_attribute("aria-pressed", "false")
        assert not show.twitch.live
        await show.twitch.go_live()
        await expect(stream).to_have_attribute("aria-pressed", "true")
        assert seen.errors == []


# What Twitch itself has


async def test_channel_points_buy_what_the_streamer_offers(browser: Browser, show: Live) -> None:
    points = show.twitch.points
    (hydrate,) = points.rewards.values()
    points.put(Reward("words", "<b>Say</b> it", 400, needs_input=True))
    points.put(Reward("dear", "Too dear", 999_999))
    async with opened(browser, show) as (page, seen):
        await expect(page.locator("#native-points")).to_have_text("100,000")
        await page.click(f"#natives [data-reward='{hydrate.id}']")
        await expect(page.locator("#native-points")).to_have_text("99,500")
        (made,) = points.redemptions.values()
        assert (made.who.login, made.status) == ("viewer_vi", "UNFULFILLED")
        points.settle([made.id], "CANCELED")
        show.twitch.tell_changed()
        await expect(page.locator("#native-points")).to_have_text("100,000")

        await page.click("#natives [data-reward=words]")
        await expect(page.locator("#toast")).to_contain_text("needs some words")
        await page.fill("#line", "hello from the line")
        await page.click("#natives [data-reward=words]")
        await expect(page.locator("#log")).to_contain_text("hello from the line")
        await expect(page.locator("#line")).to_have_value("")
        await expect(page.locator("#natives bdi").nth(1)).to_have_text("<b>Say</b> it")

        await expect(page.locator("#natives [data-reward=dear]")).to_have_attribute("aria-disabled", "true")
        await page.click("#natives [data-reward=dear]", force=True)
        await expect(page.locator("#toast")).to_contain_text("Viewer_Vi has too few channel points for Too dear.")
        assert len(points.redemptions) == 2

        await become(page, "sub_sam", "Sub_Sam")
        await expect(page.locator("#native-points")).to_have_text("100,000")
        assert seen.errors == []
