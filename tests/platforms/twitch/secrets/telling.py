"""What Twitch may answer, and where its words might come out again."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from twitchio import HTTPException

from pixel_bot.errors import PixelError
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.run.live_app import LiveApp
from tests.harness.twitch_harness import the_bot
from tests.platforms.twitch.secrets.canaries import NOWHERE, SETTINGS, Canaries


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
