"""Secrets that can be found again: a search through all that a bot shows, logs and writes."""

import base64
import html
import io
import logging
import traceback
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from pixel_bot.sandbox.twitch.tokens import ALL_SCOPES
from tests.harness.twitch_harness import Harness

log = logging.getLogger("pixel_bot.tests")

SETTINGS = {
    "pixel_secret_key": "canary of the / key & the + database",
    "overlay_key": "canary-of-the-overlay",
    "obs_password": "canary of OBS / 100%",
    "ai_api_key": "sk-canary-of-the-AI+server",
}

CLIENT_SECRET = "canary+of/the client&secret"
NOWHERE = {"obs_port": 1, "ai_base_url": "http://127.0.0.1:1/v1"}


def disguises(secret: str) -> set[str]:
    """How a secret may look: as it is, in an address, or encoded."""
    raw = secret.encode()
    encoded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret), *encoded}


class Canaries:
    """All secrets that there are, those included that Twitch makes up while the test runs."""

    def __init__(self, home: Harness, written: io.StringIO) -> None:
        self.home = home
        self.written = written
        self.secrets: dict[str, str] = dict(SETTINGS) | {"client secret": CLIENT_SECRET}
        self.seen: list[tuple[str, str]] = []
        grant = home.world.grant

        def noted(user_id: str | None, scopes: Iterable[str] = ALL_SCOPES) -> tuple[str, str]:
            access, refresh = grant(user_id, scopes)
            self.note(f"access token of {user_id}", access)
            if user_id is not None:
                self.note(f"refresh token of {user_id}", refresh)
            return access, refresh

        home.world.grant = noted

    def note(self, name: str, secret: str) -> str:
        """There is one more. Returns it."""
        self.secrets[f"{name} {len(self.secrets)}"] = secret
        return secret

    def look(self, where: str, text: str) -> None:
        """Something that people may see."""
        self.seen.append((where, text))

    def look_at_error(self, where: str, error: BaseException) -> None:
        """An error, those that it came from, and how it would be logged by somebody who knows nothing of secrets."""
        self.look(where, "".join(traceback.format_exception(error)))
        todo: list[BaseException | None] = [error]
        while todo:
            if (one := todo.pop()) is not None:
                self.look(f"{where}: {type(one).__name__}", f"{one} {one!r} {one.args!r} {vars(one)!r}")
                todo += [one.__cause__, one.__context__]
        log.error("%s failed", where, exc_info=error)

    def found(self) -> list[str]:
        """Which secrets were seen where."""
        seen = [*self.seen, ("the log", self.written.getvalue())]
        looks = {name: disguises(secret) for name, secret in self.secrets.items()}
        return [
            f"{name} in {where}"
            for where, text in seen
            for name, ways in looks.items()
            if (where, name) != ("/setup", "overlay_key")  # which is there to be copied
            if any(way in text for way in ways)
        ]
