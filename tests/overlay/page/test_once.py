"""The overlay page in a browser: everything plays exactly once, unless it is hidden or stopped."""

import pytest
from playwright.async_api import Browser, expect

from tests.cogs.wheel.wheel_page import SLICES, spin
from tests.harness.browser import is_true_of
from tests.harness.overlay_double import OverlayDouble, overlay_double, tone
from tests.overlay.page.overlay_in_browser import nothing_left, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_same_id_plays_once(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        bot.files["one.wav"] = tone(2.0)
        await bot.play("a", "speak", "one.wav", text="once")
        first = await bot.acked("a", "started")
        await bot.play("a", "speak", "one.wav", text="once")
        assert await bot.acked("a", "started", 2) == first
        assert await page.locator("audio").count() == 1
        await bot.acked("a", "finished")
        asked = len(bot.asked)
        await bot.play("a", "speak", "one.wav", text="once")
        await bot.acked("a", "finished", 2)
        await bot.echo()
        assert bot.acks("a") == ["started", "started", "finished", "finished"]
        assert len(bot.asked) == asked


async def test_a_reload_remembers(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "speak", "short.wav", text="once")
        await bot.acked("a", "finished")
        await page.reload()
        one, two = await bot.hears(do="hello"), await bot.hears(2, do="hello")
        assert one["page"] != two["page"]
        asked = len(bot.asked)
        await bot.play("a", "speak", "short.wav", text="once")
        await bot.acked("a", "finished", 2)
        assert bot.acks("a") == ["started", "finished", "finished"]
        assert len(bot.asked) == asked


async def test_it_works_without_storage(browser: Browser, bot: OverlayDouble) -> None:
    script = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    async with opened(browser, bot, script=script):
        await bot.play("a", "speak", "short.wav", text="once")
        await bot.acked("a", "finished")
        await bot.play("a", "speak", "short.wav", text="once")
        await bot.acked("a", "finished", 2)
        assert bot.acks("a").count("started") == 1


async def test_what_failed_may_be_played_again(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot):
        await bot.play("a", "speak", "late.wav", text="again")
        await bot.acked("a", "failed")
        bot.files["late.wav"] = tone(0.3)
        await bot.play("a", "speak", "late.wav", text="again")
        await bot.acked("a", "finished")
        assert bot.acks("a") == ["failed", "started", "finished"]


async def test_the_show_goes_on_while_the_bot_is_away(browser: Browser) -> None:
    async with overlay_double() as bot, opened(browser, bot) as page:
        port = bot.web.port
        bot.files["two.wav"] = tone(3.0)
        await page.evaluate("window.never_reloaded = true")
        await bot.play("a", "speak", "two.wav", text="still talking")
        await bot.acked("a", "started")
        await bot.stop()
        assert await page.evaluate("!document.querySelector('audio').ended")
        await is_true_of(page, "window.notes.length > 2")
        async with overlay_double(port) as again:
            await again.acked("a", "finished")
            assert [m["do"] for m in again.heard] == ["hello", "ack"]
            assert again.heard[0]["page"] == bot.heard[0]["page"]
            await again.play("a", "speak", "two.wav", text="still talking")
            await again.acked("a", "finished", 2)
            await again.play("b", "show", text="Back again", seconds=1)
            await again.acked("b", "finished")
            assert again.asked == []
            assert await page.evaluate("window.never_reloaded")


# --- hidden, stopped
HIDE = {
    "browser": """(hidden) => {
        const value = hidden ? "hidden" : "visible";
        Object.defineProperty(document, "visibilityState", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }""",
    "obs": "(hidden) => dispatchEvent(new CustomEvent('obsSourceVisibleChanged', { detail: { visible: !hidden } }))",
}


@pytest.mark.parametrize("way", HIDE)
async def test_a_hidden_page_stops_and_says_so(browser: Browser, bot: OverlayDouble, way: str) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "speak", "long.wav", text="cut")
        await spin(bot, "b", SLICES, 0)
        await spin(bot, "c", SLICES, 0)
        await bot.send("alert", kind="follow", name="Bob", text="Bob followed")
        await bot.acked("a", "started")
        await bot.acked("b", "started")
        await page.evaluate(HIDE[way], True)
        for effect in "abc":
            assert (await bot.acked(effect, "failed"))["reason"] == "hidden"
        await bot.hears(do="state", visible=False)
        await nothing_left(page)
        await bot.send("alert", kind="follow", name="Bob", text="Bob followed")
        await bot.play("d", "show", text="nobody looks", seconds=1)
        assert (await bot.acked("d", "failed"))["reason"] == "hidden"
        await nothing_left(page)
        await page.evaluate(HIDE[way], False)
        await bot.hears(do="state", visible=True)
        await bot.play("d", "show", text="here I am", seconds=1)
        await bot.acked("d", "finished")


async def test_a_source_in_the_preview_is_seen(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "show", text="preview", seconds=1)
        await bot.acked("a", "started")
        await page.evaluate("dispatchEvent(new CustomEvent('obsSourceActiveChanged', { detail: { active: false } }))")
        await bot.echo()
        await bot.acked("a", "finished")
        assert [m for m in bot.heard if m["do"] == "state"] == []


async def test_stop_takes_one_effect_or_all(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "speak", "long.wav", text="one")
        await bot.play("b", "sound", "long.wav", name="two")
        await bot.send("alert", kind="raid", name="Bob", text="Bob raids")
        await bot.acked("a", "started")
        await bot.acked("b", "started")
        await bot.send("stop", id="a")
        await bot.echo()
        assert await page.locator(".speech").count() == 0
        assert await page.locator("audio").count() == 1
        await expect(page.locator(".tag-card")).to_contain_text("two")
        await bot.send("stop")
        await bot.echo()
        await nothing_left(page)
        assert (bot.acks("a"), bot.acks("b")) == (["started"], ["started"])
        await bot.play("a", "speak", "short.wav", text="anew")
        await bot.acked("a", "finished")
