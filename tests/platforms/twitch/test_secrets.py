"""No secret is shown, logged or stored in the clear, whatever fails."""

import asyncio
import base64
import io
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from twitchio import HTTPException
from twitchio.http import Route

from pixel_bot.errors import PixelError
from pixel_bot.logs import records, set_up_logging
from pixel_bot.platforms.twitch.accounts import Tokens
from pixel_bot.platforms.twitch.helix_structs import StreamRow
from pixel_bot.platforms.twitch.oauth import OAuth
from pixel_bot.platforms.twitch.subscription_types import BOT_SCOPES
from pixel_bot.platforms.wire import NoAnswer, Wire
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.devices import Device
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.upkeep.backup_file import back_up
from tests.harness.twitch_harness import CHAT, house, in_haste, listening, query_of, the_bot
from tests.platforms.twitch.canaries import CLIENT_SECRET, NOWHERE, SETTINGS, Canaries


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Generator[io.StringIO]:
    """What is logged with ``LOG_LEVEL=DEBUG``; all is as before after the test."""
    monkeypatch.setattr(records, "_SECRETS", set[str]())
    root, names = logging.getLogger(), ("pixel_bot", "cogs", "aiosqlite")
    handlers, level, levels = list(root.handlers), root.level, [logging.getLogger(name).level for name in names]
    stream = io.StringIO()
    set_up_logging("DEBUG", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, old in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(old)


@pytest.fixture
async def canaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: io.StringIO) -> AsyncGenerator[Canaries]:
    in_haste(monkeypatch)

    def impatient() -> Wire:
        return Wire(aiohttp.ClientTimeout(total=2.0))

    monkeypatch.setattr("pixel_bot.platforms.twitch.platform.Wire", impatient)
    async with house(tmp_path) as home:
        home.world.client_secret = CLIENT_SECRET
        yield Canaries(home, written)


def bot(canaries: Canaries) -> Any:
    """A bot with every secret there is."""
    return canaries.home.bot(None, **SETTINGS, **NOWHERE)


def faults_that_tell(*secrets: str) -> list[dict[str, Any]]:
    """What Twitch, or somebody on the way, may answer: the secrets are repeated in plain and in an address."""
    words = " ".join(f"{secret} client_secret={quote(secret, safe='')} 'token': '{secret}'" for secret in secrets)
    return [
        {"status": 400, "body": {"status": 400, "message": words}},
        {"status": 401, "body": {"status": 401, "message": words}},
        {"status": 403, "body": {"status": 403, "message": f"invalid client secret {words}"}},
        {"status": 403, "body": {"message": "x" * 280 + words}},
        {"status": 500, "body": {"message": [words], "error": words}},
        {"status": 502, "body": f"<html>{words}</html>"},
        {"status": 302, "headers": {"Location": f"http://127.0.0.1:1/?{quote(words)}"}, "body": words},
        {"status": 200, "body": words},
        {"status": 200, "body": [words]},
        {"status": 200, "body": {"access_token": None, "data": words, "user_id": [words], "message": words}},
        {"drop": True},
        {"delay": 2.0},
    ]


async def fails(canaries: Canaries, where: str, work: Callable[[], Awaitable[object]]) -> None:
    """Something fails, or not; if so, its error is looked at."""
    try:
        await work()
    except (PixelError, HTTPException, NoAnswer) as error:
        canaries.look_at_error(where, error)


def look_at_page(canaries: Canaries, page: tuple[int, str]) -> None:
    """The end of a sign-in: the set-up page, or one that says what did not work."""
    status, text = page
    canaries.look("/setup" if status == 200 else "/oauth/callback", text)


async def look_around(canaries: Canaries, app: LiveApp) -> None:
    """All pages, and what a mod is told."""
    for path in (
        "/setup",
        "/setup/state",
        "/healthz",
        "/nowhere",
        "/oauth?account=nobody",
        "/oauth/callback",
        "/oauth/callback?state=x&code=y",
        "/overlay?key=wrong",
        "/static/nothing.js",
    ):
        status, text = await canaries.home.get(app, path)
        canaries.look("/setup" if path.startswith("/setup") else path, f"{status} {text}")
    if app.running_bot is not None:
        canaries.look("!status", await the_bot(app).status.words())
    for line in canaries.home.lines:
        canaries.look("chat", line.text)


def test_the_search_finds_what_there_is(tmp_path: Path) -> None:
    written = io.StringIO("refresh=" + quote(SETTINGS["obs_password"], safe=""))
    canaries = Canaries.__new__(Canaries)
    canaries.written, canaries.seen, canaries.secrets = written, [], dict(SETTINGS)
    canaries.look("a page", base64.b64encode(SETTINGS["ai_api_key"].encode()).decode())
    canaries.look("/setup", SETTINGS["overlay_key"])
    error = ValueError("harmless")
    error.__context__ = ValueError("https://x/?key=" + SETTINGS["overlay_key"])
    canaries.look_at_error("an error", error)
    assert "obs_password in the log" in canaries.found()
    assert "ai_api_key in a page" in canaries.found()
    assert "overlay_key in an error: ValueError" in canaries.found()
    assert "overlay_key in /setup" not in canaries.found()


