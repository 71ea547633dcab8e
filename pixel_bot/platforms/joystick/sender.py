"""How the bot speaks on Joystick.tv, and how it knows its own words when they come back.

The socket says nothing when it took a message, only when it refused one. That is enough for answers that cost nothing.
What somebody paid for is sent by the API, which answers; where that is not offered, it goes over the socket, and counts
as said when no refusal comes.
"""

import asyncio
import html
import re
import secrets
from collections import deque
from contextlib import suppress

from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.platforms.joystick.api import ApiRefused, JoystickApi
from pixel_bot.platforms.joystick.gateway_connection import GatewayConnection
from pixel_bot.platforms.joystick.gateway_socket import GatewayLost
from pixel_bot.platforms.joystick.installations import NotInstalled
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.texts import fit, visible

NOT_OFFERED = {401, 403, 404, 405, 501}
ECHO_SECONDS = 30.0
MOST_ECHOES = 1_000
LONGEST = 500
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


class JoystickSender:
    """Sends messages into the channel in use."""

    def __init__(self, api: JoystickApi, line: GatewayConnection, *, error_seconds: float = 1.0) -> None:
        self._api = api
        self._connection = line
        self._error_seconds = error_seconds
        self._closed_on: dict[bool, int] = {}
        """Connections on which the API was found not to take messages, or (True) whispers."""
        self._one_at_a_time = asyncio.Lock()
        self._free_at = 0.0
        self._refused: asyncio.Future[str] | None = None
        self._sent: deque[tuple[float, str]] = deque(maxlen=MOST_ECHOES)
        self._came_back = asyncio.Event()
        self.own_username = ""
        """The bot's own name, in lower case, where it is known and not the streamer's."""
        self.hearing = line.dispatcher
        line.on_error = self._on_error
        line.dispatcher.is_own = self.is_own

    async def send(self, message: Outgoing) -> str:
        """Send a message. Returns its id, made up where Joystick.tv tells none.

        Raises:
            SendFailed: it was not taken, as far as we know.
        """
        # What looks like a tag may be one there, and must not be said for a viewer who typed it.
        text = _TAG.sub("‹", fit(message.text, LONGEST))
        sent = (asyncio.get_running_loop().time(), _key(text))
        if not message.whisper_to:
            self._sent.append(sent)
        try:
            return await self._send(message.whisper_to, text, sure=message.paid or bool(message.whisper_to))
        except SendFailed as exc:
            if not exc.unconfirmed:
                with suppress(ValueError):
                    self._sent.remove(sent)
            elif not message.whisper_to and await self._was_taken(sent):
                return f"joystick:{secrets.token_hex(8)}"
            raise

    async def _was_taken(self, sent: tuple[float, str]) -> bool:
        """Whether our words come back, after an answer that was lost: then chat has them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._error_seconds):
                while sent in self._sent:
                    self._came_back.clear()
                    await self._came_back.wait()
        return sent not in self._sent

    async def _send(self, whisper_to: str, text: str, *, sure: bool) -> str:
        offered = self._closed_on.get(bool(whisper_to)) != self._connection.connections
        try:
            if offered and (sure or not self._connection.is_up):
                with suppress(_NotOffered):
                    return await self._by_api(whisper_to, text)
            return await self._by_socket(whisper_to, text, sure=sure)
        except NotInstalled as exc:
            raise SendFailed(str(exc), retry=False) from None

    def is_own(self, message: ChatMessage) -> bool:
        """Whether it is what we sent. Names that come with our words teach nothing: anybody can repeat us."""
        if self.own_username and message.person.login == self.own_username:
            return True
        now, key = asyncio.get_running_loop().time(), _key(message.text)
        while self._sent and self._sent[0][0] < now - ECHO_SECONDS:
            self._sent.popleft()
        mine = next((sent for sent in self._sent if sent[1] == key), None)
        if mine is None:
            return False
        self._sent.remove(mine)
        self._came_back.set()
        return True

    async def _by_api(self, whisper_to: str, text: str) -> str:
        try:
            told = await (self._api.whisper(whisper_to, text) if whisper_to else self._api.say(text))
        except ApiRefused as exc:
            if exc.status in NOT_OFFERED:
                self._closed_on[bool(whisper_to)] = self._connection.connections
                raise _NotOffered from None
            raise SendFailed(str(exc), retry=exc.status == 429 or exc.status >= 500) from None
        except NoAnswer as exc:
            raise SendFailed(str(exc), retry=True, unconfirmed=True) from None
        return f"joystick:{told or secrets.token_hex(8)}"

    async def _by_socket(self, whisper_to: str, text: str, *, sure: bool) -> str:
        action, to = ("send_whisper", {"username": whisper_to}) if whisper_to else ("send_message", {})
        try:
            async with self._one_at_a_time:
                if sure:
                    await self._and_listen(action, text, to)
                else:
                    await self._connection.perform(action, text=text, **to)
                    self._free_at = asyncio.get_running_loop().time()
        except GatewayLost as exc:
            raise SendFailed(f"Joystick.tv is not connected: {exc.reason}", retry=True) from None
        return f"joystick:{secrets.token_hex(8)}"

    async def _and_listen(self, action: str, text: str, to: dict[str, str]) -> None:
        """A refusal does not say what it is for, so nothing else is under way while one is waited for."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._free_at + self._error_seconds - loop.time())
        connection = self._connection.connections
        self._refused = loop.create_future()
        try:
            await self._connection.perform(action, text=text, **to)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._error_seconds):
                    raise SendFailed(f"Joystick.tv refused it: {await self._refused}", retry=False)
        finally:
            self._refused = None
        if not self._connection.is_up or self._connection.connections != connection:
            raise SendFailed("The connection to Joystick.tv was lost", retry=True, unconfirmed=True)

    def _on_error(self, error: str) -> None:
        if self._refused is not None and not self._refused.done():
            self._refused.set_result(error)


class _NotOffered(Exception):
    """The API does not send messages for us."""


def _key(text: str) -> str:
    """What stays of a text that is sent round."""
    return " ".join(visible(html.unescape(text)).split())
