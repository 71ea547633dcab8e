"""Which pages ask who comes, and what somebody learns who may not see them."""

import json
import re
from itertools import product

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.run.live_app import LiveApp
from pixel_bot.web.access.attempts import ADDRESSES, MOST, SECONDS, Attempts
from pixel_bot.web.access.sessions import Purpose
from tests.web.access.stranger import ask, sign_in

PROTECTED = (
    "/setup",
    "/setup/",
    "/setup/state",
    "/setup/nothing",
    "/oauth",
    "/oauth?account=bot",
    "/oauth/callback?state=x&code=y",
    "/joystick/oauth",
    "/joystick/oauth/callback?state=&code=y",
    "/metrics",
    "/dashboard",
    "/dashboard/queue",
    "/api",
    "/api/v1/status",
)
BUTTONS = ("/setup/accept", "/setup/decline", "/setup/forget", "/setup/link", "/setup/sign-out")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_who_is_not_signed_in_gets_401_and_no_redirect(
    app: LiveApp, web: aiohttp.ClientSession, host: str
) -> None:
    for path, method in product(PROTECTED, ("GET", "HEAD", "POST", "PUT", "DELETE")):
        answer = await ask(web, app.access, path, method, host)
        assert answer.status == 401, (path, method)
        assert answer.headers["WWW-Authenticate"] == "Bearer", (path, method)
        assert "Location" not in answer.headers, (path, method)
    for path in BUTTONS:
        pressed = await ask(web, app.access, path, "POST", host, data={"account": "bot", "ticket": "x"})
        assert pressed.status == 401, path


async def test_with_a_session_nothing_is_401(app: LiveApp, web: aiohttp.ClientSession) -> None:
    cookie = await sign_in(app.access, await app.access.link(Purpose.START))
    for path in PROTECTED:
        answer = await ask(web, app.access, path, headers=cookie)
        assert answer.status not in {401, 403, 500}, path
        if path.startswith("/dashboard"):
            assert answer.status == 404, path


async def test_the_page_says_how_to_get_in(app: LiveApp, web: aiohttp.ClientSession) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    there = await ask(web, app.access, "/setup", headers=browser)
    assert "<h1>Who gets in</h1>" in there.text
    assert "python -m pixel_bot open" in there.text
    assert app.access.home_url not in there.text
    # A cookie of localhost is not sent to 127.0.0.1.
    elsewhere = await ask(web, app.access, "/setup", host="127.0.0.1", headers=browser)
    assert f'href="{app.access.home_url}"' in elsewhere.text
    for secret in (app.services.overlay.key, "a-secret-of-the-tests"):
        assert secret not in there.text + elsewhere.text


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/api/v1/status", {}), ("/setup", {"Accept": "application/json"}), ("/setup", {"Authorization": "Bearer x"})],
)
async def test_programs_are_told_in_json(
    app: LiveApp, web: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    answer = await ask(web, app.access, path, headers=headers)
    assert answer.status == 401
    assert "python -m pixel_bot token" in json.loads(answer.text)["how"]


async def test_neither_a_wrong_key_nor_a_made_up_cookie_signs_anybody_in(
    app: LiveApp, web: aiohttp.ClientSession
) -> None:
    for key in ("", "x", "é" * 20, "a" * 5_000, "%00", "' OR 1=1 --"):
        answer = await ask(web, app.access, "/setup", params={"key": key})
        assert (answer.status, "Was it copied as a whole?" in answer.text) == (401, True), key
        assert "Set-Cookie" not in answer.headers, key
    for secret in ("", "x", "a" * 5_000, "é", "../..", '"'):
        cookie = {"Cookie": f"pixel_session_{app.web.port}={secret}".encode().decode("latin-1")}
        assert (await ask(web, app.access, "/setup", headers=cookie)).status == 401, secret


async def test_a_session_of_another_port_does_not_count(app: LiveApp, web: aiohttp.ClientSession) -> None:
    secret = (await sign_in(app.access, await app.access.link(Purpose.START)))["Cookie"].partition("=")[2]
    for name in (f"pixel_session_{app.web.port + 1}", "pixel_session", f"__Host-pixel_session_{app.web.port}"):
        assert (await ask(web, app.access, "/setup", headers={"Cookie": f"{name}={secret}"})).status == 401


async def test_who_guesses_keys_has_to_wait_and_who_is_signed_in_has_not(
    app: LiveApp, web: aiohttp.ClientSession
) -> None:
    cookie = await sign_in(app.access, await app.access.link(Purpose.START))
    link = await app.access.link(Purpose.START)
    statuses = [(await ask(web, app.access, f"/setup?key=guess-{n}")).status for n in range(MOST + 2)]
    assert statuses == [401] * MOST + [429] * 2
    late = await ask(web, app.access, link)
    assert late.status == 429
    assert 0 < int(late.headers["Retry-After"]) <= SECONDS
    assert (await ask(web, app.access, "/setup", headers=cookie)).status == 200
    assert (await ask(web, app.access, "/setup")).status == 401


async def test_a_link_that_was_used_is_no_guess(app: LiveApp, web: aiohttp.ClientSession) -> None:
    link = await app.access.link(Purpose.START)
    await sign_in(app.access, link)
    assert {(await ask(web, app.access, link)).status for _ in range(MOST + 2)} == {401}


def test_the_memory_of_guesses_is_bounded_and_fades() -> None:
    now = 0.0
    attempts = Attempts(lambda: now)
    for number in range(20 * ADDRESSES):
        attempts.failed({"client": (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1)})
    assert len(attempts._wrong.remembered()) <= 2 * ADDRESSES
    here = {"client": ("2001:db8::1", 1)}
    for n in range(MOST):
        assert attempts.wait(here) == 0
        attempts.failed({"client": (f"2001:db8::{n + 2:x}", 1)})  # the same network
    assert attempts.wait(here) == SECONDS
    assert attempts.wait({"client": ("2001:db8:1::1", 1)}) == 0
    now = SECONDS
    assert attempts.wait(here) == 0


async def test_without_its_database_the_bot_lets_nobody_in_and_says_so(
    app: LiveApp, web: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = await sign_in(app.access, await app.access.link(Purpose.START))

    def away() -> None:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(app.access.sessions._database, "readers", away)
    answer = await ask(web, app.access, "/setup", headers=cookie)
    assert (answer.status, "cannot use its database" in answer.text) == (503, True)
    assert re.match(r'\{"ok":false', (await ask(web, app.access, "/healthz", headers=cookie)).text)