async def test_a_sign_in_that_fails_tells_nothing(canaries: Canaries) -> None:
    home = canaries.home
    async with bot(canaries) as app:
        oauth = app.platform.oauth
        await home.twitch.request_count("oauth2/token", "POST")  # the application's own, which takes none of the faults
        for fault in faults_that_tell(CLIENT_SECRET, canaries.note("code", "canary-code")):
            home.twitch.faults.add("oauth2/token", **fault)
            address = await home.agree(await home.begin(app, "bot"), BOT)
            canaries.note("code", query_of(address)["code"])
            status, text = await home.come_back(address)
            assert status >= 400
            look_at_page(canaries, (status, text))
            home.twitch.faults.add("oauth2/token", **fault)
            await fails(canaries, "exchange", lambda: oauth.exchange("canary-code", "http://localhost/"))
        # The sign-in server grants tokens, and does not say whose.
        for fault in faults_that_tell(CLIENT_SECRET):
            home.twitch.faults.add("oauth2/validate", **fault)
            look_at_page(canaries, await home.come_back(await home.agree(await home.begin(app, "bot"), BOT)))
        home.world.client_secret = "another"
        look_at_page(canaries, await home.come_back(await home.agree(await home.begin(app, "bot"), BOT)))
        await fails(canaries, "exchange", lambda: oauth.exchange("canary-code", "http://localhost/"))
        home.world.client_secret = CLIENT_SECRET
        home.world.redirect_uris = {"http://localhost/elsewhere"}
        async with home.http.get(await home.begin(app, "bot")) as answer:
            assert answer.status == 400
        await fails(canaries, "exchange", lambda: oauth.exchange("canary-code", "http://localhost/"))
        await look_around(canaries, app)
        assert app.platform.accounts.get("bot") is None
    assert "A sign-in as the bot account failed" in canaries.written.getvalue()
    assert canaries.found() == []


async def test_a_device_that_fails_to_sign_in_tells_nothing(canaries: Canaries) -> None:
    home = canaries.home
    async with bot(canaries) as app:
        oauth: OAuth = app.platform.oauth
        device = await oauth.begin_device(BOT_SCOPES)
        canaries.note("device code", device.code)
        assert device.code not in repr(records.redact(repr(device)))
        for fault in faults_that_tell(CLIENT_SECRET, device.code):
            home.twitch.faults.add("oauth2/device", **fault)
            await fails(canaries, "begin", lambda: oauth.begin_device(BOT_SCOPES))
            home.twitch.faults.add("oauth2/token", **fault)
            await fails(canaries, "poll", lambda: oauth.poll_device(device, BOT_SCOPES))
        home.world.devices.expire(device.user_code)
        await fails(canaries, "poll", lambda: oauth.poll_device(device, BOT_SCOPES))
        await look_around(canaries, app)
    assert canaries.found() == []


async def test_a_renewal_that_fails_tells_nothing(canaries: Canaries) -> None:
    home = canaries.home
    async with bot(canaries) as app:
        platform = app.platform
        await home.sign_in(app, "bot", BOT)
        for fault in faults_that_tell(*list(canaries.secrets.values())[4:]):
            tokens = Tokens(*home.world.grant(BOT.id))
            former = platform.accounts.tokens_of("bot")
            assert former is not None
            await platform.accounts.replace_tokens("bot", tokens, former)
            home.world.expire(tokens.access)
            home.twitch.faults.add("oauth2/token", **fault)
            await fails(canaries, "a request", lambda: platform.http.request(Route("GET", "users", token_for="bot")))
            home.twitch.faults.add("oauth2/token", **fault)
            await fails(canaries, "a request", lambda: platform.http.request(Route("GET", "users")))
            home.twitch.faults.add("oauth2/validate", **fault)
            await fails(canaries, "validate", partial(platform.oauth.validate, tokens.access))
            home.twitch.faults.add("oauth2/revoke", **fault)
            await fails(canaries, "revoke", partial(platform.oauth.revoke, tokens))
            canaries.look("repr", repr(tokens) + repr(platform.accounts.get("bot")))
            await look_around(canaries, app)
            home.twitch.faults.clear()
            if platform.accounts.tokens_of("bot") is None:
                await home.sign_in(app, "bot", BOT)
    assert canaries.found() == []


