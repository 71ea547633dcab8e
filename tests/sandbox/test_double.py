"""The double of Twitch: signing in, what tokens are worth, and faults. With what the other tests of it use."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.endpoints import Endpoints
from pixel_bot.sandbox.twitch.tokens import ALL_SCOPES
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser, SandboxUsers, sandbox_user
from pixel_bot.web.server import WebServer

HERE = "http://localhost:8080/oauth/callback"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
ALICE = sandbox_user("alice")


@dataclass(frozen=True)
class Answer:
    """What the double answered."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def message(self) -> str:
        return self.body["message"]

    @property
    def data(self) -> list[dict[str, Any]]:
        return self.body["data"]


class Double:
    """A double on a port of its own, and a client for it."""

    def __init__(self, web: WebServer, session: aiohttp.ClientSession) -> None:
        self.world = SandboxUsers()
        self.twitch = TwitchDouble(self.world)
        self.web = web
        self.http = session
        self._tokens: dict[tuple[str | None, tuple[str, ...]], str] = {}

    @property
    def url(self) -> str:
        return f"http://{self.web.address}"

    async def oauth(self, method: str, path: str, **params: str) -> Answer:
        """Ask the sign-in; the parameters travel in the address."""
        return await self._ask(method, f"{self.url}/oauth2/{path}", params=params)

    async def token(self, **params: str) -> Answer:
        """Ask for tokens, by a form."""
        client = {"client_id": self.world.client_id, "client_secret": self.world.client_secret}
        return await self._ask("POST", f"{self.url}/oauth2/token", data=client | params)

    async def ask(
        self,
        method: str,
        path: str,
        who: SandboxUser | str | None = STREAMER,
        body: Any = None,
        scopes: Iterable[str] = ALL_SCOPES,
        **params: Any,
    ) -> Answer:
        """Ask the API as somebody (None for the application), or with a token as it is."""
        token = who if isinstance(who, str) else self.token_of(who, scopes)
        headers = {"Authorization": f"Bearer {token}", "Client-Id": self.world.client_id}
        return await self._ask(method, f"{self.url}/helix/{path}", params=params, json=body, headers=headers)

    def token_of(self, who: SandboxUser | None, scopes: Iterable[str] = ALL_SCOPES) -> str:
        """A token of somebody with those scopes; the same one every time."""
        key = (who.id if who is not None else None, tuple(scopes))
        if key not in self._tokens:
            self._tokens[key] = self.world.grant(*key)[0]
        return self._tokens[key]

    async def _ask(self, method: str, url: str, **options: Any) -> Answer:
        async with self.http.request(method, url, allow_redirects=False, **options) as answer:
            is_json = answer.headers.get("content-type", "") == "application/json"
            return Answer(answer.status, await answer.json() if is_json else await answer.text(), answer.headers)


@pytest.fixture
async def double() -> AsyncGenerator[Double]:
    web = WebServer("127.0.0.1", 0)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        served = Double(web, session)
        await web.start(Endpoints(served.twitch).routes(), [])
        yield served
    await web.stop()


# Signing in with a browser


async def sign_in(double: Double, **params: str) -> dict[str, list[str]]:
    """Go through the sign-in. Returns the parameters of where it leads back."""
    usual = {"client_id": double.world.client_id, "redirect_uri": HERE, "response_type": "code", "state": "s 1"}
    answer = await double.oauth("GET", "authorize", **(usual | params))
    assert answer.status == 302
    back = urlsplit(answer.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == HERE
    return parse_qs(back.query)


async def test_a_code_becomes_tokens_with_the_scopes_that_were_asked(double: Double) -> None:
    double.world.next_login = BOT.login
    back = await sign_in(double, scope="user:bot user:read:chat")
    assert (back["state"], back["scope"]) == (["s 1"], ["user:bot user:read:chat"])
    grant = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": HERE}
    answer = await double.token(**grant)
    assert sorted(answer.body) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    assert (answer.status, answer.body["scope"]) == (200, ["user:bot", "user:read:chat"])
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("bearer", 14_400)
    worth = await validate(double, answer.body["access_token"])
    assert (worth.body["user_id"], worth.body["login"]) == (BOT.id, BOT.login)
    assert worth.body["scopes"] == ["user:bot", "user:read:chat"]
    again = await double.token(**grant)
    assert (again.status, again.message) == (400, "Invalid authorization code")


async def test_who_signs_in_can_be_said_in_the_address(double: Double) -> None:
    back = await sign_in(double, login="alice")
    answer = await double.token(grant_type="authorization_code", code=back["code"][0], redirect_uri=HERE)
    assert (await validate(double, answer.body["access_token"])).body["login"] == "alice"


async def test_a_refusal_leads_back_with_the_state(double: Double) -> None:
    double.world.refuses = True
    back = await sign_in(double)
    assert back == {
        "error": ["access_denied"],
        "error_description": ["The user denied you access"],
        "state": ["s 1"],
    }


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"client_id": "other"}, "invalid client"),
        ({"redirect_uri": "http://localhost/else"}, "Parameter redirect_uri does not match registered URI"),
        ({"response_type": "token"}, "invalid response type"),
        ({"scope": "user:bot nonsense"}, "invalid scope requested: 'nonsense'"),
    ],
)
async def test_a_wrong_sign_in_leads_nowhere(double: Double, params: dict[str, str], message: str) -> None:
    double.world.redirect_uris = {HERE}
    usual = {"client_id": double.world.client_id, "redirect_uri": HERE, "response_type": "code"}
    answer = await double.oauth("GET", "authorize", **(usual | params))
    assert (answer.status, answer.message) == (400, message)
    assert ("redirect_uri" in params) == (answer.body["error"] == "redirect_mismatch")


