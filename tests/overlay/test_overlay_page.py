"""The overlay page in a browser: what it plays, what it acknowledges, and how it looks on a stream."""

import base64
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import accumulate, combinations, pairwise
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Playwright, Request, async_playwright, expect

from tests.harness.overlay_double import OverlayDouble, overlay_double, tone
from tests.sandbox.test_page import chromium

pytestmark = pytest.mark.asyncio(loop_scope="module")

ARGS = ["--no-sandbox", "--disable-dev-shm-usage"]
LOUD = "--autoplay-policy=no-user-gesture-required"
WEIGHTS = [6, 3, 5, 0.4, 2, 9, 1]
SLICES = [{"name": f"Prize {i}", "weight": weight} for i, weight in enumerate(WEIGHTS)]

# Notes in one list what is sent and which sound ended where, and listens to what the sounds really put out.
WATCH = """
window.notes = [];
window.times = {};
window.peak = 0;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  const { state } = JSON.parse(data);
  window.notes.push(state);
  window.times[state] = performance.now();
  return send.call(this, data);
};
document.addEventListener("playing", ({ target }) => {
  const context = new AudioContext(), ear = new AnalyserNode(context), wave = new Float32Array(ear.fftSize);
  context.createMediaStreamSource(target.captureStream()).connect(ear);
  const timer = setInterval(() => {
    ear.getFloatTimeDomainData(wave);
    window.peak = Math.max(window.peak, ...wave);
  }, 20);
  target.addEventListener("ended", () => clearInterval(timer));
}, true);
document.addEventListener("ended", ({ target }) => window.notes.push(target.currentTime / target.duration), true);
"""
LANDED = """() => {
  const { a, b } = new DOMMatrix(getComputedStyle(document.querySelector(".wheel-disc")).transform);
  const tip = document.querySelector(".wheel-pointer").getBoundingClientRect();
  const slice = document.elementFromPoint(tip.left + tip.width / 2, tip.bottom + 2);
  return { turned: (Math.atan2(b, a) * 180) / Math.PI, name: slice?.dataset.name, index: slice?.dataset.index };
}"""
FINISH_SPIN = "document.getAnimations().filter((a) => a.id === 'spin').forEach((a) => a.finish())"
SETTLE = """Promise.all(document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime < 1000)
  .map((a) => a.finished.catch(() => undefined)))"""
INK = """async (png) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const [w, h] = [picture.width, picture.height];
  const pen = Object.assign(document.createElement("canvas"), { width: w, height: h }).getContext("2d");
  pen.drawImage(picture, 0, 0);
  const { data } = pen.getImageData(0, 0, w, h);
  const box = { left: w, top: h, right: 0, bottom: 0, inked: 0 };
  for (let i = 3; i < data.length; i += 4) {
    if (!data[i]) continue;
    const x = ((i - 3) / 4) % w, y = Math.floor((i - 3) / 4 / w);
    box.left = Math.min(box.left, x), box.right = Math.max(box.right, x + 1);
    box.top = Math.min(box.top, y), box.bottom = Math.max(box.bottom, y + 1), box.inked++;
  }
  return box;
}"""


async def launched(playwright: Playwright, *args: str) -> Browser:
    return await playwright.chromium.launch(executable_path=chromium(), args=[*ARGS, *args])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        loud = await launched(playwright, LOUD)
        yield loud
        await loud.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def careful_browser() -> AsyncGenerator[Browser]:
    """A browser that lets no page sound before somebody has clicked."""
    async with async_playwright() as playwright:
        careful = await launched(playwright)
        yield careful
        await careful.close()


@pytest_asyncio.fixture(loop_scope="module")
async def bot() -> AsyncGenerator[OverlayDouble]:
    async with overlay_double() as running:
        yield running


