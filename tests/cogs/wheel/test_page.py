"""The overlay page in a browser: the wheel."""

from itertools import accumulate, pairwise

import pytest
from playwright.async_api import Browser, expect

from tests.cogs.wheel.wheel_page import FINISH_SPIN, SLICES, WEIGHTS, spin
from tests.harness.overlay_double import OverlayDouble
from tests.overlay.page.overlay_in_browser import nothing_left, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

LANDED = """() => {
  const { a, b } = new DOMMatrix(getComputedStyle(document.querySelector(".wheel-disc")).transform);
  const tip = document.querySelector(".wheel-pointer").getBoundingClientRect();
  const slice = document.elementFromPoint(tip.left + tip.width / 2, tip.bottom + 2);
  return { turned: (Math.atan2(b, a) * 180) / Math.PI, name: slice?.dataset.name, index: slice?.dataset.index };
}"""


async def test_the_wheel_lands_on_what_was_drawn(browser: Browser, bot: OverlayDouble) -> None:
    edges = [0.0, *accumulate(weight / sum(WEIGHTS) * 360 for weight in WEIGHTS)]
    async with opened(browser, bot) as page:
        for winner, name in enumerate(f"Prize {i}" for i in range(len(SLICES))):
            await spin(bot, name, SLICES, winner)
            assert 4 <= (await bot.acked(name, "started"))["seconds"] <= 7
            await page.evaluate(FINISH_SPIN)
            await bot.acked(name, "finished")
            await expect(page.locator(".winner .prize")).to_have_text(name)
            landed = await page.evaluate(LANDED)
            assert (landed["name"], landed["index"]) == (name, str(winner))
            place = (-landed["turned"] % 360 - edges[winner]) / (edges[winner + 1] - edges[winner])
            assert 0.09 < place < 0.91, f"{name}: too near to an edge"
            await bot.send("stop", id=name)


async def test_the_wheel_turns_by_itself_and_leaves(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await spin(bot, "a", SLICES, 2)
        await bot.acked("a", "started")
        seen = await page.evaluate(
            """() => {
                const spin = document.getAnimations().find((a) => a.id === "spin");
                const ends = spin.effect.getComputedTiming().endTime;
                const at = (part) => {
                    spin.currentTime = part * ends;
                    return spin.effect.getComputedTiming().progress;
                };
                const seen = [0.1, 0.3, 0.5, 0.7, 0.9].map(at);
                at(0.97);
                return seen;
            }"""
        )
        steps = [after - before for before, after in pairwise(seen)]
        assert steps == sorted(steps, reverse=True), "it does not slow down"
        assert bot.acks("a") == ["started"]
        await bot.acked("a", "finished")
        assert (await page.evaluate(LANDED))["index"] == "2"
        await page.locator(".wheel").wait_for(state="detached")
        await nothing_left(page)


async def test_two_spins_wait_for_each_other(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await spin(bot, "a", SLICES, 1)
        await spin(bot, "b", SLICES, 5)
        await bot.acked("a", "started")
        await page.evaluate(FINISH_SPIN)
        await bot.acked("a", "finished")
        assert await page.locator(".wheel").count() == 1
        assert bot.acks("b") == []
        await bot.send("stop", id="a")
        await bot.acked("b", "started")
        await expect(page.locator(".wheel")).to_have_count(1)


async def test_neighbours_are_never_alike_and_names_are_large(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot, width=1920) as page:
        for count in (1, 2, 9, 40):
            effect = f"{count} prizes"
            slices = [{"name": f"A rather long prize {i}", "weight": 1} for i in range(count)]
            await spin(bot, effect, slices, count - 1)
            await bot.acked(effect, "started")
            fills: list[str] = await page.eval_on_selector_all(
                ".slice", "all => all.map((s) => s.getAttribute('fill'))"
            )
            assert len(fills) == count
            assert count == 1 or all(one != two for one, two in pairwise([*fills, fills[0]])), effect
            sizes: list[float] = await page.eval_on_selector_all(
                ".wheel-label", "all => all.map((t) => parseFloat(getComputedStyle(t).fontSize))"
            )
            assert min(sizes) >= 28, effect
            await page.evaluate(FINISH_SPIN)
            await bot.acked(effect, "finished")
            assert (await page.evaluate(LANDED))["index"] == str(count - 1), effect
            await bot.send("stop", id=effect)


async def test_what_makes_no_wheel_fails(browser: Browser, bot: OverlayDouble) -> None:
    none: list[object] = [{"name": "a", "weight": 0}]
    half: list[object] = [{"name": "a", "weight": "3"}, 3]
    async with opened(browser, bot) as page:
        for slices, winner in (([], 0), (SLICES, 7), (SLICES, -1), (None, 0), (none, 0), (half, 0), (SLICES, "length")):
            effect = f"{slices} {winner}"
            await spin(bot, effect, slices, winner)
            assert (await bot.acked(effect, "failed"))["reason"] == "error"
            assert bot.acks(effect) == ["failed"]
        await nothing_left(page)


async def test_without_motion_the_wheel_stands_and_shows(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot, reduced_motion="reduce") as page:
        await spin(bot, "a", SLICES, 3)
        await bot.acked("a", "started")
        assert await page.evaluate("document.getAnimations().filter((a) => a.id === 'spin').length") == 0
        assert (await page.evaluate(LANDED))["index"] == "3"
        await bot.acked("a", "finished")
        assert await page.evaluate("window.times.finished - window.times.started") >= 1000
        await expect(page.locator(".winner .prize")).to_have_text("Prize 3")
