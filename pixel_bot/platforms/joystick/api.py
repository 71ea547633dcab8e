"""Client of Joystick.tv's API. A refused token is refreshed once; refused again, the installation counts as ended."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from pixel_bot.errors import PixelError
from pixel_bot.platforms.decoding import Unreadable, decode, decoder_of
from pixel_bot.platforms.joystick.fields import is_username
from pixel_bot.platforms.joystick.installations import Installations, NotInstalled
from pixel_bot.platforms.joystick.structs import IdentityFields, SentFields
from pixel_bot.platforms.wire import Answer, Wire

IDENTITY = "me/identity"
_IDENTITIES, _SENT = decoder_of(IdentityFields), decoder_of(SentFields)
REFUSED = "Joystick.tv does not take the bot's sign-in any more. Install it again: open /setup."


class ApiRefused(PixelError):
    """Joystick.tv refused a request: its status and message."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(f"Joystick.tv answered {status} {reason}".strip())


@dataclass(frozen=True, slots=True)
class Identity:
    """A channel, whose it is, and whether its stream is on."""

    channel_id: str
    username: str
    live: bool


class JoystickApi:
    """The API, for the installation in use.

    Each method raises ``ApiRefused`` for a refusal, ``NoAnswer`` when nothing came back in time, and ``NotInstalled``
    when there is no installation (any more).
    """

    def __init__(self, wire: Wire, api_url: str, installations: Installations) -> None:
        self._wire = wire
        self._base = f"{api_url}api/v1/"
        self._installations = installations

    async def identity(self, token: str = "") -> Identity:
        """The channel of a token, or of the installation in use."""
        answer = await (self._send(token, "GET", IDENTITY) if token else self._request("GET", IDENTITY))
        with suppress(Unreadable):
            fields = decode(_IDENTITIES, answer.raw)
            if is_username(fields.username):
                return Identity(fields.channel_id, fields.username, fields.live is True)
        raise ApiRefused(answer.status, "and does not say whose channel it is")

    async def is_live(self) -> bool:
        """Whether the stream is on."""
        return (await self.identity()).live

    async def say(self, text: str) -> str:
        """Send a chat message. Returns its id, if the answer has one."""
        return _id_of(await self._request("POST", "chat/messages", {"text": text}))

    async def whisper(self, username: str, text: str) -> str:
        """Send a whisper. Returns its id, if the answer has one."""
        return _id_of(await self._request("POST", "chat/whispers", {"text": text, "username": username}))

    async def _request(self, method: str, path: str, json: Mapping[str, str] | None = None) -> Answer:
        token = await self._installations.token()
        try:
            return await self._send(token, method, path, json)
        except ApiRefused as exc:
            if exc.status != 401:
                raise
        token = await self._installations.refresh(token)
        try:
            return await self._send(token, method, path, json)
        except ApiRefused as exc:
            if exc.status != 401:
                raise
        if path != IDENTITY and await self._is_accepted(token):
            raise ApiRefused(401, f"to {path}")  # only this is not for us; the installation stands
        # A fresh token that is refused, too: further requests could not succeed.
        await self._installations.mark_gone(REFUSED, token)
        raise NotInstalled(REFUSED)

    async def _is_accepted(self, token: str) -> bool:
        try:
            await self._send(token, "GET", IDENTITY)
        except ApiRefused as exc:
            return exc.status != 401
        return True

    async def _send(self, token: str, method: str, path: str, json: Mapping[str, str] | None = None) -> Answer:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        answer = await self._wire.send(method, f"{self._base}{path}", headers=headers, json=json)
        if not 200 <= answer.status < 300:
            raise ApiRefused(answer.status, answer.message)
        return answer


def _id_of(answer: Answer) -> str:
    try:
        return str(decode(_SENT, answer.raw).id or "")
    except Unreadable:
        return ""
