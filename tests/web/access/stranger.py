"""Requests of somebody who may, or may not, get in."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp

from pixel_bot.web.access.access import Access

CREDENTIALS: dict[str, Any] = {
    "twitch_client_id": "client",
    "twitch_client_secret": "a-secret-of-the-tests",
    "twitch_helix_url": "http://127.0.0.1:1/helix/",
    "twitch_id_url": "http://127.0.0.1:1/",
    "twitch_eventsub_url": "ws://127.0.0.1:1/ws",
    "joystick_client_id": "client",
    "joystick_client_secret": "a-secret-of-the-tests",
    "joystick_api_url": "http://127.0.0.1:1/",
    "joystick_gateway_url": "ws://127.0.0.1:1/cable",
    "joystick_authorize_url": "http://127.0.0.1:1/authorize",
}


class Answer(NamedTuple):
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]


async def ask(
    http: aiohttp.ClientSession, access: Access, path: str, method: str = "GET", host: str = "localhost", **options: Any
) -> Answer:
    """One request; no redirect is followed."""
    url = path if path.startswith("http") else f"http://{host}:{access.port}{path}"
    async with http.request(method, url, allow_redirects=False, **options) as answer:
        return Answer(answer.status, await answer.text(errors="replace"), answer.headers)


async def sign_in(access: Access, link: str) -> dict[str, str]:
    """Follow a link in a browser of its own. Returns its ``Cookie`` header."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        answer = await ask(http, access, link)
    assert answer.status == 303, answer
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
