"""Redeems on the sandbox page: a newcomer's first minute in a browser, and what the double of Twitch does for it."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Frame, Page, async_playwright, expect
from twitchio.eventsub import SubscriptionType
from twitchio.models.eventsub_ import create_event_instance

from pixel_bot.run.sandbox_app import SANDBOX
from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.page_actions import PageActions, Refused
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.channel_points import Reward
from pixel_bot.sandbox.twitch.chat_log import HISTORY
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.users import BOT, PERSONAS, STREAMER, SandboxUser, SandboxUsers, sandbox_user
from pixel_bot.testing import Live, live
from pixel_bot.testing.overlay import FakeOverlay
from tests.sandbox.test_page import chromium, opened, overlay_is_open, overlay_of, type_line

pytestmark = pytest.mark.asyncio(loop_scope="module")

ARGS = ["--no-sandbox", "--disable-dev-shm-usage"]
PRIZES = {"Seven points": 7, "Nine points": 9, "Eleven points": 11}
MOD = PERSONAS[2]

# In every frame: how much of each sound was played when it ended, where a locator can wait for it.
NOTE_ENDS = """document.addEventListener("ended", ({ target }) => {
  document.documentElement.dataset.ended = (target.currentTime / target.duration).toFixed(2);
}, true);"""
TO_ITS_END = re.compile(r"^(0\.9\d|1\.00)$")
ANGLE = "getComputedStyle(document.querySelector('.wheel-disc')).transform"
FINISH_SPIN = "document.getAnimations().filter((a) => a.id === 'spin').forEach((a) => a.finish())"
UNDER_POINTER = """() => {
  const tip = document.querySelector(".wheel-pointer").getBoundingClientRect();
  return document.elementFromPoint(tip.left + tip.width / 2, tip.bottom + 2)?.dataset.name;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    """A browser that lets pages sound, as OBS does."""
    async with async_playwright() as playwright:
        arguments = [*ARGS, "--autoplay-policy=no-user-gesture-required"]
        launched = await playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def careful_browser() -> AsyncGenerator[Browser]:
    """A browser that lets no page sound before somebody has touched it, as people have."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    prizes = tmp_path / "prizes.json"
    listed = [{"name": name, "weight": 1, "grant_points": points} for name, points in PRIZES.items()]
    prizes.write_text(json.dumps(listed), encoding="utf-8")
    async with live(tmp_path, prizes_file=prizes) as running:
        yield running


async def overlay_frame(page: Page) -> Frame:
    """The overlay on the stage, to look into."""
    handle = await page.locator("#overlay-frame iframe").element_handle()
    frame = await handle.content_frame()
    assert frame is not None
    return frame


async def become(page: Page, login: str, name: str) -> None:
    await page.click(f"#chips button[data-login={login}]")
    await expect(page.locator("#viewer-name")).to_have_text(name)
    await expect(page.locator("#points")).not_to_have_text("0")


# A newcomer's minute


async def see_the_wheel_land(frame: Frame) -> str:
    """Wait until the wheel turned and landed. Returns the prize under its pointer."""
    await expect(frame.locator(".wheel-disc")).to_be_visible()
    before = await frame.evaluate(ANGLE)
    await expect(frame.locator(".wheel-disc")).not_to_have_css("transform", before)
    await frame.evaluate(FINISH_SPIN)
    await expect(frame.locator(".winner")).to_be_visible()
    landed: str = await frame.evaluate(UNDER_POINTER)
    await expect(frame.locator(".winner .prize")).to_have_text(landed)
    return landed


async def hear_the_speech(frame: Frame) -> None:
    """Wait until a text was read out to its end."""
    await expect(frame.locator(".speech")).to_contain_text("hello")
    await expect(frame.locator("html")).to_have_attribute("data-ended", TO_ITS_END)


async def test_a_newcomer_spins_and_is_read_out(browser: Browser, show: Live) -> None:
    async with opened(browser, show, moving=True) as (page, seen):
        frame = await overlay_frame(page)
        await frame.evaluate(NOTE_ENDS)
        await expect(page.locator("#idle")).to_be_visible()
        await type_line(page, "!spin")
        await type_line(page, "!tts hello")
        playing = expect(page.locator("#queue .item.spin")).to_contain_text("playing")
        landed, *_ = await asyncio.gather(see_the_wheel_land(frame), hear_the_speech(frame), playing)
        await expect(page.locator("#idle")).to_be_hidden()
        draw = await show.bot.wheel.last()
        assert draw is not None
        assert landed == draw.prize
        await expect(page.locator("#points")).to_have_text(str(1_000 - 100 - 25 + PRIZES[landed]))
        await expect(page.locator("#queue-empty")).to_be_visible()
        assert (seen.errors, seen.elsewhere) == ([], [])


async def press_the_button(page: Page) -> None:
    await page.get_by_role("button", name="Turn sound on").click()


async def press_a_key(page: Page) -> None:
    await page.press("#line", "h")


@pytest.mark.parametrize("touch", [press_the_button, press_a_key])
async def test_sound_waits_for_the_first_touch(
    careful_browser: Browser, show: Live, touch: Callable[[Page], Awaitable[None]]
) -> None:
    page = await careful_browser.new_page(viewport={"width": 1280, "height": 720})
    await page.add_init_script(NOTE_ENDS)
    await page.goto(show.app.home)
    # Looking at a page through the test's eyes counts as a touch, so the verdict is awaited at the bot.
    await overlay_is_open(show, sound=False)
    await show.ask("viewer_vi", "!sound ding")
    await expect(page.locator("#unmute")).to_be_visible()
    await expect(page.locator("#queue .item")).to_have_attribute("data-state", "needs sound")
    await expect(page.locator("#holds")).to_have_text("Sound is off")
    await touch(page)
    await expect(page.locator("#unmute")).to_be_hidden()
    await expect(overlay_of(page).locator("html")).to_have_attribute("data-ended", TO_ITS_END)
    await expect(page.locator("#queue .item")).to_have_count(0)
    await page.close()


async def test_one_click_buys(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        labels = await page.locator("#redeems button").all_inner_texts()
        assert [re.sub(r"\s+", " ", label) for label in labels] == [
            "Spin 100",
            "Speak 25",
            "Sound 15",
            "Ask AI 50",
            "Clip free",
        ]
        await page.click("#redeems [data-redeem=tts]")
        await expect(page.locator("#line")).to_have_value("!tts hello chat!")
        await page.keyboard.type("my own words")
        await expect(page.locator("#line")).to_have_value("!tts my own words")
        await page.click("#redeems [data-redeem=spin]")
        await expect(page.locator("#log .line .text").first).to_have_text("!spin")
        await expect(page.locator("#points")).to_have_text("900")

        await show.ask("", "!points set @viewer_vi 20", "broadcaster")
        dear = page.locator("#redeems [aria-disabled=true]")
        await expect(dear).to_have_count(3)
        mine = page.locator("#log .line:not(.bot)")  # the bot may still be about to say something
        await expect(mine).to_have_count(2)
        await dear.first.click(force=True)
        await expect(page.locator("#toast")).to_have_text("That costs 100 points. Fire an event to earn some.")
        assert await mine.count() == 2


async def test_prices_follow_the_streamer(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await show.ask("", "!redeem cost spin 1500", "broadcaster")
        await expect(page.locator("#redeems [data-redeem=spin]")).to_contain_text("1,500")
        await expect(page.locator("#redeems [data-redeem=spin]")).to_have_attribute("aria-disabled", "true")
        await show.ask("", "!redeem off clip", "broadcaster")
        await expect(page.locator("#redeems [data-redeem=clip]")).to_have_count(0)


async def test_the_stage_says_when_obs_is_on_air(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        await expect(page.locator(".idle-try")).to_be_visible()
        in_obs = FakeOverlay(show.bot.overlay, "obs", obs=True)
        await in_obs.open()
        await expect(page.locator(".idle-obs")).to_be_visible()
        in_obs.close()
        await expect(page.locator(".idle-try")).to_be_visible()


# What Twitch itself has


async def test_the_stream_is_turned_off_and_on(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, seen):
        stream = page.get_by_role("button", name="Live")
        await expect(stream).to_have_attribute("aria-pressed", "true")
        await stream.click()
        await expect(stream).to_have_attribute("aria-pressed", "false")
        assert not show.twitch.live
        await show.twitch.go_live()
        await expect(stream).to_have_attribute("aria-pressed", "true")
        assert seen.errors == []


async def test_channel_points_buy_what_the_streamer_offers(browser: Browser, show: Live) -> None:
    points = show.twitch.points
    (hydrate,) = points.rewards.values()
    points.put(Reward("words", "<b>Say</b> it", 400, needs_input=True))
    points.put(Reward("dear", "Too dear", 999_999))
    async with opened(browser, show) as (page, seen):
        await expect(page.locator("#native-points")).to_have_text("100,000")
        await page.click(f"#natives [data-reward='{hydrate.id}']")
        await expect(page.locator("#native-points")).to_have_text("99,500")
        (made,) = points.redemptions.values()
        assert (made.who.login, made.status) == ("viewer_vi", "UNFULFILLED")
        points.settle([made.id], "CANCELED")
        show.twitch.tell_changed()
        await expect(page.locator("#native-points")).to_have_text("100,000")

        await page.click("#natives [data-reward=words]")
        await expect(page.locator("#toast")).to_contain_text("needs some words")
        await page.fill("#line", "hello from the line")
        await page.click("#natives [data-reward=words]")
        await expect(page.locator("#log")).to_contain_text("hello from the line")
        await expect(page.locator("#line")).to_have_value("")
        await expect(page.locator("#natives bdi").nth(1)).to_have_text("<b>Say</b> it")

        await expect(page.locator("#natives [data-reward=dear]")).to_have_attribute("aria-disabled", "true")
        await page.click("#natives [data-reward=dear]", force=True)
        await expect(page.locator("#toast")).to_contain_text("Viewer_Vi has too few channel points for Too dear.")
        assert len(points.redemptions) == 2

        await become(page, "sub_sam", "Sub_Sam")
        await expect(page.locator("#native-points")).to_have_text("100,000")
        assert seen.errors == []


# The queue, and mods


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


async def test_a_timeout_strikes_all_that_somebody_wrote(browser: Browser, show: Live) -> None:
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


async def test_each_item_says_where_it_stands(browser: Browser, show: Live) -> None:
    async with opened(browser, show) as (page, _):
        for news, listed, states in PLACES:
            told = {**NEWS, **news, "items": listed}
            script = "(n) => import('/static/sandbox/queue.js').then((m) => m.placed(n).map((i) => i.state))"
            assert await page.evaluate(script, told) == states


# The double of Twitch


@pytest.fixture
def twitch() -> TwitchDouble:
    return TwitchDouble(SandboxUsers())


VIEWER, OTHER, OTHER_MOD = sandbox_user("alice"), sandbox_user("bob"), sandbox_user("mod_max", "moderator")


@pytest.mark.parametrize(
    ("who", "author", "may_delete", "may_time_out"),
    [
        (VIEWER, OTHER, False, False),
        (VIEWER, VIEWER, False, False),
        (MOD, VIEWER, True, True),
        (MOD, MOD, True, False),
        (MOD, OTHER_MOD, False, False),
        (MOD, STREAMER, False, False),
        (MOD, BOT, True, False),
        (STREAMER, OTHER_MOD, True, True),
        (STREAMER, STREAMER, True, False),
    ],
)
async def test_mods_do_what_twitch_lets_them(
    twitch: TwitchDouble, who: SandboxUser, author: SandboxUser, may_delete: bool, may_time_out: bool
) -> None:
    twitch.users.settle(author)
    line = await twitch.say(author, "hello")
    for wish, may in (({"do": "timeout", "login": author.login}, may_time_out), ({"do": "delete"}, may_delete)):
        if may:
            await PageActions(twitch, JoystickDouble()).perform(who, {**wish, "id": line.id})
        else:
            with pytest.raises(Refused, match="Only mods"):
                await PageActions(twitch, JoystickDouble()).perform(who, {**wish, "id": line.id})
    assert twitch.chat_log.lines[0].removed == (may_delete or may_time_out)


ODD: tuple[Any, ...] = (None, True, 5, 1e300, "", "x" * 100_000, [], ["x"], {}, {"id": {}})


@pytest.mark.parametrize("kind", ["say", "event", "delete", "timeout", "redeem", "stream", "nonsense", None, [], {}])
async def test_whatever_a_page_wishes_harms_nothing(twitch: TwitchDouble, kind: object) -> None:
    for odd in ODD:
        wish: dict[str, Any] = {"do": kind, **dict.fromkeys(("text", "kind", "amount", "id", "login", "live"), odd)}
        with contextlib.suppress(Refused):
            await PageActions(twitch, JoystickDouble()).perform(VIEWER, wish)
    assert not twitch.points.redemptions
    assert all(len(line.text) <= 500 for line in twitch.chat_log.lines)


async def test_a_page_can_do_what_twitch_lets_a_viewer_do(twitch: TwitchDouble) -> None:
    (hydrate,) = twitch.points.rewards.values()
    wishes = PageActions(twitch, JoystickDouble())
    await wishes.perform(VIEWER, {"do": "redeem", "id": hydrate.id})
    assert [r.who for r in twitch.points.redemptions.values()] == [VIEWER]
    with pytest.raises(Refused, match="not on offer"):
        await wishes.perform(VIEWER, {"do": "redeem", "id": "unknown"})
    told = await wishes.perform(VIEWER, {"do": "event", "kind": "resub", "amount": 12})
    assert told is not None
    assert told["text"] == "alice has subscribed for 12 months"
    assert VIEWER.id in twitch.users.subscribers
    await wishes.perform(VIEWER, {"do": "stream", "live": False})
    assert not twitch.live
    await wishes.perform(VIEWER, {"do": "stream", "live": True})
    assert twitch.live


async def test_a_line_of_long_ago_cannot_be_deleted(twitch: TwitchDouble) -> None:
    line = await twitch.say(VIEWER, "first")
    for i in range(HISTORY):
        await twitch.say(OTHER, f"line {i}")
    assert len(twitch.chat_log.lines) == HISTORY
    with pytest.raises(Refused, match="too old"):
        await PageActions(twitch, JoystickDouble()).perform(MOD, {"do": "delete", "id": line.id})


async def test_a_line_is_taken_out_once(twitch: TwitchDouble) -> None:
    told: list[list[str]] = []
    twitch.removals.add(told.append)
    line = await twitch.say(VIEWER, "rude")
    for _ in range(2):
        await twitch.delete(line)
    await twitch.time_out(VIEWER)
    assert told == [[line.id]]


async def test_removals_are_events_that_twitchio_reads() -> None:
    deleted = frames.message_delete(VIEWER, "some-id")
    assert sorted(deleted) == sorted(
        [
            *("broadcaster_user_id", "broadcaster_user_login", "broadcaster_user_name"),
            *("target_user_id", "target_user_login", "target_user_name", "message_id"),
        ]
    )
    for kind, event in (
        (SubscriptionType.ChannelChatMessageDelete, deleted),
        (SubscriptionType.ChannelChatClearUserMessages, frames.clear_user_messages(VIEWER)),
    ):
        frame = frames.notification({"id": "1", "type": kind.value, "version": "1"}, event, "id", datetime.now(UTC))
        read: Any = create_event_instance(cast(Any, kind.value), cast(Any, frame), http=cast(Any, None))
        assert (read.user.name, read.broadcaster.id) == ("alice", STREAMER.id)


async def ask_for_a_clip(show: Live, wanted: str) -> str:
    """What the bot says about a clip, as soon as it holds ``wanted``."""
    told: asyncio.Queue[str] = asyncio.Queue()
    show.twitch.listeners.add(lambda line: told.put_nowait(line.text))
    await show.say("alice", "!clip")
    async with asyncio.timeout(15):
        while wanted not in (words := await told.get()):
            pass
    return words


async def test_a_clip_is_linked_when_it_is_there(show: Live) -> None:
    words = await ask_for_a_clip(show, "Here is the clip: ")
    address = words.partition(": ")[2]
    assert re.fullmatch(rf"http://{re.escape(show.app.web.address)}/sandbox#clip-Sandbox[0-9a-f]{{16}}", address)


async def test_an_offline_stream_has_nothing_to_clip(show: Live) -> None:
    show.twitch.live = False
    await ask_for_a_clip(show, "The stream is offline")


async def test_clips_over_http(show: Live) -> None:
    world = show.twitch.users
    app, user = world.grant(None)[0], world.grant(STREAMER.id)[0]
    url = f"http://{show.app.web.address}{SANDBOX}/helix/clips"

    async def ask(method: str, query: str, token: str = user) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}", "Client-Id": world.client_id}
        async with aiohttp.ClientSession() as web, web.request(method, f"{url}{query}", headers=headers) as answer:
            return answer.status, await answer.json()

    status, made = await ask("POST", f"?broadcaster_id={STREAMER.id}")
    assert status == 202
    (clip,) = made["data"]
    assert sorted(clip) == ["edit_url", "id"]
    assert await ask("GET", f"?id={clip['id']}") == (200, {"data": [], "pagination": {}}), "it takes a moment"
    async with asyncio.timeout(5):
        while not (listed := (await ask("GET", f"?id={clip['id']}", app))[1]["data"]):
            await asyncio.sleep(0.05)
    assert (listed[0]["id"], listed[0]["broadcaster_id"], len(listed[0])) == (clip["id"], STREAMER.id, 17)
    assert len((await ask("GET", f"?broadcaster_id={STREAMER.id}"))[1]["data"]) == 1
    assert (await ask("GET", "?id=unknown"))[1]["data"] == []
    refused = {
        ("POST", f"?broadcaster_id={STREAMER.id}", app): 401,
        ("POST", "", user): 400,
        ("POST", "?broadcaster_id=1", user): 404,
        ("GET", "", user): 400,
    }
    assert {asked: (await ask(*asked))[0] for asked in refused} == refused
