"""The sandbox page in a browser: how it looks, and how it goes on."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.async_api import Browser, FloatRect, expect

from pixel_bot.testing import Live, live
from tests.sandbox.page.visit import opened, overlay_of, type_line

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_alerts_and_levels_leave_again(browser: Browser, show: Live) -> None:
    async with opened(browser, show, moving=True) as (page, _):
        level, alert = page.locator("#levels .level-up"), overlay_of(page).locator(".alert")
        await page.click("#events button.gift")
        await expect(level).to_have_text("Viewer_Vi reached level 2")
        await expect(alert).to_have_count(1)
        await expect(level).to_have_count(0)
        await expect(alert).to_have_count(0)


async def test_the_hint_line_types_for_a_newcomer_and_commands_complete_themselves(
    browser: Browser, show: Live
) -> None:
    async with opened(browser, show) as (page, _):
        hint = page.locator("#hint-fill")
        first = await hint.text_content()
        await page.click("#hint")
        await expect(page.locator("#line")).to_have_value(first or "")
        await page.press("#line", "Enter")
        await expect(hint).not_to_have_text(first or "")
        await expect(page.locator("#line")).to_have_value("")
        await page.locator("#line").press_sequentially("!gi")
        await expect(page.locator("#suggest code").first).to_have_text("!give @user N")
        await page.press("#line", "Tab")
        await expect(page.locator("#line")).to_have_value("!give ")


async def test_the_page_comes_back_after_a_restart_of_the_bot(browser: Browser, tmp_path: Path) -> None:
    async with live(tmp_path) as show:
        port = show.app.web.port
        page = await browser.new_page(viewport={"width": 1280, "height": 720})
        await page.goto(show.app.home)
        await expect(page.locator("#points")).to_have_text("1,000")
        await page.evaluate("window.never_reloaded = true")
    await expect(page.locator("#link-word")).to_have_text("connecting")
    await expect(page.locator("#strip")).to_contain_text("Reconnecting")
    async with live(tmp_path, web_port=port) as show:
        await expect(page.locator("#link-word")).to_have_text("live", timeout=20_000)
        await expect(page.locator("#strip")).to_have_text("")
        await type_line(page, "!points")
        await expect(page.locator("#log .line.bot").last).to_contain_text("You have 1,000 points.")
        assert await page.evaluate("window.never_reloaded === true")
        await page.close()


NEEDED = ("#stage", "#log", "#line", "#points", "#events", "#chips", "#hint", "#redeems", "#natives", "#queue-empty")
INSIDE = (
    "#stage", "#log", "#line", "#points", "#ledger", "#hint", "#replay-go", "#redeems", "#natives", "#queue-empty",
)  # fmt: skip


AT_THE_END = """() => {
    const log = document.querySelector("#log");
    return log.clientHeight < 200 && log.scrollHeight - log.scrollTop - log.clientHeight < 2;
}"""

SIZES = [(1280, 720), (390, 844), (1920, 1080)]


async def test_nothing_sticks_out_and_all_that_one_needs_is_seen(browser: Browser, show: Live) -> None:
    """On a monitor, a phone and a wall; what one needs is seen at first without scrolling."""
    async with opened(browser, show) as (page, _):

        async def boxes(parts: Iterable[str]) -> dict[str, FloatRect]:
            found = {part: await page.locator(part).bounding_box() for part in parts}
            return {part: box for part, box in found.items() if box is not None}

        for width, height in SIZES[:2]:
            await page.set_viewport_size({"width": width, "height": height})
            seen = await boxes(NEEDED)
            assert {part for part in NEEDED if part not in seen} == set(), width
            assert [part for part, box in seen.items() if box["y"] + box["height"] > height + 1] == [], width
        await show.say("x" * 25, "w" * 500)
        await show.say("long_talker", "many words " * 40)
        await expect(page.locator("#log .line")).to_have_count(2)
        await page.click("#events button.gift")
        await expect(page.locator("#levels .level-up")).to_have_count(1)
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            seen = await boxes(INSIDE)
            assert {part for part in INSIDE if part not in seen} == set(), width
            assert [part for part, box in seen.items() if box["x"] < 0] == [], width
            assert [part for part, box in seen.items() if box["x"] + box["width"] > width + 1] == [], width


async def test_a_log_is_replayed_from_the_page_and_a_flood_leaves_it_bounded(
    browser: Browser, show: Live, tmp_path: Path
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("second,user,text\n0,alice,hello from the log\n1,bob,me too\n")
    async with opened(browser, show) as (page, seen):
        await page.select_option("#replay-speed", "0")
        await page.set_input_files("#replay-file", log)
        await expect(page.locator("#log")).to_contain_text("me too")
        await expect(page.locator("#stat-messages")).to_have_text("2")
        await expect(page.locator("#replay-go")).to_have_text(re.compile("Replay a chat log"))
        assert seen.errors == []

        await asyncio.gather(*(show.say(f"fan_{i % 50}", f"line {i}") for i in range(1_000)))
        await show.say("alice", "the last line")
        await expect(page.locator("#log .line").last).to_contain_text("the last line")
        assert await page.locator("#log .line").count() <= 200

        # The last line is still seen where the page gets smaller.
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.wait_for_function(AT_THE_END)
