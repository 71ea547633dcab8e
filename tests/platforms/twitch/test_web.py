"""Who may reach a live bot's pages, and what a link that somebody made up can do: nothing."""

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, sandbox_user
from tests.harness.live_harness import cookie_of, form_token_in
from tests.harness.twitch_harness import Harness, house, in_haste, query_of, ticket_in

PAGES = (
    "/",
    "/setup",
    "/setup/state",
    "/healthz",
    "/overlay",
    "/oauth?account=bot",
    "/oauth?account=broadcaster",
    "/oauth/callback",
    "/static/pixel.css",
    "/sandbox",
    "/nowhere",
)
BUTTONS = ("/setup/accept", "/setup/decline", "/setup/forget")
REBOUND = (
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example:{port}",
    "127.0.0.1.nip.io:{port}",
    "rebind.localhost:{port}",
    "localhost.:{port}",
    "192.168.1.20:{port}",
    "0.0.0.0:{port}",
    "",
)
FOREIGN = (
    "http://evil.example",
    "https://evil.example:{port}",
    "http://localhost:1",
    "http://localhost",
    "http://localhost:{port}.evil.example",
    "http://evil@localhost:{port}.evil.example",
    "https://www.twitch.tv",
    "null",
    "",
)


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)
    async with house(tmp_path) as built:
        yield built


async def status_of(
    home: Harness,
    app: LiveApp,
    method: str,
    path: str,
    headers: Mapping[str, str],
    data: Mapping[str, str] | None = None,
) -> int:
    """What is answered; no redirect is followed."""
    url = f"http://127.0.0.1:{app.web.port}{path}"
    async with home.http.request(method, url, headers=headers, data=data, allow_redirects=False) as answer:
        return answer.status


def codes_sent(home: Harness) -> int:
    """How many codes the bot has sent to Twitch."""
    return sum(
        a.path == "oauth2/token" and a.query["grant_type"] == ["authorization_code"] for a in home.twitch.requests
    )


async def test_names_that_are_not_ours_reach_nothing(home: Harness) -> None:
    async with home.bot() as app:
        for name in REBOUND:
            headers = {"Host": name.replace("{port}", str(app.web.port))}
            for path in PAGES:
                assert await status_of(home, app, "GET", path, headers) == 403, (name, path)
            for path in BUTTONS:
                form = {"account": "bot", "ticket": "x"}
                assert await status_of(home, app, "POST", path, headers, form) == 403, (name, path)
            for method in ("HEAD", "OPTIONS", "PUT", "DELETE"):
                assert await status_of(home, app, method, "/setup", headers) == 403, (name, method)


async def test_pages_from_elsewhere_reach_nothing(home: Harness) -> None:
    async with home.bot() as app:
        for origin in FOREIGN:
            headers = {"Origin": origin.replace("{port}", str(app.web.port)), "Host": f"localhost:{app.web.port}"}
            for path in PAGES:
                assert await status_of(home, app, "GET", path, headers) == 403, (origin, path)
            for path in BUTTONS:
                form = {"account": "bot", "ticket": "x"}
                assert await status_of(home, app, "POST", path, headers, form) == 403, (origin, path)


async def test_sockets_from_elsewhere_are_refused(home: Harness) -> None:
    async with home.bot() as app:
        port = app.web.port
        key = app.services.overlay.key
        url = f"http://127.0.0.1:{port}/overlay/ws?key={key}"
        foreign = [
            *({"Host": name.replace("{port}", str(port))} for name in REBOUND),
            *({"Origin": origin.replace("{port}", str(port)), "Host": f"localhost:{port}"} for origin in FOREIGN),
        ]
        for headers in foreign:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await home.http.ws_connect(url, headers=headers)
            assert refused.value.status == 403, headers
        own = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}
        async with home.http.ws_connect(url, headers=own) as socket:
            assert not socket.closed


async def test_a_name_that_the_settings_allow_is_welcome_and_no_other(home: Harness) -> None:
    async with home.bot(None, web_allowed_hosts="stream.lan") as app:
        cookie = await cookie_of(app)
        assert await status_of(home, app, "GET", "/setup", {"Host": "stream.lan"} | cookie) == 200
        assert await status_of(home, app, "GET", "/setup", {"Host": "other.lan"} | cookie) == 403


async def test_live_there_is_no_sandbox(home: Harness) -> None:
    async with home.bot() as app:
        for path in ("/sandbox", "/sandbox/", "/sandbox/ws", "/sandbox/twitch/helix/users", "/docs", "/openapi.json"):
            assert (await home.get(app, path))[0] == 404, path


async def test_a_way_back_that_cannot_be_twitchs_is_refused(home: Harness) -> None:
    async with home.bot(None, twitch_bot_id=BOT.id) as app:
        state = query_of(await home.begin(app, "bot"))["state"]
        for query in (
            "code=x",
            f"state={state}",
            f"state={state}&code=",
            f"state={state}x&code=x",
            f"state={state[:-1]}&code=x",
            f"state={'s' * 600}&code=x",
            f"state={state}&code={'c' * 600}",
            "state[]=x&code=x",
            "state=%00&code=%00",
            "error=access_denied",
        ):
            status, text = await home.get(app, f"/oauth/callback?{query}")
            assert status == 400, query
            assert "set-up page" in text
        assert codes_sent(home) == 0, "a code was sent on for somebody unknown"
        assert (await home.get(app, f"/oauth/callback?state={state}&code=made-up"))[0] == 400
        assert app.platform.accounts.get("bot") is None