@asynccontextmanager
async def opened(
    browser: Browser,
    bot: OverlayDouble,
    *,
    width: int = 1280,
    script: str = WATCH,
    clock: bool = False,
    **options: Any,
) -> AsyncGenerator[Page]:
    """The page, greeted; afterwards no error was on it, and nobody else was asked."""
    context = await browser.new_context(viewport={"width": width, "height": width * 9 // 16}, **options)
    page = await context.new_page()
    await page.add_init_script(script)
    if clock:
        await page.clock.install()
    wrong: list[str] = []

    def console(message: ConsoleMessage) -> None:
        # A bot or a file that is away is the test's own doing; the browser itself reports those.
        if message.type == "error" and "ERR_" not in message.text and "Failed to load resource" not in message.text:
            wrong.append(message.text)

    def request(asked: Request) -> None:
        if not asked.url.startswith(f"http://{bot.web.address}/"):
            wrong.append(asked.url)

    page.on("console", console)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", request)
    expect.set_options(timeout=15_000)
    await page.goto(bot.url)
    await bot.hears(do="hello")
    yield page
    await context.close()
    assert wrong == []


async def nothing_left(page: Page) -> None:
    """Nothing is on the page, and nothing moves."""
    await expect(page.locator(".stream *:not(#alerts, #column, #wheels)")).to_have_count(0)
    assert await page.locator("audio").count() == 0
    assert await page.evaluate("document.getAnimations().length") == 0


async def inked(page: Page) -> dict[str, int]:
    """The box of all pixels that are not fully transparent, and their number."""
    png = await page.screenshot(omit_background=True)
    judge = await page.context.browser.new_page() if page.context.browser else page
    box: dict[str, int] = await judge.evaluate(INK, base64.b64encode(png).decode())
    await judge.close()
    return box


# --- greeting, idle, noise on the wire


async def test_the_page_greets_and_shows_nothing(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        hello = await bot.hears(do="hello")
        assert len(hello.pop("page")) >= 16
        assert hello == {"do": "hello", "obs": False, "visible": True, "sound": "on"}
        await nothing_left(page)
        assert (await inked(page))["inked"] == 0
        assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgba(0, 0, 0, 0)"


async def test_the_page_says_when_it_is_in_obs_and_when_it_goes(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot, script="window.obsstudio = {}") as page:
        assert (await bot.hears(do="hello"))["obs"] is True
        await page.goto("about:blank")
        await bot.hears(do="bye")


async def test_noise_is_ignored(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        for text in ("{", "null", "[]", "5", '"play"', "{}", '{"type":"constructor"}', '{"type":"play"}'):
            await bot.send_text(text)
        await bot.send("alert", kind="toString", text="no such kind")
        await bot.send("stop", id="nobody")
        await bot.send("hello", volume="loud")
        await bot.echo()
        await nothing_left(page)


# --- sound


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
    await page.wait_for_function("window.told.length > 0")
    await page.click("p")
    await bot.hears(do="state", sound="on")
    await page.wait_for_function("window.told.length > 1")
    assert await page.evaluate("window.told") == [{"pixel": "sound", "state": s} for s in ("blocked", "on")]
    await page.close()


# --- the wheel


async def test_the_wheel_lands_on_what_was_drawn(browser: Browser, bot: OverlayDouble) -> None:
    edges = [0.0, *accumulate(weight / sum(WEIGHTS) * 360 for weight in WEIGHTS)]
    async with opened(browser, bot) as page:
        for winner, name in enumerate(f"Prize {i}" for i in range(len(SLICES))):
            await bot.play(name, "wheel", slices=SLICES, winner=winner)
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
        await bot.play("a", "wheel", slices=SLICES, winner=2)
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
        await bot.play("a", "wheel", slices=SLICES, winner=1)
        await bot.play("b", "wheel", slices=SLICES, winner=5)
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
            await bot.play(effect, "wheel", slices=slices, winner=count - 1)
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
            await bot.play(effect, "wheel", slices=slices, winner=winner)
            assert (await bot.acked(effect, "failed"))["reason"] == "error"
            assert bot.acks(effect) == ["failed"]
        await nothing_left(page)


async def test_without_motion_the_wheel_stands_and_shows(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot, reduced_motion="reduce") as page:
        await bot.play("a", "wheel", slices=SLICES, winner=3)
        await bot.acked("a", "started")
        assert await page.evaluate("document.getAnimations().filter((a) => a.id === 'spin').length") == 0
        assert (await page.evaluate(LANDED))["index"] == "3"
        await bot.acked("a", "finished")
        assert await page.evaluate("window.times.finished - window.times.started") >= 1000
        await expect(page.locator(".winner .prize")).to_have_text("Prize 3")


# --- exactly once


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
        await page.wait_for_function("window.notes.length > 2")
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
        await bot.play("b", "wheel", slices=SLICES, winner=0)
        await bot.play("c", "wheel", slices=SLICES, winner=0)
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


# --- what viewers see


HOSTILE = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'><b>&amp;</b>"


async def test_markup_stays_text(browser: Browser, bot: OverlayDouble) -> None:
    async with opened(browser, bot) as page:
        await bot.play("a", "speak", "long.wav", by=HOSTILE, text=HOSTILE)
        await bot.play("b", "sound", "long.wav", by=HOSTILE, name=HOSTILE)
        await bot.play("c", "show", by=HOSTILE, text=HOSTILE, seconds=9)
        await bot.play("d", "wheel", by=HOSTILE, slices=[{"name": HOSTILE, "weight": 1}], winner=0)
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


async def fill(bot: OverlayDouble, page: Page) -> None:
    """As much at once as the bot ever sends, with long words."""
    await bot.play("a", "speak", "long.wav", by="A" * 25, text="many words " * 18)
    await bot.play("b", "sound", "long.wav", by="B" * 25, name="b" * 60)
    await bot.play("c", "wheel", by="C" * 25, slices=SLICES, winner=1)
    await bot.send("alert", kind="follow", name="D" * 25, text="D" * 25 + " followed " + "word " * 20)
    for effect in "abc":
        await bot.acked(effect, "started")
    await page.evaluate(SETTLE)


@pytest.mark.parametrize("width", [640, 1280, 1920])
async def test_the_margin_stays_free(browser: Browser, bot: OverlayDouble, width: int) -> None:
    async with opened(browser, bot, width=width) as page:
        await fill(bot, page)
        box, height = await inked(page), width * 9 // 16
        assert box["left"] >= math.floor(width * 0.04)
        assert box["right"] <= math.ceil(width * 0.96)
        assert box["top"] >= math.floor(height * 0.04)
        assert box["bottom"] <= math.ceil(height * 0.96)
        assert 0.05 < box["inked"] / (width * height) < 0.6, "the game is hidden, or nothing is shown"


async def test_nothing_covers_anything_else(browser: Browser, bot: OverlayDouble) -> None:
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
