"""The overlay page in a browser, and what can be seen and heard of it."""

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, Request, expect

from tests.harness.overlay_double import OverlayDouble

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


@asynccontextmanager
async def opened(
    browser: Browser,
    bot: OverlayDouble,
    *,
    width: int = 640,
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
    await expect(page.locator(".stream *:not(#alerts, #column)")).to_have_count(0)
    assert await page.locator("audio").count() == 0
    assert await page.evaluate("document.getAnimations().length") == 0


async def inked(page: Page) -> dict[str, int]:
    """The box of all pixels that are not fully transparent, and their number."""
    png = await page.screenshot(omit_background=True)
    judge = await page.context.browser.new_page() if page.context.browser else page
    box: dict[str, int] = await judge.evaluate(INK, base64.b64encode(png).decode())
    await judge.close()
    return box
