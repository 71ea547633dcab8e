"""The queue on the sandbox page, and what mods do to it."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from pixel_bot.testing import Live
from tests.sandbox.page.visit import opened, type_line
from tests.sandbox.redeems.redeem_helpers import become

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_deleted_message_is_not_read_out_and_pays_back(browser: Browser, show: Live) -> None:
    async with opened(browser, show, moving=True) as (page, _):
        await show.ask("", "!queue pause tts", "broadcaster")
        await expect(page.locator("#holds")).to_have_text("Speech paused")
        await type_line(page, "!tts something rude")
        chip = page.locator("#queue .item.tts")
        await expect(chip).to_have_text("SpeakViewer_Vipaused")
        await expect(chip).to_have_attribute("title", "Speak: something rude")
        await expect(page.locator("#points")).to_have_text("975")
        assert await page.locator("#log .act").count() == 0, "viewers are no mods"

        await become(page, "mod_mila", "Mod_Mila")
        line = page.locator("#log .line", has_text="!tts something rude")
        await line.hover()
        await line.get_by_role("button", name="Delete this message of Viewer_Vi").click()
        await expect(line).to_contain_text("removed by a mod")
        await expect(line.locator(".text")).to_have_css("text-decoration-line", "line-through")
        await expect(chip).to_have_count(0)
        await become(page, "viewer_vi", "Viewer_Vi")
        await expect(page.locator("#points")).to_have_text("1,000")

        await page.reload()
        await expect(page.locator("#log .line.removed")).to_have_count(1)


NEWS: dict[str, Any] = {"items": [], "paused": [], "overlay": True, "sound": True}
WAITING = {"status": "pending", "lane": "tts", "track": "tts"}

PLACES: list[tuple[dict[str, Any], list[dict[str, Any]], list[str]]] = [
    ({}, [{**WAITING, "status": "running"}, WAITING, WAITING, WAITING], ["playing", "next", "2nd", "3rd"]),
    ({}, [{"status": "running", "lane": "effect", "track": ""}], ["working"]),
    ({}, [{"status": "pending", "lane": "effect", "track": ""}] * 2, ["next", "next"]),
    ({}, [WAITING, {"status": "pending", "lane": "wheel", "track": "wheel"}], ["next", "next"]),
    ({}, [WAITING] * 22, ["next", "2nd", "3rd", *(f"{n}th" for n in range(4, 21)), "21st", "22nd"]),
    ({"paused": ["tts"]}, [{**WAITING, "status": "running"}, WAITING], ["playing", "paused"]),
    ({"overlay": False, "sound": False}, [WAITING], ["overlay closed"]),
    ({"sound": False}, [WAITING, {"status": "pending", "lane": "wheel", "track": "wheel"}], ["needs sound", "next"]),
]


async def test_a_timeout_strikes_all_that_somebody_wrote_and_each_item_says_where_it_stands(
    browser: Browser, show: Live
) -> None:
    async with opened(browser, show) as (page, _):
        await show.ask("", "!queue pause tts", "broadcaster")
        await show.say("troll", "first")
        await type_line(page, "!tts kind words")
        await show.say("troll", "second")
        await become(page, "mod_mila", "Mod_Mila")
        # By keyboard: up from the log to its last line, then to the second button.
        await page.locator("#log .line", has_text="second").wait_for()
        await page.focus("#log")
        await page.keyboard.press("ArrowUp")
        while await page.evaluate("document.activeElement.ariaLabel") != "Delete this message of troll":
            await page.keyboard.press("ArrowUp")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Enter")
        await expect(page.locator("#log .line.removed")).to_have_count(2)
        await expect(page.locator("#log .line.removed .name")).to_have_text(["troll", "troll"])
        await expect(page.locator("#queue .item.tts")).to_have_count(1)

        for news, listed, states in PLACES:
            told = {**NEWS, **news, "items": listed}
            script = "(n) => import('/static/sandbox/queue.js').then((m) => m.placed(n).map((i) => i.state))"
            assert await page.evaluate(script, told) == states
