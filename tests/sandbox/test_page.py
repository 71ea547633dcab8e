"""The sandbox page in a browser."""

import asyncio
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FrameLocator, Page, Request, async_playwright, expect

from pixel_bot.testing import Live, live

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")


def chromium() -> str:
    """The browser of the system; without its windows, it takes an eighth of the processor for a page."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("These tests need Chromium. Install it, on Debian with: apt-get install chromium-headless-shell")
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    async with live(tmp_path) as running:
        yield running


class Seen:
    """What happened on a page besides what it shows."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)
        self._page = page

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.elsewhere.append(request.url)


@asynccontextmanager
async def opened(
    browser: Browser, show: Live, width: int = 1280, height: int = 720, *, moving: bool = False
) -> AsyncGenerator[tuple[Page, Seen]]:
    """The page, connected and with somebody picked; where nothing is to move, numbers need not be waited for."""
    motion = "no-preference" if moving else "reduce"
    page = await browser.new_page(viewport={"width": width, "height": height}, reduced_motion=motion)
    page.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    seen = Seen(page)
    await page.goto(show.app.home)
    await expect(page.locator("#link-word")).to_have_text("live")
    await expect(page.locator("#points")).to_have_text("1,000")
    await overlay_is_open(show)
    yield page, seen
    await page.close()


async def overlay_is_open(show: Live, *, sound: bool | None = None) -> None:
    """Wait until an overlay page is connected; with ``sound`` only one whose sound is so."""
    changed = asyncio.Event()
    show.bot.overlay.changed.add(changed.set)
    async with asyncio.timeout(15):
        while not any(sound in (None, screen.can_play(needs_sound=True)) for screen in show.bot.overlay.pages):
            await changed.wait()
            changed.clear()
    show.bot.overlay.changed.discard(changed.set)


def overlay_of(page: Page) -> FrameLocator:
    """The overlay on the page's stage."""
    return page.frame_locator("#overlay-frame iframe")


async def type_line(page: Page, words: str) -> None:
    await page.fill("#line", words)
    await page.press("#line", "Enter")


