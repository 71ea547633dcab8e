"""Pages that other computers reach: by the network, or by a proxy with a certificate."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from starlette.types import Scope

from pixel_bot.run.access import NoOwner
from pixel_bot.run.live_app import live
from pixel_bot.testing import live as on_sandbox
from pixel_bot.testing import settings_in
from pixel_bot.web.access.attempts import MOST
from pixel_bot.web.access.origins import is_from_this_machine
from pixel_bot.web.access.sessions import Purpose, Sessions
from tests.web.access.stranger import CREDENTIALS, ask, sign_in

OPEN: dict[str, Any] = {"web_host": "0.0.0.0"}
FAR = {"X-Forwarded-For": "203.0.113.7"}
"""As a proxy on this machine passes somebody on."""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
async def test_a_bot_that_nobody_owns_is_not_opened_to_others(tmp_path: Path, host: str) -> None:
    if host == "192.0.2.1":
        host = _address_of_this_machine()
    with pytest.raises(NoOwner, match="python -m pixel_bot login") as refused:
        async with live(settings_in(tmp_path, **CREDENTIALS, web_host=host)):
            pass
    assert refused.value.exit_code == 2
    assert host in str(refused.value)


async def test_without_twitch_the_way_to_an_owner_is_another_one(tmp_path: Path) -> None:
    joystick = {name: value for name, value in CREDENTIALS.items() if name.startswith("joystick")}
    with pytest.raises(NoOwner, match="start the bot without WEB_HOST"):
        async with live(settings_in(tmp_path, **joystick, **OPEN)):
            pass


async def test_the_sandbox_wants_the_link_there(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    async with on_sandbox(tmp_path, **OPEN) as show:
        access = show.app.access
        for path in ("/sandbox", "/sandbox/replay", "/sandbox/nothing"):
            for method in ("GET", "POST"):
                assert (await ask(web, access, path, method)).status == 401, (path, method)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await web.ws_connect(f"http://localhost:{access.port}/sandbox/live")
        assert refused.value.status == 401
        link = await access.link(Purpose.START)
        assert f":{access.port}/sandbox?key=" in link
        cookie = await sign_in(access, link)
        assert (await ask(web, access, "/sandbox", headers=cookie)).status == 200
        async with web.ws_connect(f"http://localhost:{access.port}/sandbox/live", headers=cookie) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        # The bot itself is on the doubles behind the same port, and hears chat.
        assert await show.ask("alice", "!points") == "You have 0 points."


async def test_a_page_of_the_sandbox_ends_with_its_session(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    async with on_sandbox(tmp_path, **OPEN) as show:
        access = show.app.access
        cookie = await sign_in(access, await access.link(Purpose.START))
        async with web.ws_connect(f"http://localhost:{access.port}/sandbox/live", headers=cookie) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            await access.sessions.sign_out_all()
            async with asyncio.timeout(10):
                while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
            assert (message.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 4401)


async def test_a_page_of_another_process_ends_at_its_next_word(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    async with on_sandbox(tmp_path, **OPEN) as show:
        access = show.app.access
        cookie = await sign_in(access, await access.link(Purpose.START))
        async with web.ws_connect(f"http://localhost:{access.port}/sandbox/live", headers=cookie) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            sessions = Sessions(show.app.services.database, show.app.services.clock)  # those of the other process
            await sessions.sign_out_all()
            await socket.send_str('{"do": "pick", "login": "alice", "role": "viewer"}')
            async with asyncio.timeout(10):
                while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
            assert socket.close_code == 4401


async def test_a_socket_of_a_token_ends_when_it_is_revoked(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    async with on_sandbox(tmp_path, **OPEN) as show:
        access = show.app.access
        token = {"Authorization": f"Bearer {await access.tokens.make('deck')}"}
        async with web.ws_connect(f"http://localhost:{access.port}/sandbox/live", headers=token) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            await access.tokens.revoke("deck")
            await socket.send_str('{"do": "pick", "login": "alice", "role": "viewer"}')
            async with asyncio.timeout(10):
                while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
            assert socket.close_code == 4401


async def test_on_loopback_the_sandbox_is_open_and_its_link_works_all_the_same(
    tmp_path: Path, web: aiohttp.ClientSession
) -> None:
    async with on_sandbox(tmp_path) as show:
        access = show.app.access
        for host in ("localhost", "127.0.0.1"):
            assert (await ask(web, access, "/sandbox", host=host)).status == 200
        link = await access.link(Purpose.START)
        cookie = await sign_in(access, link)
        again = await ask(web, access, link)
        assert (again.status, again.headers["Location"]) == (303, "/sandbox")
        assert "Set-Cookie" not in again.headers
        assert (await ask(web, access, "/api/v1/status")).status == 401
        assert (await ask(web, access, "/api/v1/status", headers=cookie)).status == 200
        # Whoever comes by a proxy is not on this machine.
        assert (await ask(web, access, "/sandbox", headers=FAR)).status == 401
        assert (await ask(web, access, "/sandbox", headers=FAR | cookie)).status == 200


@pytest.mark.parametrize("settings", [{}, OPEN], ids=["loopback", "open"])
async def test_the_doubles_are_there_for_this_machine_alone(
    tmp_path: Path, web: aiohttp.ClientSession, settings: dict[str, Any]
) -> None:
    async with on_sandbox(tmp_path, **settings) as show:
        for path in ("/sandbox/twitch/oauth2/validate", "/sandbox/joystick/api/users/stream-settings"):
            near, far = await ask(web, show.app.access, path), await ask(web, show.app.access, path, headers=FAR)
            assert (far.status, far.text) == (404, "There is nothing here.\n")
            assert near.text != far.text


async def test_who_guesses_the_overlays_key_from_elsewhere_has_to_wait(
    tmp_path: Path, web: aiohttp.ClientSession
) -> None:
    async with on_sandbox(tmp_path) as show:
        access, key = show.app.access, show.bot.overlay.key
        for n in range(MOST):
            assert (await ask(web, access, f"/overlay?key=guess-{n}", headers=FAR)).status == 403
        assert (await ask(web, access, f"/overlay?key={key}", headers=FAR)).status == 429
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await web.ws_connect(f"http://localhost:{access.port}/overlay/ws?key={key}", headers=FAR)
        assert refused.value.status == 429
        # OBS on this machine goes on, also beside a source with an old key.
        assert {(await ask(web, access, "/overlay?key=old")).status for _ in range(MOST + 1)} == {403}
        assert (await ask(web, access, f"/overlay?key={key}")).status == 200


async def test_others_learn_no_more_than_whether_all_is_well(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    async with live(settings_in(tmp_path, **CREDENTIALS)) as app:
        near = await ask(web, app.access, "/healthz")
        assert (near.status, "Not signed in yet" in near.text) == (503, True)
        far = await ask(web, app.access, "/healthz", headers=FAR)
        assert (far.status, far.text) == (503, '{"ok":false}')
        cookie = await sign_in(app.access, await app.access.link(Purpose.START))
        token = {"Authorization": f"Bearer {await app.access.tokens.make('watchdog')}"}
        for known in (cookie, token):
            assert (await ask(web, app.access, "/healthz", headers=FAR | known)).text == near.text


async def test_behind_a_certificate_the_cookie_is_for_it_alone(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    public = "https://bot.example"
    async with live(settings_in(tmp_path, **CREDENTIALS, web_public_url=public)) as app:
        link = await app.access.link(Purpose.START)
        assert link.startswith(f"{public}/setup?key=")
        path, host = link.removeprefix(public), {"Host": "bot.example"}
        answer = await ask(web, app.access, path, headers=host)
        assert answer.status == 303
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"__Host-pixel_session_{app.web.port}=")
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)
        sent = {"Cookie": cookie.partition(";")[0]}
        page = await ask(web, app.access, "/setup", headers=host | sent)
        assert page.status == 200
        assert f"{public}/oauth/callback" in page.text
        plain = {"Cookie": sent["Cookie"].removeprefix("__Host-")}
        assert (await ask(web, app.access, "/setup", headers=host | plain)).status == 401
        assert (await ask(web, app.access, "/setup", headers=sent)).status == 401, "by plain http it is another cookie"


def scope(peer: str, server: str, **headers: str) -> Scope:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "client": (peer, 50_000), "server": (server, 8080), "headers": raw}


@pytest.mark.parametrize(
    ("peer", "server", "headers", "near"),
    [
        ("127.0.0.1", "127.0.0.1", {"host": "localhost:8080"}, True),
        ("127.0.0.1", "127.0.0.1", {"host": "127.0.0.1:8080"}, True),
        ("::1", "::1", {"host": "[::1]:8080"}, True),
        ("192.168.1.5", "192.168.1.5", {"host": "192.168.1.5:8080"}, True),
        ("192.168.1.9", "192.168.1.5", {"host": "192.168.1.5:8080"}, False),
        ("192.168.1.9", "192.168.1.5", {"host": "localhost:8080"}, False),
        ("127.0.0.1", "127.0.0.1", {"host": "bot.example"}, False),
        ("127.0.0.1", "127.0.0.1", {"host": "localhost", "x_forwarded_for": "127.0.0.1"}, False),
        ("127.0.0.1", "127.0.0.1", {"host": "localhost", "forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", "127.0.0.1", {}, False),
        ("", "127.0.0.1", {"host": "localhost"}, False),
    ],
)
def test_who_is_on_this_machine(peer: str, server: str, headers: dict[str, str], near: bool) -> None:
    assert is_from_this_machine(scope(peer, server, **headers)) == near


def _address_of_this_machine() -> str:
    """One that is not loopback; where there is no network, any address does."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "0.0.0.0"
        return probe.getsockname()[0]