async def test_a_code_is_bound_to_its_address(double: Double) -> None:
    back = await sign_in(double)
    answer = await double.token(grant_type="authorization_code", code=back["code"][0], redirect_uri=f"{HERE}/2")
    assert (answer.status, answer.message) == (400, "Parameter redirect_uri does not match registered URI")


# Tokens


async def validate(double: Double, access: str) -> Answer:
    return await double._ask("GET", f"{double.url}/oauth2/validate", headers={"Authorization": f"OAuth {access}"})


async def test_an_application_has_a_token_without_a_user(double: Double) -> None:
    answer = await double.token(grant_type="client_credentials")
    assert sorted(answer.body) == ["access_token", "expires_in", "token_type"]
    worth = await validate(double, answer.body["access_token"])
    assert sorted(worth.body) == ["client_id", "expires_in", "scopes"]


@pytest.mark.parametrize(
    ("params", "status", "message"),
    [
        ({"client_id": "other"}, 400, "invalid client"),
        ({"client_secret": "wrong"}, 403, "invalid client secret"),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, 400, "Invalid refresh token"),
        ({"grant_type": "authorization_code", "code": "wrong"}, 400, "Invalid authorization code"),
        ({"grant_type": DEVICE, "device_code": "wrong"}, 400, "invalid device code"),
        ({"grant_type": ""}, 400, "missing grant type"),
    ],
)
async def test_wrong_ways_to_a_token(double: Double, params: dict[str, str], status: int, message: str) -> None:
    answer = await double.token(**({"grant_type": "client_credentials"} | params))
    assert (answer.status, answer.message) == (status, message)


async def test_parameters_may_travel_in_the_address(double: Double) -> None:
    client = {"client_id": double.world.client_id, "client_secret": double.world.client_secret}
    answer = await double.oauth("POST", "token", grant_type="client_credentials", **client)
    assert answer.status == 200


async def test_an_expired_token_is_refreshed(double: Double) -> None:
    access, refresh = double.world.grant(BOT.id, ["user:bot"])
    double.world.expire(access)
    assert (await validate(double, access)).message == "invalid access token"
    assert (await double.ask("GET", "users", access)).status == 401
    answer = await double.token(grant_type="refresh_token", refresh_token=refresh)
    assert (answer.status, answer.body["scope"]) == (200, ["user:bot"])
    assert (await double.ask("GET", "users", answer.body["access_token"])).data[0]["id"] == BOT.id
    assert (await double.token(grant_type="refresh_token", refresh_token=refresh)).message == "Invalid refresh token"


async def test_a_token_ends_by_itself(double: Double) -> None:
    double.world.token_seconds = 0
    access, _ = double.world.grant(BOT.id)
    assert (await validate(double, access)).status == 401


async def test_validation_tells_the_time_that_is_left(double: Double) -> None:
    double.world.token_seconds = 3_600
    access, _ = double.world.grant(BOT.id)
    assert 3_590 <= (await validate(double, access)).body["expires_in"] <= 3_600


async def test_a_user_who_disconnects_the_bot_ends_all_tokens(double: Double) -> None:
    access, refresh = double.world.grant(BOT.id)
    other, _ = double.world.grant(STREAMER.id)
    double.world.revoke_user(BOT.id)
    assert (await validate(double, access)).status == 401
    assert (await double.token(grant_type="refresh_token", refresh_token=refresh)).status == 400
    assert (await validate(double, other)).status == 200


async def test_a_token_that_is_given_back(double: Double) -> None:
    access, _ = double.world.grant(BOT.id)
    client_id = double.world.client_id
    assert (await double.oauth("POST", "revoke", client_id=client_id, token=access)).status == 200
    assert (await validate(double, access)).status == 401
    assert (await double.oauth("POST", "revoke", client_id=client_id, token=access)).message == "Invalid token"
    assert (await double.oauth("POST", "revoke", client_id="other", token=access)).status == 404


