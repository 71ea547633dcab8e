"""The overlay page in a browser: sound."""

import pytest
from playwright.async_api import Browser, expect

from tests.harness.browser import is_true_of
from tests.harness.overlay_double import OverlayDouble
from tests.overlay.page.overlay_in_browser import nothing_left, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_speech_is_heard_to_its_end_and_only_then_finished(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "speak", "short.wav", text="hello there")
        assert (await bot.acked("a", "started"))["seconds"] == pytest.approx(0.4, abs=0.05)
        await expect(page.locator(".bubble")).to_contain_text("hello there")
        await expect(page.locator(".bubble .who")).to_have_text("Alice")
        await bot.acked("a", "finished")
        notes = await page.evaluate("window.notes")
        assert notes[1:] == ["started", pytest.approx(1, abs=0.02), "finished"]
        assert 0.2 < await page.evaluate("window.peak") <= 1
        await nothing_left(page)


async def test_other_effects_sound_too(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "sound", "short.wav", name="airhorn")
        await bot.acked("a", "started")
        await expect(page.locator(".tag-card")).to_have_text("airhorn\u00b7Alice")
        await bot.acked("a", "finished")
        assert await page.evaluate("window.peak") > 0.2
        await page.evaluate("window.peak = 0")
        await bot.play("b", "show", "short.wav", text="Sip!", seconds=1)
        await bot.acked("b", "started")
        await expect(page.locator(".show")).to_contain_text("Sip!")
        await bot.acked("b", "finished")
        assert await page.evaluate("window.peak") > 0.2
        await nothing_left(page)


async def test_a_card_needs_no_sound(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "show", audio=None, text="Drink!", seconds=1)
        assert (await bot.acked("a", "started"))["seconds"] == 1
        await bot.acked("a", "finished")
        await nothing_left(page)


async def test_the_volume_is_the_bots_times_the_sounds(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "sound", "long.wav", name="x", volume=0.5)
        await bot.acked("a", "started")
        volume = "document.querySelector('audio').volume"
        assert await page.evaluate(volume) == pytest.approx(0.4)
        await bot.send("hello", volume=20)
        await bot.echo()
        assert await page.evaluate(volume) == pytest.approx(0.1)


async def test_a_file_that_cannot_be_played_fails(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        for audio in ("/overlay/audio/gone.wav", "/overlay/audio/broken.wav", "//elsewhere.invalid/a.wav", None):
            await bot.send("play", id=str(audio), what="speak", by="Alice", text="never", audio=audio)
            assert (await bot.acked(str(audio), "failed"))["reason"] == "load"
            assert bot.acks(str(audio)) == ["failed"]
        await nothing_left(page)


async def test_sound_that_never_comes_or_stands_still_fails(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot, clock=True) as page:
        await bot.play("stuck", "sound", "long.wav", name="stuck")
        await bot.acked("stuck", "started")
        await page.evaluate(
            """() => new Promise((done) => {
                const sound = document.querySelector("audio");
                sound.onpause = done;
                sound.pause();
            })"""
        )
        await page.clock.fast_forward(4_000)
        await bot.echo()
        assert bot.acks("stuck") == ["started"]
        await page.clock.fast_forward(1_100)
        assert (await bot.acked("stuck", "failed"))["reason"] == "error"
        await bot.play("never", "speak", "never.wav", text="never")
        await bot.echo()
        await page.clock.fast_forward(8_100)
        assert (await bot.acked("never", "failed"))["reason"] == "load"
        await expect(page.locator(".stream .card")).to_have_count(0)


async def test_blocked_sound_is_told_and_a_click_frees_it(careful_browser: Browser, bot: OverlayDouble) -> None:
    async with opened(careful_browser, bot, script="") as page:
        assert (await bot.hears(do="hello"))["sound"] == "blocked"
        await bot.play("a", "speak", "short.wav", text="not yet")
        assert (await bot.acked("a", "failed"))["reason"] == "blocked"
        await nothing_left(page)
        await page.mouse.click(100, 100)
        await bot.hears(do="state", sound="on", visible=True)
        await bot.play("a", "speak", "short.wav", text="now")
        await bot.acked("a", "finished")


async def test_a_click_in_the_page_around_it_frees_the_sound(careful_browser: Browser, bot: OverlayDouble) -> None:
    page = await careful_browser.new_page()
    await page.goto(f"http://{bot.web.address}/frame")
    await bot.hears(do="hello", sound="blocked")
    await is_true_of(page, "window.told.length > 0")
    await page.click("p")
    await bot.hears(do="state", sound="on")
    await is_true_of(page, "window.told.length > 1")
    assert await page.evaluate("window.told") == [{"pixel": "sound", "state": s} for s in ("blocked", "on")]
    await page.close()
