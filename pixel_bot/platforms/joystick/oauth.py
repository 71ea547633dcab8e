"""OAuth client for Joystick.tv: authorization code exchange, refresh, introspection, revocation."""

import base64
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import aiohttp

from pixel_bot.clock import Clock
from pixel_bot.errors import PixelError
from pixel_bot.logs import hide
from pixel_bot.platforms.decoding import Unreadable, decode, decoder_of, number_or, text_or
from pixel_bot.platforms.joystick.structs import Introspection, OAuthErrorFields, TokenFields
from pixel_bot.platforms.wire import Answer, NoAnswer, Wire

log = logging.getLogger(__name__)

SCOPES = (
    "identity:read",
    "stream:read",
    "chat:read",
    "chat:write",
    "chat:whisper:write",
    "chat:moderate",
    "followers:read",
    "moderators:read",
    "subscribers:read",
)
DEFAULT_LIFE = timedelta(hours=4)
SHORTEST_LIFE = timedelta(minutes=2)
"""A token that seems to end at once, because some clock is wrong, must not be renewed for each request."""

ABSOLUTE, LATEST = 1_000_000_000, 100_000_000_000
"""Older servers say when a token ends, and not after how many seconds: no token lives for thirty years."""

UNKNOWN_APP = "Joystick.tv does not know this bot: check JOYSTICK_CLIENT_ID and JOYSTICK_CLIENT_SECRET."
_WORD = re.compile(r"[a-z_]{1,64}")

_TOKENS = decoder_of(TokenFields)
_INTROSPECTIONS = decoder_of(Introspection)
_ERRORS = decoder_of(OAuthErrorFields)

TRANSIENT_ERRORS = {"invalid_request", "temporarily_unavailable", "server_error", "slow_down"}
"""Error codes of a refusal that say nothing about a token."""

REFRESH_TIMEOUT = aiohttp.ClientTimeout(total=120.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Grant:
    """A pair of tokens. The refresh token may be used once."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime

    def __post_init__(self) -> None:
        hide(self.access)
        hide(self.refresh)


class OAuthRefused(PixelError):
    """Joystick.tv gave no tokens. ``final`` when asking again cannot help."""

    def __init__(self, reason: str, *, final: bool) -> None:
        self.final = final
        super().__init__(reason)


class JoystickOAuth:
    """Client of Joystick.tv's token server.

    Args:
        wire: carries the requests.
        clock: for when tokens end.
        api_url, authorize_url: of Joystick.tv.
        client_id, client_secret: of our bot there.
    """

    def __init__(
        self, wire: Wire, clock: Clock, api_url: str, authorize_url: str, client_id: str, client_secret: str
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._base = f"{api_url}api/oauth/"
        self._authorize_url = authorize_url
        self._client_id = client_id
        self.basic_key = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        """The client credentials as HTTP Basic."""
        self.problem = ""
        """What is wrong with the credentials themselves; empty while they are taken."""
        for secret in (client_secret, self.basic_key, quote(self.basic_key, safe="")):
            hide(secret)

    def authorize_url(self, state: str, redirect_uri: str) -> str:
        """Where the streamer agrees."""
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "scope": " ".join(SCOPES),
            "redirect_uri": redirect_uri,
            "state": state,
        }
        joint = "&" if "?" in self._authorize_url else "?"
        return f"{self._authorize_url}{joint}{urlencode(query)}"

    async def exchange(self, code: str, redirect_uri: str) -> Grant:
        """Tokens for a code, which can be used once.

        Raises:
            OAuthRefused: there are none.
        """
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return await self._grant(form, "")

    async def refresh(self, refresh_token: str) -> Grant:
        """A new pair for the old one, which is worth nothing from then on: to use it again ends the installation.

        Raises:
            OAuthRefused: there is none.
        """
        return await self._grant({"grant_type": "refresh_token", "refresh_token": refresh_token}, refresh_token)

    async def introspect(self, token: str) -> Introspection | None:
        """What the server says on a token, ``active`` above all; None when it says nothing."""
        try:
            answer = await self._post("introspect", {"token": token})
            return decode(_INTROSPECTIONS, answer.raw) if answer.status == 200 else None
        except (NoAnswer, Unreadable):
            return None

    async def revoke(self, token: str) -> None:
        """Give a token back. Where that does not work, it ends by itself."""
        try:
            await self._post("revoke", {"token": token})
        except NoAnswer as exc:
            log.info("A token could not be given back: %s", exc)

    async def _grant(self, form: Mapping[str, str], old_refresh: str) -> Grant:
        try:
            answer = await self._post("token", form)
        except NoAnswer:
            raise OAuthRefused("Joystick.tv does not answer right now.", final=False) from None
        self._record_problem(answer)
        if self.problem:
            raise OAuthRefused(self.problem, final=False)
        if answer.status != 200:
            final = _is_final(answer)
            raise OAuthRefused(
                f"Joystick.tv gave no tokens ({answer.status} {_error(answer) or ''}).".replace(" )", ")"), final=final
            )
        try:
            fields = decode(_TOKENS, answer.raw)
        except Unreadable:
            raise OAuthRefused("Joystick.tv's answer could not be read.", final=False) from None
        refresh = fields.refresh_token or old_refresh
        return Grant(fields.access_token, refresh, self._end_of(number_or(fields.expires_in)))

    def _end_of(self, expires_in: float) -> datetime:
        """When a token ends. Whatever stands there, a pair that was given must not be lost over it."""
        now = self._clock.now()
        if not 0 < expires_in < LATEST:
            return now + DEFAULT_LIFE
        end = datetime.fromtimestamp(expires_in, UTC) if expires_in > ABSOLUTE else now + timedelta(seconds=expires_in)
        return max(end, now + SHORTEST_LIFE)

    def _record_problem(self, answer: Answer) -> None:
        """Record whether the server knows our client. If not, that says nothing about any installation."""
        unknown = answer.status in {400, 401, 403} and _error(answer) in {"invalid_client", "unauthorized_client"}
        if unknown and not self.problem:
            log.error("%s", UNKNOWN_APP)
        self.problem = UNKNOWN_APP if unknown else ""

    async def _post(self, path: str, form: Mapping[str, str]) -> Answer:
        headers = {"Accept": "application/json", "Authorization": f"Basic {self.basic_key}"}
        # A refresh that is given up loses the pair that may be in transit, and with it the installation.
        timeout = REFRESH_TIMEOUT if "refresh_token" in form else None
        return await self._wire.send("POST", f"{self._base}{path}", headers=headers, form=form, timeout=timeout)


def _is_final(answer: Answer) -> bool:
    """Whether the token server says no. A page instead of JSON comes from something on the way."""
    word = _error(answer)
    if answer.status not in {400, 401, 403} or word is None:
        return False
    return word not in TRANSIENT_ERRORS and (bool(word) or answer.status != 403)


def _error(answer: Answer) -> str | None:
    """OAuth's error code; empty where there is none, and None where the answer is no object."""
    try:
        code = text_or(decode(_ERRORS, answer.raw).error)
    except Unreadable:
        return None
    return code if _WORD.fullmatch(code) else ""
