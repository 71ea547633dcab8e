"""The double of Joystick.tv: installing, what tokens are worth, and its API. With what the other tests of it use."""

import base64
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
from starlette.routing import Mount

from pixel_bot.sandbox.joystick import grants
from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.joystick.endpoints import JoystickEndpoints
from pixel_bot.web.server import WebServer

HERE = "http://localhost:8080/joystick/oauth/callback"
PROTOCOL = "actioncable-v1-json"
V1 = '{"channel":"GatewayChannel"}'
V2 = '{"channel":"GatewayChannel","event_version":"v2"}'
WELCOME = '{"type":"welcome"}'
SECONDS = 10.0

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the double answered."""

    status: int
    body: Any
    location: str


class Cable:
    """A client of the gateway that reads what comes, frame by frame."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def text(self) -> str:
        """The next frame, as it is."""
        message = await self.socket.receive(SECONDS)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return message.data

    async def frame(self) -> Json:
        """The next frame."""
        return json.loads(await self.text())

    async def end(self) -> int | None:
        """Read up to the end. Returns the code that it was closed with; 1006 where it was cut."""
        while (await self.socket.receive(SECONDS)).type is aiohttp.WSMsgType.TEXT:
            pass
        return self.socket.close_code

    async def command(self, command: str, identifier: str = V2, **more: Any) -> None:
        await self.socket.send_json({"command": command, "identifier": identifier, **more})

    async def subscribe(self, identifier: str = V2) -> None:
        """Subscribe, and read the confirmation."""
        await self.command("subscribe", identifier)
        assert await self.frame() == {"identifier": identifier, "type": "confirm_subscription"}

    async def act(self, identifier: str = V2, **data: Any) -> None:
        """Let the bot do something."""
        await self.command("message", identifier, data=json.dumps(data))

    async def until_read(self) -> None:
        """Wait until all that was sent so far has been read: what is not answered is followed by what is."""
        await self.command("unsubscribe", V1)
        await self.subscribe(V1)


class Double:
    """A double on a port of its own, and a client for it."""

    def __init__(self, joystick: JoystickDouble, web: WebServer, http: aiohttp.ClientSession) -> None:
        self.joystick = joystick
        self.http = http
        self.url = f"{web.address}/somewhere"
        self.access, self.refresh = joystick.grant()

    @property
    def basic(self) -> str:
        key = f"{self.joystick.client_id}:{self.joystick.client_secret}"
        return base64.b64encode(key.encode()).decode()

    async def oauth(self, method: str, path: str, *, key: str | None = None, **fields: str) -> Answer:
        """Ask the sign-in: with parameters in the address, or with a form and the Basic key."""
        given = {"params": fields} if method == "GET" else {"data": fields}
        headers = {"Authorization": f"Basic {self.basic if key is None else key}", "Accept": "application/json"}
        return await self._ask(method, f"api/oauth/{path}", headers=headers, **given)

    async def authorize(self, **more: str) -> Answer:
        """The streamer follows the link."""
        asked = {"response_type": "code", "client_id": self.joystick.client_id, "redirect_uri": HERE, "state": "s t"}
        return await self.oauth("GET", "authorize", **(asked | more))

    async def exchange(self, code: str, redirect_uri: str = HERE, **more: str) -> Answer:
        return await self.oauth(
            "POST", "token", grant_type="authorization_code", code=code, redirect_uri=redirect_uri, **more
        )

    async def renew(self, refresh_token: str) -> Answer:
        return await self.oauth("POST", "token", grant_type="refresh_token", refresh_token=refresh_token)

    async def api(self, method: str, path: str, body: Json | None = None, *, token: str = "", **query: str) -> Answer:
        """Ask the API."""
        headers = {"Authorization": f"Bearer {token or self.access}"}
        return await self._ask(method, f"api/v1/{path}", json=body, headers=headers, params=query)

    @asynccontextmanager
    async def cable(self, key: str | None = None, *, quoted: bool = True) -> AsyncGenerator[Cable]:
        """A connection to the gateway."""
        token = self.access if key is None else key
        url = f"ws://{self.url}/cable?token={quote(token, safe='') if quoted else token}"
        async with self.http.ws_connect(url, protocols=[PROTOCOL]) as socket:
            yield Cable(socket)

    @asynccontextmanager
    async def subscribed(self, *identifiers: str) -> AsyncGenerator[Cable]:
        """A connection that was welcomed, with subscriptions on it."""
        async with self.cable() as cable:
            assert await cable.text() == WELCOME
            for identifier in identifiers or (V2,):
                await cable.subscribe(identifier)
            yield cable

    async def _ask(self, method: str, path: str, **options: Any) -> Answer:
        url = f"http://{self.url}/{path}"
        async with self.http.request(method, url, allow_redirects=False, **options) as answer:
            is_json = answer.headers.get("content-type", "") == "application/json"
            body = await answer.json() if is_json else await answer.text()
            return Answer(answer.status, body, answer.headers.get("Location", ""))


