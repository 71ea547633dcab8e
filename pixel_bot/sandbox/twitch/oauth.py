"""The double's OAuth server (https://dev.twitch.tv/docs/authentication/)."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from pixel_bot.sandbox.twitch.calls import Refusal, refused
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.tokens import ALL_SCOPES
from pixel_bot.sandbox.twitch.users import SandboxUsers

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
MOST_CODES = 100
WRONG_REDIRECT = "Parameter redirect_uri does not match registered URI"


@dataclass(frozen=True, slots=True)
class Code:
    """What a sign-in in the browser led to."""

    user_id: str
    redirect_uri: str
    scopes: tuple[str, ...]


class OAuth:
    """The OAuth server of one set of users."""

    def __init__(self, users: SandboxUsers) -> None:
        self._users = users
        self._codes: dict[str, Code] = {}

    async def authorize(self, request: Request) -> Response:
        """``/oauth2/authorize``: whoever signs in agrees at once, or (``refuses``) does not. ``login`` says who."""
        query = request.query_params
        redirect_uri, state = query.get("redirect_uri", ""), query.get("state", "")
        if query.get("client_id") != self._users.client_id:
            raise Refusal(400, "invalid client")
        if not redirect_uri or (self._users.redirect_uris and redirect_uri not in self._users.redirect_uris):
            return refused(400, WRONG_REDIRECT, error="redirect_mismatch")
        if query.get("response_type", "code") != "code":
            raise Refusal(400, "invalid response type")
        scopes = _scopes(query.get("scope", ""))
        person = self._users.by_login(query.get("login", "") or self._users.next_login)
        if person is None:
            raise Refusal(400, "invalid login")
        answer = {"error": "access_denied", "error_description": "The user denied you access", "state": state}
        if not self._users.refuses:
            code = secrets.token_hex(15)
            self._codes[code] = Code(person.id, redirect_uri, scopes)
            if len(self._codes) > MOST_CODES:
                del self._codes[next(iter(self._codes))]
            answer = {"code": code, "scope": " ".join(scopes), "state": state}
        return RedirectResponse(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}", 302)

    async def token(self, request: Request) -> Response:
        """``/oauth2/token``: tokens for a secret, a code, a refresh token, or a device's code."""
        form = await parameters(request)
        self._check_client(form)
        match form.get("grant_type"):
            case "client_credentials":
                return self._tokens(self._users.grant(None)[0])
            case "refresh_token":
                return self._renewed(form.get("refresh_token", ""))
            case "authorization_code":
                return self._for_code(form)
            case grant if grant == DEVICE_GRANT:
                return self._for_device(form)
            case _:
                raise Refusal(400, "missing grant type")

    def _check_client(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self._users.client_id:
            raise Refusal(400, "invalid client")
        secret, grant = form.get("client_secret"), form.get("grant_type")
        if secret is None and (grant == DEVICE_GRANT or (self._users.is_public and grant == "refresh_token")):
            return
        if secret is None:
            raise Refusal(400, "missing client secret")
        if self._users.is_public or secret != self._users.client_secret:
            raise Refusal(403, "invalid client secret")

    def _renewed(self, refresh: str) -> Response:
        renewed = self._users.renew(refresh)
        if renewed is None:
            raise Refusal(400, "Invalid refresh token")
        return self._tokens(*renewed)

    def _for_code(self, form: Mapping[str, str]) -> Response:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None:
            raise Refusal(400, "Invalid authorization code")
        if form.get("redirect_uri") != code.redirect_uri:
            raise Refusal(400, WRONG_REDIRECT)
        return self._tokens(*self._users.grant(code.user_id, code.scopes))

    def _for_device(self, form: Mapping[str, str]) -> Response:
        device = self._users.devices.find(form.get("device_code", ""))
        if device is None:
            raise Refusal(400, "invalid device code")
        if device.user_id is None:
            raise Refusal(400, "authorization_pending")
        self._users.devices.end(device)
        return self._tokens(*self._users.grant(device.user_id, device.scopes))

    async def device(self, request: Request) -> Response:
        """``/oauth2/device``: a code to type on another machine."""
        form = await parameters(request)
        if form.get("client_id") != self._users.client_id:
            raise Refusal(400, "invalid client")
        device = self._users.devices.begin(_scopes(form.get("scopes") or form.get("scope", "")))
        return JSONResponse(
            {
                "device_code": device.device_code,
                "expires_in": round(device.until - time.monotonic()),
                "interval": self._users.devices.interval,
                "user_code": device.user_code,
                "verification_uri": f"https://www.twitch.tv/activate?public=true&device-code={device.user_code}",
            }
        )

    async def validate(self, request: Request) -> Response:
        """``/oauth2/validate``: what a token is worth."""
        token = self._users.find(bearer(request))
        if token is None:
            raise Refusal(401, "invalid access token")
        seconds = max(0, round(token.until - self._users.now()))
        answer: Json = {"client_id": token.client_id, "scopes": list(token.scopes), "expires_in": seconds}
        if token.user_id is not None and (user := self._users.by_id(token.user_id)) is not None:
            answer |= {"login": user.login, "user_id": user.id}
        return JSONResponse(answer)

    async def revoke(self, request: Request) -> Response:
        """``/oauth2/revoke``: the application gives a token back."""
        form = await parameters(request)
        if form.get("client_id") != self._users.client_id:
            raise Refusal(404, "client does not exist")
        if not self._users.revoke(form.get("token", "")):
            raise Refusal(400, "Invalid token")
        return Response(status_code=200)

    def _tokens(self, access: str, refresh: str | None = None) -> Response:
        token = self._users.find(access)
        answer: Json = {"access_token": access, "expires_in": round(self._users.token_seconds), "token_type": "bearer"}
        if refresh is not None and token is not None:
            answer |= {"refresh_token": refresh, "scope": list(token.scopes)}
        return JSONResponse(answer)


async def parameters(request: Request) -> dict[str, str]:
    """The parameters, from the address or from a form."""
    body = (await request.body()).decode("utf-8", "replace")
    return {**request.query_params, **dict(parse_qsl(body, keep_blank_values=True))}


def bearer(request: Request) -> str:
    """The token that a request is signed with."""
    return request.headers.get("authorization", "").partition(" ")[2]


def _scopes(asked: str) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys(asked.split()))
    unknown = set(scopes) - set(ALL_SCOPES)
    if unknown:
        raise Refusal(400, f"invalid scope requested: '{min(unknown)}'")
    return scopes
