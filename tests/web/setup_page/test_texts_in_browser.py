"""Texts that wait for a mod's yes, answered with the buttons of the set-up page in a browser."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from pixel_bot.run.live_app import LiveApp
from pixel_bot.web.access.sessions import Purpose
from tests.harness.database import rows
from tests.harness.twitch_harness import Harness, house
from tests.harness.waiting import until
from tests.web.setup_page.page import HOSTILE, context, look

pytestmark = pytest.mark.asyncio(loop_scope="session")

YES, NO = "Yes, play it", "No, give the points back"
STATES = "SELECT u.name, i.status, i.approval, i.approved_by FROM queue_items i JOIN users u ON u.id = i.user_id"


async def _buys(home: Harness, app: LiveApp, login: str, text: str) -> None:
    await home.cheer(login, 1_000, f"cheer-{login}")
    await until(lambda: any(login in line.text and "bits" in line.text for line in home.lines))
    assert "waits for a mod's yes" in await home.ask(login, f"!tts {text}")


async def _states(app: LiveApp) -> dict[str, list[str | None]]:
    return {name: state for name, *state in await rows(app, STATES)}


async def _answers(home: Harness, app: LiveApp, page: Page) -> None:
    section = page.locator("[data-part=texts]")
    await expect(section).to_be_hidden()
    for login, text in (("alice", "from alice"), ("bob", HOSTILE), ("carol", "from carol")):
        await _buys(home, app, login, text)
    await look(page)
    await expect(section.locator("form")).to_have_count(3)
    assert await page.evaluate("window.hit") is None
    await section.locator("form", has_text="alice").get_by_role("button", name=YES).click()
    await expect(section.locator("form")).to_have_count(2)
    await section.locator("form", has_text="bob").get_by_role("button", name=NO).click()
    await expect(section.locator("form")).to_have_count(1)
    await expect(section).to_contain_text("from carol")
    await home.said(lambda line: "@bob" in line.text and "A mod said no." in line.text and "back" in line.text)


async def test_a_yes_and_a_no_are_pressed_on_the_page(browser: Browser, tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.signed_in(tts_approve="all") as app, context(browser) as made:
        page = await made.new_page()
        await page.goto(await app.access.link(Purpose.START))
        await _answers(home, app, page)
        states = await _states(app)
        assert states["alice"][1:] == ["given", "/setup"]
        assert states["bob"][:2] == ["failed", "waiting"]
        assert states["carol"] == ["pending", "waiting", None]