@pytest.fixture
async def double() -> AsyncGenerator[Double]:
    web = WebServer("127.0.0.1", 0)
    joystick = JoystickDouble()
    await web.start([Mount("/somewhere", routes=JoystickEndpoints(joystick).routes())], [])
    async with aiohttp.ClientSession() as http:
        yield Double(joystick, web, http)
    await web.stop()


def parameters(location: str) -> dict[str, str]:
    """What a redirect brings along."""
    query = parse_qs(urlsplit(location).query, keep_blank_values=True)
    return {name: values[0] for name, values in query.items()}


# Installing


async def test_who_agrees_comes_back_with_a_code_and_the_state(double: Double) -> None:
    answer = await double.authorize()
    assert answer.status == 302
    assert answer.location.startswith(f"{HERE}?")
    back = parameters(answer.location)
    assert (set(back), back["state"]) == ({"code", "state"}, "s t")
    tokens = (await double.exchange(back["code"])).body
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 864_000)
    assert len(tokens["access_token"].split(".")) == 3
    assert (await double.api("GET", "me/identity", token=tokens["access_token"])).status == 200


async def test_who_does_not_agree_comes_back_with_an_error(double: Double) -> None:
    double.joystick.refuses = True
    assert parameters((await double.authorize()).location) == {"error": "access_denied", "state": "s t"}


@pytest.mark.parametrize(
    "wrong", [{"client_id": "other"}, {"response_type": "token"}, {"redirect_uri": "http://elsewhere.example/"}]
)
async def test_a_link_that_is_wrong_leads_nowhere(double: Double, wrong: dict[str, str]) -> None:
    double.joystick.redirect_uris.add(HERE)
    answer = await double.authorize(**wrong)
    assert (answer.status, answer.location) == (400, "")
    assert (await double.authorize()).status == 302


async def test_a_code_works_once(double: Double) -> None:
    code = double.joystick.install_code()
    assert (await double.exchange(code)).status == 200
    again = await double.exchange(code)
    assert (again.status, again.body) == (400, {"error": "invalid_grant"})


async def test_a_code_works_only_where_it_was_sent_to(double: Double) -> None:
    code = parameters((await double.authorize()).location)["code"]
    assert (await double.exchange(code, "http://localhost:8080/other")).status == 400
    assert (await double.exchange(code)).status == 400


