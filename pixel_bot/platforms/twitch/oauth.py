"""OAuth client for Twitch (https://dev.twitch.tv/docs/authentication/): code and device grants, refresh, validation."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from pixel_bot.errors import PixelError
from pixel_bot.logs import hide
from pixel_bot.platforms.twitch.accounts import Tokens
from pixel_bot.platforms.wire import Answer, NoAnswer, Wire

log = logging.getLogger(__name__)

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class OAuthError(PixelError):
    """Twitch's sign-in server refused. ``final`` says whether it makes no sense to try again."""

    def __init__(self, sentence: str, *, final: bool, status: int = 0) -> None:
        self.final = final
        self.status = status
        super().__init__(sentence)


class CodeLapsed(OAuthError):
    """Nobody typed a device code in time."""

    def __init__(self) -> None:
        super().__init__("Nobody agreed in time. Start again.", final=True, status=400)


class UnknownApp(OAuthError):
    """Twitch does not know the client id, or not with this secret. It says nothing on anybody's sign-in."""

    def __init__(self, status: int, message: str = "") -> None:
        sentence = "Twitch does not know this application: check TWITCH_CLIENT_ID and TWITCH_CLIENT_SECRET."
        if "missing client secret" in message.lower():
            sentence = (
                "Twitch asks for a client secret, because this application is not of the type Public: set "
                "TWITCH_CLIENT_SECRET, or register an application of the type Public and set its TWITCH_CLIENT_ID."
            )
        super().__init__(sentence, final=True, status=status)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is, what it allows, and for how many seconds."""

    user_id: str
    login: str
    scopes: frozenset[str]
    expires_in: float
    client_id: str = ""
    """The application that it is for; empty where Twitch does not say."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device-code grant: the code that the person types elsewhere, and the one to poll with."""

    user_code: str
    address: str
    code: str
    interval: float
    expires_in: float