async def test_a_sign_in_ends_in_the_browser_that_began_it(home: Harness) -> None:
    async with home.bot(None, twitch_bot_id=BOT.id) as app:
        back = await home.agree(await home.begin(app, "bot"), BOT)
        other = await cookie_of(app)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as stranger:
            async with stranger.get(back, headers=other) as answer:
                assert (answer.status, "not begun here" in await answer.text()) == (400, True)
            async with stranger.get(back) as answer:
                assert answer.status == 401
        assert codes_sent(home) == 0
        assert app.platform.accounts.get("bot") is None
        assert (await home.come_back(back))[0] == 200, "the other one used nothing up"


async def test_what_a_link_says_is_not_shown(home: Harness) -> None:
    async with home.bot() as app:
        state = query_of(await home.begin(app, "bot"))["state"]
        for query in (
            f"state={state}&error=<script>alert(1)</script>&error_description=<b>call+me</b>",
            "state=<script>alert(1)</script>&code=<b>call+me</b>",
        ):
            status, text = await home.get(app, f"/oauth/callback?{query}")
            assert status == 400
            assert "alert(1)" not in text
            assert "call me" not in text


async def test_a_state_that_was_used_is_worth_nothing_with_another_code_either(home: Harness) -> None:
    async with home.bot(None, twitch_bot_id=BOT.id) as app:
        asked = await home.begin(app, "bot")
        first, second = await home.agree(asked, BOT), await home.agree(asked, BOT)
        assert query_of(first)["code"] != query_of(second)["code"]
        assert (await home.come_back(first))[0] == 200
        assert (await home.come_back(second))[0] == 400
        assert codes_sent(home) == 1


async def test_a_state_is_too_old_after_a_while(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.platforms.twitch.sign_in.OPEN_SECONDS", -1.0)
    async with home.bot(None, twitch_bot_id=BOT.id) as app:
        status, text = await home.come_back(await home.agree(await home.begin(app, "bot"), BOT))
        assert (status, "too old" in text) == (400, True)


async def test_many_sign_ins_that_nobody_ends_take_no_room(home: Harness) -> None:
    async with home.bot(None, twitch_bot_id=BOT.id) as app:
        first = await home.agree(await home.begin(app, "bot"), BOT)
        *_, last = [await home.begin(app, "bot") for _ in range(50)]
        assert (await home.come_back(first))[0] == 400
        assert (await home.come_back(await home.agree(last, BOT)))[0] == 200


async def test_a_question_is_answered_only_with_its_ticket_and_once(home: Harness) -> None:
    async with home.bot() as app:
        accounts = app.platform.accounts
        _, page = await home.come_back(await home.agree(await home.begin(app, "bot"), BOT))
        ticket = ticket_in(page, "bot")
        assert len(ticket) >= 20
        for account, given in (("bot", ""), ("bot", "wrong"), ("broadcaster", ticket), ("owner", ticket), ("bot", "é")):
            for verb in ("accept", "decline"):
                assert await _press(home, app, verb, account, given) == 400, (verb, account, given)
        assert accounts.get("bot") is None
        # Somebody else signs in meanwhile: the question is about them now, and the old button is not for it.
        _, page = await home.come_back(await home.agree(await home.begin(app, "bot"), sandbox_user("stranger")))
        assert await _press(home, app, "accept", "bot", ticket) == 400
        assert accounts.get("bot") is None
        assert await _press(home, app, "decline", "bot", ticket_in(page, "bot")) == 303
        _, page = await home.come_back(await home.agree(await home.begin(app, "bot"), BOT))
        ticket = ticket_in(page, "bot")
        assert await _press(home, app, "accept", "bot", ticket) == 303
        assert await _press(home, app, "accept", "bot", ticket) == 400
        assert accounts.id_of("bot") == BOT.id


async def test_what_is_declined_or_replaced_is_given_back_to_twitch(home: Harness) -> None:
    async with home.bot() as app:
        revoked = home.twitch.requests
        _, page = await home.come_back(await home.agree(await home.begin(app, "bot"), BOT))
        assert await _press(home, app, "decline", "bot", ticket_in(page, "bot")) == 303
        assert revoked.times("oauth2/revoke", "POST") == 1
        for _ in range(2):
            await home.come_back(await home.agree(await home.begin(app, "bot"), BOT))
        assert revoked.times("oauth2/revoke", "POST") == 2
    async with home.bot(None, twitch_owner_id=STREAMER.id) as app:
        status, _ = await home.come_back(
            await home.agree(await home.begin(app, "broadcaster"), sandbox_user("stranger"))
        )
        assert status == 403
        assert revoked.times("oauth2/revoke", "POST") == 3


async def _press(home: Harness, app: LiveApp, verb: str, account: str, ticket: str) -> int:
    """Press a button in the browser that is signed in; no redirect is followed."""
    own = f"http://localhost:{app.web.port}"
    _, page = await home.get(app, "/setup")
    form = {"account": account, "ticket": ticket, "form_token": form_token_in(page)}
    options: dict[str, Any] = {"data": form, "headers": {"Origin": own}, "allow_redirects": False}
    async with home.http.post(f"{own}/setup/{verb}", **options) as answer:
        return answer.status
