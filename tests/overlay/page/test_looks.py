"""The overlay page in a browser: what viewers see."""

import math
from itertools import combinations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.cogs.wheel.wheel_page import FINISH_SPIN, SLICES, spin
from tests.harness.overlay_double import OverlayDouble
from tests.overlay.page.overlay_in_browser import inked, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

SETTLE = """Promise.all(document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime < 1000)
  .map((a) => a.finished.catch(() => undefined)))"""

HOSTILE = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'><b>&amp;</b>"


async def test_markup_stays_text(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "speak", "long.wav", by=HOSTILE, text=HOSTILE)
        await bot.play("b", "sound", "long.wav", by=HOSTILE, name=HOSTILE)
        await bot.play("c", "show", by=HOSTILE, text=HOSTILE, seconds=9)
        await spin(bot, "d", [{"name": HOSTILE, "weight": 1}], 0, HOSTILE)
        await bot.send("alert", kind="follow", name=HOSTILE, text=HOSTILE)
        for effect in "abcd":
            await bot.acked(effect, "started")
        await page.evaluate(FINISH_SPIN)
        await bot.acked("d", "finished")
        for part in (".bubble .words", ".bubble .who", ".tag-name", ".show .words", ".winner .prize", ".alert bdi"):
            await expect(page.locator(part)).to_have_text(HOSTILE)
        assert await page.evaluate("window.hit === undefined")
        assert await page.locator(".stream :is(script, b, img:not([src='/static/mascot.svg']))").count() == 0


async def test_alerts_come_one_at_a_time(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        for name in ("Bob", "Eve"):
            await bot.send("alert", kind="sub", name=name, text=f"{name} subscribed")
        await expect(page.locator(".alert")).to_contain_text("Bob subscribed")
        await expect(page.locator(".alert")).to_contain_text("Eve subscribed")
        assert await page.locator(".alert").count() == 1
        assert [m["do"] for m in bot.heard] == ["hello"]


async def long_alert(bot: OverlayDouble) -> None:
    await bot.send("alert", kind="follow", name="D" * 25, text="D" * 25 + " followed " + "word " * 20)


async def fill(bot: OverlayDouble, page: Page) -> None:
    """As much at once as the bot ever sends, with long words."""
    await bot.play("a", "speak", "long.wav", by="A" * 25, text="many words " * 18)
    await bot.play("b", "sound", "long.wav", by="B" * 25, name="b" * 60)
    await spin(bot, "c", SLICES, 1, "C" * 25)
    await long_alert(bot)
    for effect in "abc":
        await bot.acked(effect, "started")
    await page.evaluate(SETTLE)


async def test_the_margin_stays_free_and_nothing_covers_anything_else(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await fill(bot, page)
        boxes: dict[str, dict[str, float]] = {}
        for part in (".alert", ".tag-card", ".bubble", ".mascot", ".wheel-frame", ".wheel-pointer"):
            box = await page.locator(part).bounding_box()
            assert box is not None, part
            boxes[part] = {key: float(value) for key, value in box.items() if isinstance(value, int | float)}
        for one, two in combinations(boxes, 2):
            if {one, two} == {".wheel-frame", ".wheel-pointer"}:
                continue
            a, b = boxes[one], boxes[two]
            apart_x = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
            apart_y = a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
            assert apart_x or apart_y, (one, two)
        for width in (640, 1280, 1920):
            height = width * 9 // 16
            await page.set_viewport_size({"width": width, "height": height})
            await long_alert(bot)
            await expect(page.locator(".alert")).to_have_count(1)
            await page.evaluate(SETTLE)
            ink = await inked(page)
            assert ink["left"] >= math.floor(width * 0.04), width
            assert ink["right"] <= math.ceil(width * 0.96), width
            assert ink["top"] >= math.floor(height * 0.04), width
            assert ink["bottom"] <= math.ceil(height * 0.96), width
            assert 0.05 < ink["inked"] / (width * height) < 0.6, "the game is hidden, or nothing is shown"


async def test_text_is_large_and_the_longest_is_whole(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot, width=1920) as page:
        await fill(bot, page)
        await bot.send("stop", id="a")
        await bot.play(
            "d", "speak", "long.wav", text="The longest words that anybody may say. " * 12 + "It ends here now now"
        )
        await bot.acked("d", "started")
        sizes: list[float] = await page.evaluate(
            """[...document.querySelectorAll(".stream *")]
                .filter((n) => [...n.childNodes].some((child) => child.nodeType === Node.TEXT_NODE))
                .map((n) => parseFloat(getComputedStyle(n).fontSize))"""
        )
        assert len(sizes) > 8
        assert min(sizes) >= 28
        assert await page.locator(".bubble .words").evaluate("(n) => n.scrollHeight <= n.clientHeight + 1")
