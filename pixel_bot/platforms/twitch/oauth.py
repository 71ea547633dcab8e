"""OAuth client for Twitch (https://dev.twitch.tv/docs/authentication/): code and device grants, refresh, validation."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from msgspec import Meta, Struct

from pixel_bot.errors import PixelError
from pixel_bot.logs import hide
from pixel_bot.platforms.decoding import Anything, NoObject, Text, Unreadable, decode, decoder_of, number_or, text_or
from pixel_bot.platforms.twitch.accounts import Tokens
from pixel_bot.platforms.wire import Answer, NoAnswer, Wire

log = logging.getLogger(__name__)

T = TypeVar("T")

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


class _TokenFields(Struct, gc=False):
    access_token: Text
    refresh_token: str | None = None


class _IdentityFields(Struct, gc=False):
    user_id: Text
    login: Text
    scopes: NoObject = None
    expires_in: Anything = None
    client_id: Anything = None


class _DeviceFields(Struct, gc=False):
    device_code: Text
    user_code: Text
    verification_uri: Text
    interval: Anything = None
    expires_in: Anything = None


class _UserFields(Struct, gc=False):
    display_name: Annotated[str, Meta(min_length=1, max_length=60)]


class _Users(Struct, gc=False):
    data: list[_UserFields]


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
        token = (await self._token(grant_type="client_credentials")).access_token
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
        fields = _read(answer, _IdentityFields)
        scopes = frozenset(map(str, fields.scopes)) if isinstance(fields.scopes, list) else frozenset[str]()
        expires_in, client_id = number_or(fields.expires_in), text_or(fields.client_id)
        return Identity(fields.user_id, fields.login, scopes, expires_in, client_id)

    async def display_name(self, access: str, identity: Identity) -> str:
        """How somebody writes their name; the login where Twitch does not say."""
        headers = {"Authorization": f"Bearer {access}", "Client-Id": self._client_id}
        try:
            answer = await self._wire.send(
                "GET", f"{self._helix}users", params={"id": identity.user_id}, headers=headers
            )
            return decode(decoder_of(_Users), answer.raw).data[0].display_name
        except (NoAnswer, Unreadable, IndexError):
            return identity.login

    async def revoke(self, tokens: Tokens) -> None:
        """Revoke tokens that are not needed. A failure is only logged: they expire by themselves."""
        try:
            await self._send("POST", "revoke", params={"client_id": self._client_id, "token": tokens.access})
        except OAuthError as exc:
            log.info("A token could not be given back: %s", exc)

    async def begin_device(self, scopes: Collection[str]) -> Device:
        """Begin a sign-in on another device."""
        params = {"client_id": self._client_id, "scopes": " ".join(sorted(scopes))}
        fields = _read(await self._send("POST", "device", params=params), _DeviceFields)
        hide(fields.device_code)
        return Device(
            fields.user_code,
            fields.verification_uri,
            fields.device_code,
            max(1.0, number_or(fields.interval) or 5),
            number_or(fields.expires_in) or 1_800,
        )

    async def poll_device(self, device: Device, scopes: Collection[str]) -> Tokens | None:
        """The tokens, once the person agreed; None while they did not.

        Raises:
            OAuthError: ``final`` when the code is used up or too old.
        """
        try:
            return _pair(
                await self._token(grant_type=DEVICE_GRANT, device_code=device.code, scopes=" ".join(sorted(scopes)))
            )
        except OAuthError as exc:
            if exc.status == 400 and any(word in str(exc).lower() for word in ("pending", "slow_down")):
                return None
            if exc.status == 400 and "device code" in str(exc).lower():
                raise CodeLapsed from None
            raise

    async def _token(self, **params: str) -> _TokenFields:
        app = {"client_id": self._client_id}
        if self._client_secret:
            app["client_secret"] = self._client_secret
        return _read(await self._send("POST", "token", params={**app, **params}), _TokenFields)

    async def _send(self, method: str, path: str, **options: Any) -> Answer:
        """Parameters go in the address, as TwitchIO sends them; the connection is encrypted."""
        try:
            return await self._wire.send(method, f"{self._base}oauth2/{path}", **options)
        except NoAnswer as exc:
            raise OAuthError(f"Twitch's sign-in server cannot be reached: {exc}.", final=False) from None


def _read(answer: Answer, kind: type[T]) -> T:
    """The fields in the body of a success.

    Raises:
        OAuthError: it is none, or cannot be read.
    """
    if answer.status in {400, 401, 403} and "client" in answer.message.lower():
        raise UnknownApp(answer.status, answer.message)
    if answer.status >= 400:
        final = answer.status in {400, 401, 403}
        message = answer.message or "no reason"
        raise OAuthError(f"Twitch's sign-in server refused ({message}).", final=final, status=answer.status)
    try:
        return decode(decoder_of(kind), answer.raw)
    except Unreadable as exc:
        raise OAuthError(f"Twitch's sign-in server gave an answer that cannot be read ({exc}).", final=False) from None


def _pair(fields: _TokenFields, refresh: str = "") -> Tokens:
    return Tokens(fields.access_token, fields.refresh_token or refresh)


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