async def test_requests_and_connections_that_fail_tell_nothing(canaries: Canaries) -> None:
    home = canaries.home
    async with bot(canaries) as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        assert "I am here" in (await home.said(lambda _: True)).text
        bot_tokens = app.platform.accounts.tokens_of("bot")
        assert bot_tokens is not None
        for fault in faults_that_tell(*list(canaries.secrets.values())[4:]):
            for path in ("streams", "users", "chat/messages", "moderation/moderators"):
                home.twitch.faults.add(path, **fault)
            home.twitch.faults.add("eventsub/subscriptions", times=2, **fault)
            home.twitch.faults.add("ws", status=403, headers={"X-Echo": bot_tokens.access})
            await fails(canaries, "get", lambda: app.platform.helix.get("streams", "bot", StreamRow))
            await fails(canaries, "call", lambda: app.platform.http.request(Route("GET", "users", token_for="bot")))
            if fault.get("status", 500) >= 300:  # an answer that is one, and cannot be read, is a matter of its own
                await home.say("alice", "!points")
                await home.twitch.request_count(
                    "chat/messages", "POST", home.twitch.requests.times("chat/messages", "POST")
                )
            lost = home.session(CHAT)
            await home.twitch.lose(lost, mid_frame=True)
            async with asyncio.timeout(10):
                await app.platform.eventsub.ready()
            await look_around(canaries, app)
            home.twitch.faults.clear()
            await home.sign_in(app, "bot", BOT)
            await home.all_heard(lost)
            await listening(app)
        await _frames_that_tell(canaries)
        await home.say("alice", "!pixel hello")
        await the_bot(app).settled()
        await look_around(canaries, app)
    assert "No answer to GET streams" in canaries.written.getvalue()
    assert canaries.found() == []


async def _frames_that_tell(canaries: Canaries) -> None:
    session = canaries.home.session(CHAT)
    for secret in list(canaries.secrets.values()):
        await session.socket.send_text(f"no json, but {secret}")
        await session.socket.send_json({"metadata": {"message_type": secret}})
        await session.socket.send_json({"metadata": {"message_type": "revocation"}, "payload": secret})
        event = {"metadata": {"message_type": "notification", "subscription_type": secret}, "payload": secret}
        await session.socket.send_json(event)


async def test_a_fault_of_our_own_tells_nothing(canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
    home = canaries.home
    async with bot(canaries) as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        secrets = " ".join(canaries.secrets.values())

        def broken(*_: object, **__: object) -> Any:
            raise RuntimeError(f"a fault with {secrets}")

        monkeypatch.setattr(app.services.overlay, "best", broken)
        monkeypatch.setattr(app.platform.token_refresh, "_check_role", broken)
        status, text = await home.get(app, "/setup")
        assert status == 500
        canaries.look("500", text)
        monkeypatch.setattr(the_bot(app).status, "words", broken)
        answer = await home.ask("mila", "!status", "moderator")
        canaries.look("chat", answer)
        monkeypatch.setattr(the_bot(app).notifications, "on_notification", broken)
        monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub.connections.RESTART_SECONDS", 0.05)
        await home.say("alice", "hello")
        monkeypatch.undo()
    assert "a fault with" in canaries.written.getvalue()
    assert canaries.found() == []


async def test_a_sign_in_by_code_tells_nothing(canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
    home, devices = canaries.home, canaries.home.world.devices
    home.world.is_public = True
    monkeypatch.setattr("pixel_bot.platforms.twitch.signing_in.device_sign_in.RETRY_SECONDS", 0.05)
    begin, codes = devices.begin, dict[str, frozenset[str]]()

    def begun(scopes: tuple[str, ...]) -> Device:
        device = begin(scopes)
        canaries.note("device code", device.device_code)
        codes[device.user_code] = frozenset(scopes)
        return device

    monkeypatch.setattr(devices, "begin", begun)
    async with home.bot(None, twitch_bot_id=BOT.id, twitch_owner_id=STREAMER.id, **SETTINGS, **NOWHERE) as app:
        accounts = app.platform.accounts
        await look_around(canaries, app)
        await home.twitch.request_count("oauth2/device", "POST", 2)
        for fault in faults_that_tell(*list(canaries.secrets.values())[5:])[:5]:
            home.twitch.faults.add("oauth2/device", **fault)
            home.twitch.faults.add("oauth2/token", **fault)
        async with asyncio.timeout(60):
            while not (accounts.tokens_of("bot") and accounts.tokens_of("broadcaster")):
                await look_around(canaries, app)
                for code, role in codes.items():
                    home.world.approve(code, BOT if role == BOT_SCOPES else STREAMER)
                await asyncio.sleep(0.1)
        await listening(app)
        tokens = accounts.tokens_of("bot")
        assert tokens is not None
        home.twitch.faults.add("oauth2/token", **faults_that_tell(tokens.access, tokens.refresh)[0])
        await fails(canaries, "renewal", lambda: app.platform.http.renew("bot", tokens.access))
        await look_around(canaries, app)
        assert app.platform.http.app_problem
    assert len([name for name in canaries.secrets if name.startswith("device code")]) >= 2
    assert canaries.found() == []


@pytest.mark.sqlite
async def test_files_and_backups_hold_no_secret_in_the_clear(canaries: Canaries, tmp_path: Path) -> None:
    home = canaries.home
    async with bot(canaries) as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        database = app.services.database.path
        assert database is not None
        wal = database.with_name(f"{database.name}-wal")
        copy = back_up(database, tmp_path / "backups", datetime.now(UTC))
        for file in (database, wal, copy):
            assert b"pixelbot" in file.read_bytes() or file == database
            canaries.look(file.name, file.read_bytes().decode("latin-1"))
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        canaries.look(file.name, file.read_bytes().decode("latin-1"))
    assert len(canaries.secrets) >= 9
    assert canaries.found() == []