async def test_a_code_works_for_ten_minutes(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    assert grants.CODE_SECONDS == 600
    monkeypatch.setattr(grants, "CODE_SECONDS", 0.0)
    answer = await double.exchange(double.joystick.install_code())
    assert (answer.status, answer.body) == (400, {"error": "invalid_grant"})


async def test_codes_and_tokens_are_given_to_our_bot_alone(double: Double) -> None:
    wrong = base64.b64encode(f"{double.joystick.client_id}:guess".encode()).decode()
    for key in (wrong, "", "no base64", base64.b64encode(b"\xff").decode()):
        fields = {"grant_type": "refresh_token", "refresh_token": double.refresh}
        answer = await double.oauth("POST", "token", key=key, **fields)
        assert (answer.status, answer.body) == (401, {"error": "invalid_client"})
        assert (await double.oauth("POST", "introspect", key=key, token=double.access)).status == 401
    assert (await double.renew(double.refresh)).status == 200


async def test_other_grants_are_not_known(double: Double) -> None:
    answer = await double.oauth("POST", "token", grant_type="password")
    assert (answer.status, answer.body) == (400, {"error": "unsupported_grant_type"})


# Tokens


async def test_a_refresh_gives_a_new_pair_and_ends_the_old_one(double: Double) -> None:
    pair = (await double.renew(double.refresh)).body
    assert pair["refresh_token"] != double.refresh
    assert (await double.api("GET", "me/identity")).status == 401
    assert (await double.api("GET", "me/identity", token=pair["access_token"])).status == 200
    assert (await double.renew(pair["refresh_token"])).status == 200


async def test_a_refresh_token_used_again_ends_everything(double: Double) -> None:
    pair = (await double.renew(double.refresh)).body
    double.access = pair["access_token"]
    async with double.subscribed() as cable:
        answer = await double.renew(double.refresh)
        assert (answer.status, answer.body) == (400, {"error": "invalid_grant"})
        assert await cable.end() == 4401
    assert double.joystick.grants.withdrawn == 1
    assert (await double.api("GET", "me/identity")).status == 401
    assert (await double.renew(pair["refresh_token"])).body == {"error": "invalid_grant"}


async def test_a_refresh_token_that_never_was_ends_nothing(double: Double) -> None:
    assert (await double.renew("made up")).body == {"error": "invalid_grant"}
    assert (await double.api("GET", "me/identity")).status == 200


@pytest.mark.parametrize("life", [60, 14_400, None])
async def test_a_life_may_be_told_in_seconds_or_not_at_all(double: Double, life: int | None) -> None:
    double.joystick.grants.expires_in = life
    pair = (await double.renew(double.refresh)).body
    assert pair.get("expires_in") == life
    ends = (await double.oauth("POST", "introspect", token=pair["access_token"])).body["exp"]
    assert ends - time.time() == pytest.approx(864_000 if life is None else life, abs=10)


async def test_a_life_may_be_told_as_the_time_of_its_end(double: Double) -> None:
    double.joystick.grants.expires_in = end = int(time.time()) + 500
    pair = (await double.renew(double.refresh)).body
    assert pair["expires_in"] == end
    assert (await double.oauth("POST", "introspect", token=pair["access_token"])).body["exp"] == end
    double.joystick.grants.expires_in = int(time.time()) - 1
    over = (await double.renew(pair["refresh_token"])).body
    assert (await double.api("GET", "me/identity", token=over["access_token"])).status == 401


async def test_tokens_that_ended_can_be_refreshed(double: Double) -> None:
    double.joystick.expire_tokens()
    answer = await double.api("GET", "me/identity")
    assert (answer.status, answer.body) == (401, {"error": "unauthorized"})
    assert (await double.oauth("POST", "introspect", token=double.access)).body == {"active": False}
    assert (await double.renew(double.refresh)).status == 200


async def test_introspection_says_whose_token_it_is(double: Double) -> None:
    body = (await double.oauth("POST", "introspect", token=double.access)).body
    assert body.pop("exp") > time.time()
    assert body == {"active": True, "client_id": double.joystick.client_id, "username": "Pixel_Street"}
    assert (await double.oauth("POST", "introspect", token="other")).body == {"active": False}


async def test_a_token_is_given_back_and_that_always_works(double: Double) -> None:
    for token in ("other", double.access, double.access):
        assert (await double.oauth("POST", "revoke", token=token)).status == 200
    assert (await double.api("GET", "me/identity")).status == 401
    assert (await double.renew(double.refresh)).status == 400


async def test_an_uninstalled_bot_loses_tokens_and_sockets(double: Double) -> None:
    async with double.subscribed() as cable:
        await double.joystick.uninstall()
        assert await cable.end() == 4401
    assert (await double.api("GET", "me/identity")).status == 401
    assert (await double.renew(double.refresh)).status == 400


# The API


async def test_who_the_channel_is(double: Double) -> None:
    body = (await double.api("GET", "me/identity")).body
    assert body == {
        "channel_id": double.joystick.channel_id,
        "username": "Pixel_Street",
        "nickname": None,
        "photo_url": None,
        "live": True,
    }
    assert (await double.api("GET", "me/stream")).body["live"] is True
    await double.joystick.go_offline()
    assert (await double.api("GET", "me/identity")).body["live"] is False
    assert (await double.api("GET", "me/stream")).body["live"] is False


async def test_the_bot_speaks_and_whispers(double: Double) -> None:
    assert (await double.api("POST", "chat/messages", {"text": "Hello"})).status == 201
    assert (await double.api("POST", "chat/whispers", {"text": "psst", "username": "jules"})).status == 201
    said = [(said.text, said.whisper_to, said.by) for said in double.joystick.said]
    assert said == [("Hello", "", "rest"), ("psst", "jules", "rest")]
    assert [(line.is_bot, line.whisper_to) for line in double.joystick.recent] == [(True, ""), (True, "jules")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("chat/messages", {}),
        ("chat/messages", {"text": "  "}),
        ("chat/messages", {"text": 5}),
        ("chat/messages", {"text": "x" * 501}),
        ("chat/whispers", {"text": "psst"}),
        ("chat/whispers", {"text": "psst", "username": ""}),
        ("chat/whispers", {"username": "jules"}),
    ],
)
async def test_what_cannot_be_said(double: Double, path: str, body: Json) -> None:
    answer = await double.api("POST", path, body)
    assert answer.status == 422
    assert answer.body["error"]
    assert not double.joystick.said


