"""Links that sign a browser in: once, not for ever, and into a cookie that no script and no other site sees."""

import asyncio
import io
import logging
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from pixel_bot.db.engine import Database
from pixel_bot.run.live_app import LiveApp, live
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.web.access.sessions import KEY_LIFE, MOST_KEYS, MOST_SESSIONS, SESSION_LIFE, KeyState, Purpose, Sessions
from tests.harness.database import rows
from tests.harness.live_harness import form_token_in
from tests.web.access.stranger import CREDENTIALS, ask, sign_in


async def test_a_link_signs_in_once_and_becomes_a_cookie(app: LiveApp, web: aiohttp.ClientSession) -> None:
    link = await app.access.link(Purpose.START)
    assert link.startswith(f"http://localhost:{app.web.port}/setup?key=")
    answer = await ask(web, app.access, link)
    assert (answer.status, answer.headers["Location"]) == (303, "/setup")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"pixel_session_{app.web.port}=")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert "secure" not in parts
    assert (await ask(web, app.access, "/setup")).status == 200
    async with aiohttp.ClientSession() as other:
        again = await ask(other, app.access, link)
    assert (again.status, "used already" in again.text) == (401, True)
    assert "Set-Cookie" not in again.headers


async def test_who_is_signed_in_uses_no_second_link_up(app: LiveApp) -> None:
    cookie = await sign_in(app.access, await app.access.link(Purpose.START))
    link = await app.access.link(Purpose.START)
    async with aiohttp.ClientSession() as browser:
        assert (await ask(browser, app.access, link, headers=cookie)).status == 303
    assert await sign_in(app.access, link)


async def test_of_many_who_bring_one_key_one_is_signed_in(app: LiveApp) -> None:
    key = await app.access.sessions.issue_key(Purpose.START)
    second = Database(app.services.database.url)
    try:
        processes = (app.access.sessions, Sessions(second, app.services.clock))
        took = await asyncio.gather(*(processes[n % 2].sign_in(key, "browser") for n in range(10)))
    finally:
        await second.close()
    assert sorted(done.state for done in took) == ["good"] + ["used"] * 9
    assert await rows(app, "SELECT COUNT(*) FROM web_sessions") == [(1,)]


@pytest.mark.parametrize("purpose", Purpose)
async def test_a_link_is_too_old_after_a_while(app: LiveApp, clock: SettableClock, purpose: Purpose) -> None:
    key = await app.access.sessions.issue_key(purpose)
    clock.advance((KEY_LIFE[purpose] + timedelta(seconds=1)).total_seconds())
    assert (await app.access.sessions.sign_in(key, "")).state is KeyState.EXPIRED
    fresh = await app.access.sessions.issue_key(purpose)
    clock.advance((KEY_LIFE[purpose] - timedelta(seconds=1)).total_seconds())
    assert (await app.access.sessions.sign_in(fresh, "")).state is KeyState.GOOD


async def test_whoever_only_looks_at_the_link_does_not_use_it_up(app: LiveApp) -> None:
    link = await app.access.link(Purpose.START)
    async with aiohttp.ClientSession() as preview:
        assert (await ask(preview, app.access, link, "HEAD")).status == 401
        image = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        assert (await ask(preview, app.access, link, headers=image)).status == 401
    assert await sign_in(app.access, link)


async def test_sessions_outlive_a_restart_and_a_new_link_is_made(tmp_path: Path, clock: SettableClock) -> None:
    settings = settings_in(tmp_path, **CREDENTIALS)
    async with live(settings, clock) as before:
        cookie = await sign_in(before.access, await before.access.link(Purpose.START))
        name, _, secret = cookie["Cookie"].partition("=")
        assert name == f"pixel_session_{before.web.port}"
    async with live(settings, clock) as after, aiohttp.ClientSession() as web:
        # Only the port is another one, because tests take any that is free.
        kept = {"Cookie": f"pixel_session_{after.web.port}={secret}"}
        assert (await ask(web, after.access, "/setup", headers=kept)).status == 200
        assert (await ask(web, after.access, "/setup", headers=cookie)).status == 401
        assert await sign_in(after.access, await after.access.link(Purpose.START)) != cookie


async def test_a_browser_that_stays_away_is_signed_out_and_one_that_comes_is_not(
    app: LiveApp, clock: SettableClock, web: aiohttp.ClientSession
) -> None:
    cookie = await sign_in(app.access, await app.access.link(Purpose.START))
    for _ in range(3):
        clock.advance(SESSION_LIFE.total_seconds() - 60)
        assert (await ask(web, app.access, "/setup", headers=cookie)).status == 200
    clock.advance(SESSION_LIFE.total_seconds() + 60)
    assert (await ask(web, app.access, "/setup", headers=cookie)).status == 401


