"""The sandbox page in a browser: chatting, as one persona or another."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from pixel_bot.testing import Live, live
from tests.sandbox.page.visit import opened, type_line

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_visitor_chats_as_one_persona_and_another_and_nobody_else_is_asked(
    browser: Browser, show: Live
) -> None:
    async with opened(browser, show) as (page, seen):
        await expect(page).to_have_title("Pixel Bot sandbox")
        await expect(page.locator("#viewer-name")).to_have_text("Viewer_Vi")
        await expect(page.locator("#chips button[aria-pressed=true] bdi")).to_have_text("Viewer_Vi")
        names = await page.locator("#chips button bdi").all_text_contents()
        assert names == ["Viewer_Vi", "Sub_Sam", "Mod_Mila", "ゆきだるま", "Pixel_Street", "Joy_Jules"]
        broken = await page.evaluate("[...document.images].filter((i) => !i.complete || !i.naturalWidth).length")
        assert (seen.errors, seen.elsewhere, broken) == ([], [], 0)

        # A command is answered.
        answer = page.locator("#log .line.bot").last
        await type_line(page, "!points")
        await expect(answer).to_contain_text("You have 1,000 points.")
        await expect(page.locator("#log .line").first).to_contain_text("!points")
        await expect(page.locator("#line")).to_have_value("")

        # Another persona has points and rights of its own.
        await type_line(page, "!points add @viewer_vi 5")
        await expect(answer).to_contain_text("Only mods can do that.")
        await page.click("#chips button[data-login=mod_mila]")
        await expect(page.locator("#viewer-name")).to_have_text("Mod_Mila")
        await type_line(page, "!points add @viewer_vi 5")
        await expect(answer).to_contain_text("Added 5 points: Viewer_Vi has 1,005.")
        await page.click("#chips button[data-login=viewer_vi]")
        await expect(page.locator("#points")).to_have_text("1,005")

        # Somebody else can be typed in.
        await page.get_by_role("button", name="Someone else").click()
        await page.fill("#other-login", "Night_Owl")
        await page.press("#other-login", "Enter")
        await expect(page.locator("#viewer-name")).to_have_text("Night_Owl")
        await expect(page.locator("#points")).to_have_text("1,000")
        await type_line(page, "!points")
        await expect(answer).to_contain_text("You have 1,000 points.")
        assert (seen.errors, seen.elsewhere) == ([], [])


async def test_points_count_up_while_somebody_else_gives(browser: Browser, show: Live) -> None:
    async with opened(browser, show, moving=True) as (page, _):
        steps = await page.evaluate_handle(
            """() => {
                const seen = [], points = document.querySelector("#points");
                const note = () => seen.push(points.textContent);
                new MutationObserver(note).observe(points, { childList: true, characterData: true, subtree: true });
                return seen;
            }"""
        )
        await show.ask("", "!points add @viewer_vi 500", "broadcaster")
        await expect(page.locator("#points")).to_have_text("1,500")
        await expect(page.locator("#ledger li").first).to_contain_text("+500")
        shown = [int(value.replace(",", "")) for value in await steps.json_value()]
        assert shown == sorted(shown)
        assert len(set(shown)) > 2, "the number jumped"


async def test_points_move_between_two_pages(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (one, _), opened(browser, show) as (two, _):
        await two.click("#chips button[data-login=sub_sam]")
        await expect(two.locator("#viewer-name")).to_have_text("Sub_Sam")
        await expect(two.locator("#points")).to_have_text("1,000")
        await type_line(two, "!give @viewer_vi 400")
        await expect(one.locator("#points")).to_have_text("1,400")
        await expect(two.locator("#points")).to_have_text("600")


HOSTILE = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1'>",
    "<b>bold</b> &amp; {{7*7}}",
    "\" onmouseover='window.hit = 1",
]


async def test_markup_stays_text(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        for words in HOSTILE:
            await type_line(page, words)
            await expect(page.locator("#log .line .text").last).to_have_text(words)
        await show.say("mallory", f"!points {HOSTILE[0]}")
        await expect(page.locator("#log")).to_contain_text("!points <script>")
        assert await page.evaluate("window.hit === undefined")
        assert await page.locator("#log script, #log b, #log img:not([src='/static/mascot.svg'])").count() == 0
        assert (seen.errors, seen.elsewhere) == ([], [])


async def test_the_page_calls_points_as_the_setting_does(browser: Browser, tmp_path: Path) -> None:
    async with live(tmp_path, points_name="gem|gems") as show, opened(browser, show) as (page, seen):
        await type_line(page, "!points")
        await expect(page.locator("#log .line.bot").last).to_contain_text("You have 1,000 gems.")
        await expect(page.locator("#points-row .unit")).to_have_text("gems")
        await expect(page.locator("#ledger-title")).to_have_text("Every gem, accounted for")
        await expect(page.locator("#redeems")).to_have_attribute("aria-label", "Spend gems")
        shown = (
            (await page.locator("main, body").first.inner_text()).replace("!points", "").replace("channel points", "")
        )
        assert "point" not in shown.lower()
        assert seen.errors == []