@pytest.mark.parametrize(
    ("path", "kind"), [("followers", "follower"), ("moderators", "mod"), ("subscribers", "subscriber")]
)
async def test_people_come_in_pages(double: Double, path: str, kind: str) -> None:
    names = {f"{kind}{n:03}" for n in range(120)}
    getattr(double.joystick, path).update(names)
    found: list[str] = []
    for page in range(1, 5):
        body = (await double.api("GET", path, page=str(page))).body
        assert body["total"] == 120
        found += [person["username"] for person in body["items"]]
    assert found == sorted(names)
    assert (await double.api("GET", path, page="-x")).body["page"] == 1


async def test_without_a_token_the_api_tells_nothing(double: Double) -> None:
    for method, path in (
        ("GET", "me/identity"),
        ("GET", "me/stream"),
        ("GET", "followers"),
        ("POST", "chat/messages"),
        ("POST", "chat/whispers"),
    ):
        assert (await double.api(method, path, token=double.refresh)).status == 401, path


async def test_requests_go_wrong_when_told(double: Double) -> None:
    faults = double.joystick.faults
    for status in (401, 429, 500):
        faults.add("api/v1/chat/messages", status=status, headers={"Retry-After": "7"})
        assert (await double.api("POST", "chat/messages", {"text": "hi"})).status == status
    assert not double.joystick.said
    faults.add("api/v1/chat/messages", status=500, done=True)
    assert (await double.api("POST", "chat/messages", {"text": "hi"})).status == 500
    assert [said.text for said in double.joystick.said] == ["hi"]
    faults.add("api/oauth/token", drop=True)
    with pytest.raises(aiohttp.ClientError):
        await double.renew(double.refresh)
    faults.add("cable", status=503)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        async with double.cable():
            pass
    assert (await double.renew(double.refresh)).status == 200


async def test_what_was_asked_is_noted_without_secrets(double: Double) -> None:
    code = double.joystick.install_code()
    await double.exchange(code)
    await double.renew(double.refresh)
    await double.oauth("POST", "introspect", token=double.access)
    await double.api("GET", "me/identity")
    assert double.joystick.requests.times("api/oauth/token", "POST") == 2
    assert double.joystick.requests.times("api/v1/me/identity") == 1
    noted = repr(tuple(double.joystick.requests))
    for secret in (code, double.refresh, double.access, double.joystick.client_secret, double.basic):
        assert secret not in noted