async def test_a_machine_without_a_browser(double: Double) -> None:
    begun = await double.oauth("POST", "device", client_id=double.world.client_id, scopes="user:bot channel:bot")
    assert sorted(begun.body) == ["device_code", "expires_in", "interval", "user_code", "verification_uri"]
    assert (begun.body["expires_in"], begun.body["interval"]) == (1_800, 1)
    poll = {"grant_type": DEVICE, "device_code": begun.body["device_code"], "scopes": "user:bot channel:bot"}
    answer = await double.token(**poll)
    assert (answer.status, answer.message) == (400, "authorization_pending")
    assert not double.world.approve("NOTACODE", ALICE)
    assert double.world.approve(begun.body["user_code"], ALICE)
    answer = await double.oauth("POST", "token", client_id=double.world.client_id, **poll)
    assert answer.body["scope"] == ["user:bot", "channel:bot"]
    assert (await validate(double, answer.body["access_token"])).body["login"] == "alice"
    assert (await double.token(**poll)).message == "invalid device code"


async def test_a_device_code_ends(double: Double) -> None:
    begun = await double.oauth("POST", "device", client_id=double.world.client_id, scopes="user:bot")
    double.world.devices.expire(begun.body["user_code"])
    answer = await double.token(grant_type=DEVICE, device_code=begun.body["device_code"])
    assert (answer.status, answer.message) == (400, "invalid device code")


# Faults, and what was asked


async def test_faults_are_used_up_in_order(double: Double) -> None:
    faults = double.twitch.faults
    faults.add("users", status=429, headers={"Ratelimit-Reset": "12345"})
    faults.add("users", status=500, times=2)
    faults.add("users", method="POST", status=418)
    faults.add("users", body={"data": None})
    answers = [await double.ask("GET", "users") for _ in range(5)]
    assert [answer.status for answer in answers] == [429, 500, 500, 200, 200]
    assert answers[0].headers["Ratelimit-Reset"] == "12345"
    assert answers[0].body["error"] == "Too Many Requests"
    assert answers[3].body == {"data": None}
    assert answers[4].data[0]["id"] == STREAMER.id
    faults.add("oauth2/token", status=503, times=None)
    assert [(await double.token(grant_type="client_credentials")).status for _ in range(2)] == [503, 503]
    faults.clear()
    assert (await double.token(grant_type="client_credentials")).status == 200


async def test_an_answer_that_is_held_back(double: Double) -> None:
    double.twitch.faults.add("users", delay=60)
    timeout = aiohttp.ClientTimeout(total=0.2)
    headers = {"Authorization": f"Bearer {double.token_of(BOT)}", "Client-Id": double.world.client_id}
    with pytest.raises(TimeoutError):
        async with double.http.get(f"{double.url}/helix/users", headers=headers, timeout=timeout):
            pass
    double.twitch.faults.add("users", delay=0.05)
    assert (await double.ask("GET", "users")).status == 200


async def test_a_connection_that_is_cut(double: Double) -> None:
    # aiohttp itself asks once more where an old connection turns out to be dead.
    double.twitch.faults.add("users", drop=True, times=None)
    with pytest.raises(aiohttp.ClientConnectionError):
        await double.ask("GET", "users")
    double.twitch.faults.clear()
    assert (await double.ask("GET", "users")).status == 200


async def test_work_that_is_done_although_its_answer_is_lost(double: Double) -> None:
    double.twitch.faults.add("clips", drop=True, done=True)
    with pytest.raises(aiohttp.ClientConnectionError):
        await double.ask("POST", "clips", broadcaster_id=STREAMER.id)
    assert len(double.twitch.clips._clips) == 1


async def test_the_event_socket_can_refuse(double: Double) -> None:
    double.twitch.faults.add("ws", status=503)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await double.http.ws_connect(f"{double.url}/ws")
    assert refusal.value.status == 503
    double.twitch.faults.add("ws", drop=True, times=None)
    with pytest.raises(aiohttp.ClientConnectionError):
        await double.http.ws_connect(f"{double.url}/ws")


async def test_what_was_asked_is_noted_without_secrets(double: Double) -> None:
    waiting = asyncio.create_task(double.twitch.asked("users", count=2))
    await double.token(grant_type="client_credentials")
    await double.ask("GET", "users", BOT, id=STREAMER.id)
    assert not waiting.done()
    await double.ask("GET", "users", None, id=STREAMER.id)
    async with asyncio.timeout(5):
        await waiting
    first, second, third = double.twitch.requests
    assert (second.method, second.path, second.query, second.who) == ("GET", "users", {"id": [STREAMER.id]}, BOT.login)
    assert third.who == ""
    assert (first.path, first.body["client_secret"]) == ("oauth2/token", "***")
    assert double.world.client_secret not in repr(list(double.twitch.requests))


async def test_limits_are_told(double: Double) -> None:
    headers = [(await double.ask("GET", "users")).headers for _ in range(2)]
    assert [h["Ratelimit-Limit"] for h in headers] == ["800", "800"]
    assert int(headers[1]["Ratelimit-Remaining"]) in {798, 799}
    assert time.time() - 1 < int(headers[1]["Ratelimit-Reset"]) <= time.time() + 60