async def test_neither_keys_nor_cookies_are_in_the_database(app: LiveApp) -> None:
    link = await app.access.link(Purpose.START)
    secret = (await sign_in(app.access, link))["Cookie"].partition("=")[2]
    kept = repr(await rows(app, "SELECT * FROM access_keys") + await rows(app, "SELECT * FROM web_sessions"))
    assert link.partition("key=")[2] not in kept
    assert secret not in kept
    ((agent,),) = await rows(app, "SELECT user_agent FROM web_sessions")
    assert "aiohttp" in agent


async def test_neither_links_nor_sessions_pile_up(app: LiveApp) -> None:
    sessions = app.access.sessions
    for _ in range(MOST_KEYS + 5):
        await sessions.issue_key(Purpose.OPEN)
    assert await rows(app, "SELECT COUNT(*) FROM access_keys") == [(MOST_KEYS,)]
    for _ in range(MOST_SESSIONS + 5):
        await sessions.sign_in(await sessions.issue_key(Purpose.OPEN), "x" * 5_000)
    assert await rows(app, "SELECT COUNT(*), MAX(LENGTH(user_agent)) FROM web_sessions") == [(MOST_SESSIONS, 200)]


@pytest.fixture
def everything_logged() -> Generator[io.StringIO]:
    """What reaches the log at DEBUG, with nothing hidden."""
    root, text = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)


async def test_the_key_reaches_no_log(app: LiveApp, everything_logged: io.StringIO) -> None:
    link = await app.access.link(Purpose.START)
    cookie = await sign_in(app.access, link)
    async with aiohttp.ClientSession() as web:
        await ask(web, app.access, link)
        await ask(web, app.access, "/setup?key=" + "wrong-and-rather-long")
        await ask(web, app.access, "/setup", headers=cookie)
    written = everything_logged.getvalue()
    for secret in (link.partition("key=")[2], cookie["Cookie"].partition("=")[2], "wrong-and-rather-long"):
        assert secret not in written


async def test_a_button_gives_a_link_for_another_browser(app: LiveApp, web: aiohttp.ClientSession) -> None:
    cookie = await sign_in(app.access, await app.access.link(Purpose.START))
    form = {"form_token": form_token_in((await ask(web, app.access, "/setup", headers=cookie)).text)}
    answer = await ask(web, app.access, "/setup/link", "POST", headers=cookie, data=form)
    assert answer.status == 200
    link = answer.text.partition('id="browser-link">')[2].partition("<")[0]
    other = await sign_in(app.access, link)
    assert other != cookie
    assert (await ask(web, app.access, "/setup", headers=other)).status == 200


async def test_everybody_can_be_signed_out_at_once(app: LiveApp, web: aiohttp.ClientSession) -> None:
    cookies = [await sign_in(app.access, await app.access.link(Purpose.START)) for _ in range(3)]
    unused = await app.access.link(Purpose.START)
    form = {"form_token": form_token_in((await ask(web, app.access, "/setup", headers=cookies[0])).text)}
    answer = await ask(web, app.access, "/setup/sign-out", "POST", headers=cookies[0], data=form)
    assert (answer.status, "All browsers are signed out." in answer.text) == (200, True)
    assert [(await ask(web, app.access, "/setup", headers=cookie)).status for cookie in cookies] == [401] * 3
    assert (await ask(web, app.access, unused)).status == 401


@pytest.mark.parametrize("path", ["/setup/link", "/setup/sign-out", "/setup/forget", "/setup/accept", "/setup/decline"])
async def test_a_form_without_the_token_of_its_page_changes_nothing(
    app: LiveApp, web: aiohttp.ClientSession, path: str
) -> None:
    cookie = await sign_in(app.access, await app.access.link(Purpose.START))
    other = await sign_in(app.access, await app.access.link(Purpose.START))
    foreign = form_token_in((await ask(web, app.access, "/setup", headers=other)).text)
    for form in ({"account": "bot"}, {"form_token": ""}, {"form_token": foreign, "account": "bot"}):
        answer = await ask(web, app.access, path, "POST", headers=cookie, data=form)
        assert (answer.status, "older page" in answer.text) == (403, True)
    assert (await ask(web, app.access, "/setup", headers=other)).status == 200
    assert await rows(app, "SELECT COUNT(*) FROM access_keys WHERE purpose = 'browser'") == [(0,)]
