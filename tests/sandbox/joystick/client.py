"""A client of Joystick's double."""

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from pixel_bot.sandbox.joystick.double import JoystickDouble
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