async def test_the_page_loads_without_an_error_and_asks_nobody_else(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        await expect(page).to_have_title("Pixel Bot sandbox")
        await expect(page.locator("#viewer-name")).to_have_text("Viewer_Vi")
        await expect(page.locator("#chips button[aria-pressed=true] bdi")).to_have_text("Viewer_Vi")
        names = await page.locator("#chips button bdi").all_text_contents()
        assert names == ["Viewer_Vi", "Sub_Sam", "Mod_Mila", "Pixel_Street", "Joy_Jules"]
        broken = await page.evaluate("[...document.images].filter((i) => !i.complete || !i.naturalWidth).length")
        assert (seen.errors, seen.elsewhere, broken) == ([], [], 0)


async def test_a_command_is_answered_on_the_page(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        await type_line(page, "!points")
        await expect(page.locator("#log .line.bot")).to_contain_text("You have 1,000 points.")
        await expect(page.locator("#log .line").first).to_contain_text("!points")
        await expect(page.locator("#line")).to_have_value("")
        assert seen.errors == []


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


async def test_another_persona_has_points_and_rights_of_its_own(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await type_line(page, "!points add @viewer_vi 5")
        await expect(page.locator("#log .line.bot").last).to_contain_text("Only mods can do that.")
        await page.click("#chips button[data-login=mod_mila]")
        await expect(page.locator("#viewer-name")).to_have_text("Mod_Mila")
        await type_line(page, "!points add @viewer_vi 5")
        await expect(page.locator("#log .line.bot").last).to_contain_text("Added 5 points: Viewer_Vi has 1,005.")
        await page.click("#chips button[data-login=viewer_vi]")
        await expect(page.locator("#points")).to_have_text("1,005")


async def test_somebody_else_can_be_typed_in(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await page.get_by_role("button", name="Someone else").click()
        await page.fill("#other-login", "Night_Owl")
        await page.press("#other-login", "Enter")
        await expect(page.locator("#viewer-name")).to_have_text("Night_Owl")
        await expect(page.locator("#points")).to_have_text("1,000")
        await type_line(page, "!points")
        await expect(page.locator("#log .line.bot")).to_contain_text("You have 1,000 points.")


@pytest.mark.parametrize(
    ("kind", "words", "points"),
    [
        ("follow", "Viewer_Vi followed", "1,050"),
        ("sub", "Viewer_Vi subscribed", "1,200"),
        ("gift", "Viewer_Vi gifted 5 subs", "2,000"),
        ("cheer", "Viewer_Vi cheered 100 bits", "1,100"),
        ("raid", "Viewer_Vi raids with 12 viewers", "1,100"),
    ],
)
async def test_an_event_shows_an_alert_and_pays(
    browser: Browser, show: Live, kind: str, words: str, points: str
) -> None:
    async with opened(browser, show) as (page, seen):
        await page.click(f"#events button.{kind}")
        await expect(overlay_of(page).locator(f".alert-{kind}")).to_contain_text(words)
        await expect(page.locator("#happened")).to_have_text(words)
        await expect(page.locator("#points")).to_have_text(points)
        assert seen.errors == []


async def test_a_sub_that_goes_on_pays_as_much_as_a_new_one(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        await page.click("#events button.resub")
        await expect(page.locator("#happened")).to_have_text("Viewer_Vi has subscribed for 6 months")
        await expect(overlay_of(page).locator(".alert-sub")).to_contain_text("Viewer_Vi")
        await expect(page.locator("#points")).to_have_text("1,200")
        assert seen.errors == []


async def test_a_second_follow_says_why_nothing_happens(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await page.click("#events button.follow")
        await expect(page.locator("#points")).to_have_text("1,050")
        await page.click("#events button.follow")
        await expect(page.locator("#toast")).to_contain_text("Viewer_Vi follows already")


async def as_jules(page: Page) -> None:
    """Chat as the viewer of Joystick.tv."""
    await page.click("#chips button[data-login=joy_jules]")
    await expect(page.locator("#viewer-name")).to_have_text("Joy_Jules")
    await expect(page.locator("#points")).to_have_text("1,000")


async def test_a_viewer_of_joystick_is_answered_there(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        await type_line(page, "hi from Twitch")
        await as_jules(page)
        await type_line(page, "!points")
        there = page.locator("#log .line.there")
        await expect(there).to_have_count(2)
        await expect(there.last).to_contain_text("@Joy_Jules You have 1,000 points.")
        await expect(there.get_by_role("img", name="On Joystick.tv")).to_have_count(2)
        await expect(page.locator("#log .line")).to_have_count(3)
        assert [line.username for line in show.app.joystick.recent] == ["Joy_Jules", "PixelBot"]
        assert len(show.twitch.chat_log.lines) == 1
        assert seen.errors == []


async def test_each_platform_has_its_own_events(browser: Browser, show: Live) -> None:
    both = {"follow", "sub", "resub", "gift", "raid"}
    async with opened(browser, show) as (page, _):
        buttons = page.locator("button[data-event]:visible")
        for pick, kinds in ((None, both | {"cheer"}), (as_jules, both | {"enter", "tip"})):
            if pick is not None:
                await pick(page)
            await expect(buttons).to_have_count(len(kinds))
            assert {await button.get_attribute("data-event") for button in await buttons.all()} == kinds
        await expect(page.locator("#natives .native")).to_have_count(0)
        await expect(page.locator("#natives .wallet")).to_be_hidden()


THERE = [
    ("tip", "tipped 100 tokens", "1,100"),
    ("follow", "followed", "1,150"),
    ("sub", "subscribed", "1,350"),
    ("resub", "has subscribed for 6 months", "1,550"),
    ("gift", "gifted 5 subs", "2,550"),
    ("enter", "came in", "2,575"),
    ("raid", "raids with 12 viewers", "2,675"),
]


async def test_events_of_joystick_pay_and_show(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        await as_jules(page)
        for kind, words, points in THERE:
            await page.click(f"button[data-event={kind}]")
            await expect(page.locator("#happened")).to_have_text(f"Joy_Jules {words}")
            await expect(page.locator("#points")).to_have_text(points)
            if kind == "tip":
                await expect(overlay_of(page).locator(".alert-tip")).to_contain_text("Joy_Jules tipped 100 tokens")
        assert seen.errors == []


async def test_one_follows_once_there_too(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await as_jules(page)
        for _ in range(2):
            await page.click("#events button.follow")
        await expect(page.locator("#toast")).to_contain_text("Joy_Jules follows already")
        await expect(page.locator("#points")).to_have_text("1,050")


async def test_two_platforms_become_one_person(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await as_jules(page)
        await type_line(page, "!link")
        whisper = page.locator("#log .line.bot", has_text="whispers to joy_jules")
        await expect(whisper).to_have_count(1)
        code = re.search(r"!link (\w+)", await whisper.inner_text())
        assert code is not None
        await page.click("#chips button[data-login=viewer_vi]")
        await type_line(page, code[0])
        await expect(page.locator("#points")).to_have_text("2,000")
        await page.click("#chips button[data-login=joy_jules]")
        await expect(page.locator("#viewer-name")).to_have_text("Joy_Jules")
        await expect(page.locator("#points")).to_have_text("2,000")


async def test_the_same_name_on_the_other_platform_is_somebody_else(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await page.get_by_role("button", name="Someone else").click()
        await page.fill("#other-login", "Viewer_Vi")
        await page.select_option("#other-role", "joystick")
        await page.press("#other-login", "Enter")
        chips = page.locator("#chips button[data-login=viewer_vi]")
        await expect(chips).to_have_count(2)
        await expect(chips.last).to_have_attribute("aria-pressed", "true")
        await page.click("button[data-event=tip]")
        await expect(page.locator("#points")).to_have_text("1,100")
        await page.reload()
        await expect(chips.last).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("#points")).to_have_text("1,100")
        await chips.first.click()
        await expect(page.locator("#points")).to_have_text("1,000")


async def test_the_streamer_has_rights_there_too(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await page.get_by_role("button", name="Someone else").click()
        await page.fill("#other-login", "pixel_street")
        await page.select_option("#other-role", "joystick")
        await page.press("#other-login", "Enter")
        await expect(page.locator("#viewer-name")).to_have_text("pixel_street")
        await type_line(page, "!points add @joy_jules 5")
        await expect(page.locator("#log .line.there.bot").last).to_contain_text("Added 5 points: Joy_Jules has 5.")
        await expect(page.locator("#log .line.there").get_by_role("img", name="Broadcaster")).to_have_count(1)


async def test_live_is_switched_on_both(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await as_jules(page)
        button = page.locator("#natives .stream")
        for on in (False, True):
            await button.click()
            await expect(button).to_have_attribute("aria-pressed", "true" if on else "false")
            assert (show.twitch.live, show.app.joystick.live) == (on, on)


async def test_alerts_and_levels_leave_again(browser: Browser, show: Live) -> None:
    async with opened(browser, show, moving=True) as (page, _):
        level, alert = page.locator("#levels .level-up"), overlay_of(page).locator(".alert")
        await page.click("#events button.gift")
        await expect(level).to_have_text("Viewer_Vi reached level 2")
        await expect(alert).to_have_count(1)
        await expect(level).to_have_count(0)
        await expect(alert).to_have_count(0)


async def test_the_hint_line_types_for_a_newcomer(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        hint = page.locator("#hint-fill")
        first = await hint.text_content()
        await page.click("#hint")
        await expect(page.locator("#line")).to_have_value(first or "")
        await page.press("#line", "Enter")
        await expect(hint).not_to_have_text(first or "")


async def test_commands_complete_themselves(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
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


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844), (1920, 1080)])
async def test_nothing_sticks_out(browser: Browser, show: Live, width: int, height: int) -> None:
    async with opened(browser, show, width, height) as (page, _):
        await show.say("x" * 25, "w" * 500)
        await show.say("long_talker", "many words " * 40)
        await expect(page.locator("#log .line")).to_have_count(2)
        await page.click("#events button.gift")
        await expect(page.locator("#levels .level-up")).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        for part in (
            "#stage",
            "#log",
            "#line",
            "#points",
            "#ledger",
            "#hint",
            "#replay-go",
            "#redeems",
            "#natives",
            "#queue-empty",
        ):
            box = await page.locator(part).bounding_box()
            assert box is not None, part
            assert box["x"] >= 0, part
            assert box["x"] + box["width"] <= width + 1, part


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
async def test_all_that_one_needs_is_seen_without_scrolling(
    browser: Browser, show: Live, width: int, height: int
) -> None:
    async with opened(browser, show, width, height) as (page, _):
        for part in NEEDED:
            box = await page.locator(part).bounding_box()
            assert box is not None, part
            assert box["y"] + box["height"] <= height + 1, part


async def test_a_log_is_replayed_from_the_page(browser: Browser, show: Live, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("second,user,text\n0,alice,hello from the log\n1,bob,me too\n")
    async with opened(browser, show) as (page, seen):
        await page.select_option("#replay-speed", "0")
        await page.set_input_files("#replay-file", log)
        await expect(page.locator("#log")).to_contain_text("me too")
        await expect(page.locator("#stat-messages")).to_have_text("2")
        await expect(page.locator("#replay-go")).to_have_text(re.compile("Replay a chat log"))
        assert seen.errors == []


async def test_a_flood_leaves_a_bounded_page(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await asyncio.gather(*(show.say(f"fan_{i % 50}", f"line {i}") for i in range(1_000)))
        await show.say("alice", "the last line")
        await expect(page.locator("#log .line").last).to_contain_text("the last line")
        assert await page.locator("#log .line").count() <= 200
