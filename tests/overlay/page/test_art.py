"""The overlay page in a browser: art of cogs, which the page loads by itself."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from pixel_bot.overlay.server import OverlayPages, overlay_url
from pixel_bot.testing import stage
from pixel_bot.web.server import WebServer
from tests.harness.overlay_double import OverlayDouble
from tests.overlay.overlay_cog import PNG, SHOW, WAVE, written
from tests.overlay.page.overlay_in_browser import nothing_left, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

WATCH_TEXTS = """() => {
  window.seen = [];
  const note = (all) => all.forEach(({ addedNodes }) => window.seen.push(...[...addedNodes].map((n) => n.textContent)));
  new MutationObserver(note).observe(document.querySelector(".stream"), { childList: true, subtree: true });
}"""

STEPS = """
import { element, styled } from "/static/overlay/kit.js";
const note = (word) => (window.steps ??= []).push(word);
const acks = () => window.notes.filter((state) => state === "started").length;
let before = 0;
export async function prepare(stage) {
  await styled(stage, new URL("steps.css", import.meta.url));
  const box = element("div", "box");
  stage.append(box);
  before = acks();
  note(`prepare ${box.offsetWidth}`);
  return 0.5;
}
export async function play() {
  note(acks() > before ? "play" : "it plays before it has begun");
}
export async function leave(stage, data, { notes }) {
  note("leave");
  await notes([]);
  note([]);
}
"""

FAILING: dict[str, tuple[str, str, dict[str, str], str]] = {
    "throws": ("one", "wave.js", {"who": "x", "how": "throw"}, "out of waves"),
    "never ends": ("one", "wave.js", {"who": "x", "how": "never"}, "it did not end within 1 s"),
    "throws at once": ("one", "sync.js", {}, "at once"),
    "exports nothing": ("one", "empty.js", {}, "it exports no function play"),
    "is no code": ("one", "broken.js", {}, "Function statements require"),
    "is gone": ("one", "gone.js", {}, "Failed to fetch"),
}


async def test_art_plays_once_with_its_files_and_a_new_version_needs_no_reload(
    browser: Browser, bot: OverlayDouble
) -> None:
    bot.art |= {"wave.js": WAVE, "words.js": 'export const word = "hi";', "dot.png": PNG}
    bot.art |= {"empty.js": "", "broken.js": "export function (", "boss.js": SHOW}
    bot.art |= {"sync.js": "export function play() { throw new Error('at once') }"}
    bot.art |= {"still.js": "export function play(stage, text) { stage.textContent = text }"}
    async with opened(browser, bot) as page:
        loads = await page.evaluate("performance.timeOrigin")

        # It ends when its promise does, with what it finds beside itself.
        await page.evaluate(WATCH_TEXTS)
        await bot.play("a", "art", module="/overlay/art/one/wave.js", data={"who": "Bob"}, seconds=3)
        await bot.acked("a", "finished")
        assert "hi Bob 3" in await page.evaluate("window.seen")
        await nothing_left(page)

        # One that returns nothing stays for its seconds; sound and picture of a card work as ever.
        await bot.play("b", "art", "short.wav", module="/overlay/art/one/still.js", data="<b>words</b>", seconds=1)
        assert (await bot.acked("b", "started"))["seconds"] == 1
        await expect(page.locator(".stage")).to_have_text("<b>words</b>")
        await bot.acked("b", "finished")
        assert bot.asked.count("short.wav") >= 1

        # What fails is reported as failed, says why, and leaves nothing.
        for name, (version, file, data, why) in FAILING.items():
            await bot.play(name, "art", module=f"/overlay/art/{version}/{file}", data=data, seconds=1)
            ack = await bot.acked(name, "failed")
            assert ack["reason"] == "error"
            assert why in ack["detail"], name
        await nothing_left(page)

        # A new version comes under a new address, with all that it imports.
        bot.art["words.js"] = 'export const word = "bye";'
        await bot.play("c", "art", module="/overlay/art/two/wave.js", data={"who": "Bob"}, seconds=3)
        await bot.acked("c", "finished")
        assert "bye Bob 3" in await page.evaluate("window.seen")

        # It prepares before it begins, and leaves after its end, with a style sheet and the tools of the page.
        bot.art |= {"steps.js": STEPS, "steps.css": ".box { width: 7px }"}
        await bot.play("f", "art", module="/overlay/art/two/steps.js", data={}, seconds=9)
        assert (await bot.acked("f", "started"))["seconds"] == 0.5
        await bot.acked("f", "finished")
        await nothing_left(page)
        assert await page.evaluate("window.steps") == ["prepare 7", "play", "leave", []]

        # A stop takes it off at once.
        await bot.play("d", "art", module="/overlay/art/two/wave.js", data={"who": "x", "how": "never"}, seconds=60)
        await bot.acked("d", "started")
        await bot.send("stop", id="d")
        await bot.echo()
        assert bot.acks("d") == ["started"]
        await nothing_left(page)

        # A widget shows each state, by the newest module, and leaves.
        await bot.send("widget", name="boss", module="/overlay/art/one/boss.js", state={"left": 7})
        await expect(page.locator(".stage")).to_have_text("ONE 7")
        await bot.send("widget", name="boss", module="/overlay/art/one/boss.js", state={"left": 6})
        await expect(page.locator(".stage")).to_have_text("ONE 6")
        bot.art["boss.js"] = SHOW.replace("ONE", "TWO")
        await bot.send("widget", name="boss", module="/overlay/art/two/boss.js", state={"left": 6})
        await expect(page.locator(".stage")).to_have_text("TWO 6")
        await bot.send("widget", name="boss", module="/overlay/art/one/empty.js", state={"left": 5})
        await bot.send("widget", name="boss", module="/overlay/art/two/boss.js", state={"left": 4})
        await expect(page.locator(".stage")).to_have_text("TWO 4")
        await bot.send("hello", volume=80, widgets=["boss"])
        await expect(page.locator(".stage")).to_have_count(1)
        await bot.send("hello", volume=80, widgets=[])
        await expect(page.locator(".stage")).to_have_count(0)

        # A card with a picture.
        await bot.play("e", "show", text="Look!", image="/overlay/art/two/dot.png", seconds=1)
        await bot.acked("e", "started")
        assert await page.evaluate("document.querySelector('.show .picture').naturalWidth") == 1
        await bot.acked("e", "finished")
        assert await page.evaluate("performance.timeOrigin") == loads


async def test_a_cog_that_is_reloaded_brings_its_new_art_to_the_open_page(browser: Browser, tmp_path: Path) -> None:
    folder = written(tmp_path / "my_cogs")
    async with stage(tmp_path, cogs_dir=folder.parent) as chat:
        await chat.viewer("alice", 100)
        chat.overlay.close()
        web = WebServer("127.0.0.1", 0)
        pages = OverlayPages(chat.services.overlay, chat.services.sounds)
        await web.start(pages.routes(), [])
        page = await browser.new_page()
        await page.goto(overlay_url(web, chat.services.overlay))
        await chat.bot.overlay.set("boss", {"left": 3})
        await expect(page.locator(".stage")).to_have_text("ONE 3")
        await page.evaluate(WATCH_TEXTS)
        await chat.say("alice", "!wave")
        assert "hi alice 2" in await page.evaluate("window.seen")
        art = folder / "overlay"
        (art / "words.js").write_text('export const word = "bye";', encoding="utf-8")
        (art / "boss.js").write_text(SHOW.replace("ONE", "TWO"), encoding="utf-8")
        await chat.bot.cogs.reload("waves")
        await expect(page.locator(".stage")).to_have_text("TWO 3")
        await chat.say("alice", "!wave")
        assert "bye alice 2" in await page.evaluate("window.seen")
        assert await chat.points("alice") == 80
        (art / "wave.js").write_text("export async function play() { throw new Error('no') }", encoding="utf-8")
        said = await chat.say("alice", "!wave")
        assert said[-1].endswith("Your 10 points are back.")
        assert await chat.points("alice") == 80
        await page.reload()
        await expect(page.locator(".stage")).to_have_text("TWO 3")
        await page.close()
        await pages.close()
        await web.stop()