class OAuth:
    """Twitch's sign-in server, for one application. Without a client secret it is one of the type Public: people sign
    in by a device code, each refresh token works once, and the application has no token of its own
    (https://dev.twitch.tv/docs/authentication/register-app/)."""

    def __init__(self, wire: Wire, base: str, helix: str, client_id: str, client_secret: str) -> None:
        hide(client_secret)
        self._wire = wire
        self._base = base
        self._helix = helix
        self._client_id = client_id
        self._client_secret = client_secret
        self.is_public = not client_secret

    def authorize_url(self, scopes: Collection[str], state: str, redirect_uri: str) -> str:
        """The address at Twitch where a person agrees. ``force_verify`` lets them choose the account each time."""
        query = {
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(sorted(scopes)),
            "force_verify": "true",
            "state": state,
        }
        return f"{self._base}oauth2/authorize?{urlencode(query)}"

    async def exchange(self, code: str, redirect_uri: str) -> Tokens:
        """The tokens for a code that came back with a person."""
        hide(code)
        return _pair(await self._token(grant_type="authorization_code", code=code, redirect_uri=redirect_uri))

    async def refresh(self, tokens: Tokens) -> Tokens:
        """New tokens for old ones.

        Raises:
            OAuthError: ``final`` when the sign-in has ended.
        """
        return _pair(await self._token(grant_type="refresh_token", refresh_token=tokens.refresh), tokens.refresh)

    async def app_token(self) -> str:
        """A token of the application itself."""
        token = _text(await self._token(grant_type="client_credentials"), "access_token")
        hide(token)
        return token

    async def validate(self, access: str) -> Identity:
        """Whose token it is.

        Raises:
            OAuthError: ``final`` when it is worth nothing.
        """
        answer = await self._send("GET", "validate", headers={"Authorization": f"OAuth {access}"})
        if answer.status == 401:
            raise OAuthError("Twitch does not accept this sign-in any more.", final=True, status=401)
        body = _body(answer)
        scopes: object = body.get("scopes")
        granted = cast(list[object], scopes) if isinstance(scopes, list) else []
        client_id: object = body.get("client_id")
        return Identity(
            _text(body, "user_id"),
            _text(body, "login"),
            frozenset(map(str, granted)),
            _seconds(body, "expires_in", 0),
            client_id if isinstance(client_id, str) else "",
        )

    async def display_name(self, access: str, identity: Identity) -> str:
        """How somebody writes their name; the login where Twitch does not say."""
        headers = {"Authorization": f"Bearer {access}", "Client-Id": self._client_id}
        try:
            answer = await self._wire.send(
                "GET", f"{self._helix}users", params={"id": identity.user_id}, headers=headers
            )
            name = answer.body["data"][0]["display_name"]
        except (NoAnswer, LookupError, TypeError):
            return identity.login
        return name if isinstance(name, str) and 0 < len(name) <= 60 else identity.login

    async def revoke(self, tokens: Tokens) -> None:
        """Revoke tokens that are not needed. A failure is only logged: they expire by themselves."""
        try:
            await self._send("POST", "revoke", params={"client_id": self._client_id, "token": tokens.access})
        except OAuthError as exc:
            log.info("A token could not be given back: %s", exc)

    async def begin_device(self, scopes: Collection[str]) -> Device:
        """Begin a sign-in on another device."""
        params = {"client_id": self._client_id, "scopes": " ".join(sorted(scopes))}
        body = _body(await self._send("POST", "device", params=params))
        code = _text(body, "device_code")
        hide(code)
        return Device(
            _text(body, "user_code"),
            _text(body, "verification_uri"),
            code,
            max(1.0, _seconds(body, "interval", 5)),
            _seconds(body, "expires_in", 1_800),
        )

    async def poll_device(self, device: Device, scopes: Collection[str]) -> Tokens | None:
        """The tokens, once the person agreed; None while they did not.

        Raises:
            OAuthError: ``final`` when the code is used up or too old.
        """
        try:
            body = await self._token(grant_type=DEVICE_GRANT, device_code=device.code, scopes=" ".join(sorted(scopes)))
        except OAuthError as exc:
            if exc.status == 400 and any(word in str(exc).lower() for word in ("pending", "slow_down")):
                return None
            if exc.status == 400 and "device code" in str(exc).lower():
                raise CodeLapsed from None
            raise
        return _pair(body)

    async def _token(self, **params: str) -> Mapping[str, Any]:
        app = {"client_id": self._client_id}
        if self._client_secret:
            app["client_secret"] = self._client_secret
        return _body(await self._send("POST", "token", params={**app, **params}))

    async def _send(self, method: str, path: str, **options: Any) -> Answer:
        """Parameters go in the address, as TwitchIO sends them; the connection is encrypted."""
        try:
            return await self._wire.send(method, f"{self._base}oauth2/{path}", **options)
        except NoAnswer as exc:
            raise OAuthError(f"Twitch's sign-in server cannot be reached: {exc}.", final=False) from None


def _body(answer: Answer) -> dict[str, Any]:
    """The JSON object in the body of a success."""
    if answer.status in {400, 401, 403} and "client" in answer.message.lower():
        raise UnknownApp(answer.status, answer.message)
    if answer.status >= 400:
        final = answer.status in {400, 401, 403}
        message = answer.message or "no reason"
        raise OAuthError(f"Twitch's sign-in server refused ({message}).", final=final, status=answer.status)
    body: object = answer.body
    if not isinstance(body, dict):
        raise OAuthError("Twitch's sign-in server gave an answer that cannot be read.", final=False)
    return cast(dict[str, Any], body)


def _pair(body: Mapping[str, Any], refresh: str = "") -> Tokens:
    return Tokens(_text(body, "access_token"), str(body.get("refresh_token") or refresh))


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise OAuthError(f"Twitch's sign-in server left out {name}.", final=False)
    return value


def _seconds(body: Mapping[str, Any], name: str, default: float) -> float:
    value = body.get(name)
    return float(value) if type(value) in {int, float} and value else default


async def wait_for_device(oauth: OAuth, device: Device, scopes: Collection[str]) -> Tokens:
    """Wait until the person agreed on the other device. A server that is away for a moment is asked again.

    Raises:
        OAuthError: they did not, in time.
    """
    try:
        async with asyncio.timeout(device.expires_in):
            while True:
                await asyncio.sleep(device.interval)
                try:
                    if tokens := await oauth.poll_device(device, scopes):
                        return tokens
                except OAuthError as exc:
                    if exc.final:
                        raise
    except TimeoutError:
        raise CodeLapsed from None
