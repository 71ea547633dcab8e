"""No secret is shown or logged, however a sign-in or a renewal fails."""

import asyncio
from functools import partial

import pytest
from twitchio.http import Route

from pixel_bot.logs import records
from pixel_bot.platforms.twitch.accounts import Tokens
from pixel_bot.platforms.twitch.oauth import OAuth
from pixel_bot.platforms.twitch.subscription_types import BOT_SCOPES
from pixel_bot.sandbox.twitch.devices import Device
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.harness.twitch_harness import listening, query_of
from tests.platforms.twitch.secrets.canaries import CLIENT_SECRET, NOWHERE, SETTINGS, Canaries
from tests.platforms.twitch.secrets.telling import bot, fails, faults_that_tell, look_around, look_at_page


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
