"""One websocket to Joystick.tv's gateway, from its welcome until it is lost.

The gateway speaks ActionCable: the server sends a welcome, we subscribe, it pings every three seconds and takes no ping
(https://github.com/rails/rails/tree/main/actioncable).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
import orjson
from msgspec import UNSET

from pixel_bot.logs import redact
from pixel_bot.platforms.decoding import Unreadable, decode, decoder_of
from pixel_bot.platforms.joystick.frames import Frame
from pixel_bot.platforms.joystick.structs import FrameEnvelope, MessageEnvelope
from pixel_bot.platforms.wire import ENDS
from pixel_bot.texts import plain

log = logging.getLogger(__name__)

PROTOCOL = "actioncable-v1-json"
LONGEST_FRAME = 4 * 2**20
UNAUTHORIZED = 4401
IDENTIFIERS = (
    '{"channel":"GatewayChannel","event_version":"v2"}',
    '{"channel":"GatewayChannel"}',
)
"""What is subscribed to: the second version of events, or where that is rejected the first."""

_ENVELOPES = decoder_of(FrameEnvelope)


@dataclass(frozen=True, slots=True)
class GatewayTimeouts:
    """Timeouts in seconds: for the welcome, for a confirmation before it is requested again, and without any frame."""

    welcome: float = 10.0
    confirm: float = 5.0
    silence: float = 6.0


STALL_SECONDS = 1.0
TRIES = 3
"""Attempts to subscribe."""


class GatewayLost(Exception):
    """The connection ended, or never came to be. ``stop`` where the server asks not to come back."""

    def __init__(self, reason: str, *, stop: bool = False) -> None:
        self.reason = reason
        self.stop = stop
        super().__init__(reason)


class Unauthorized(GatewayLost):
    """The server does not take the key."""

    def __init__(self) -> None:
        super().__init__("Joystick.tv does not take the bot's key")


class GatewaySocket:
    """An open connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, timeouts: GatewayTimeouts) -> None:
        self._socket = socket
        self._timeouts = timeouts
        self.identifier = ""
        """What is subscribed to; empty before."""
        self._buffered: deque[Frame] = deque()
        self.on_error: Callable[[str], None] = lambda _: None
        """Called with what the server says of a command that it refused."""

    @classmethod
    async def open(
        cls, http: aiohttp.ClientSession, url: str, key: str, timeouts: GatewayTimeouts | None = None
    ) -> "GatewaySocket":
        """Connect, and wait for the welcome.

        Raises:
            Unauthorized: the key is not taken.
            GatewayLost: no connection, or no welcome in time.
        """
        timeouts = timeouts or GatewayTimeouts()
        joint = "&" if "?" in url else "?"
        socket: aiohttp.ClientWebSocketResponse | None = None
        lost: GatewayLost
        try:
            async with asyncio.timeout(timeouts.welcome):
                closing = aiohttp.ClientWSTimeout(ws_close=1.0)  # pyright: ignore[reportCallIssue] - made by attrs
                address = f"{url}{joint}token={quote(key, safe='')}"
                socket = await http.ws_connect(
                    address, protocols=(PROTOCOL,), max_msg_size=LONGEST_FRAME, timeout=closing
                )
                gateway = cls(socket, timeouts)
                await gateway._receive_welcome()
                return gateway
        except TimeoutError:
            lost = GatewayLost("no welcome came in time")
        except GatewayLost as exc:
            lost = exc
        except aiohttp.WSServerHandshakeError as exc:
            lost = Unauthorized() if exc.status == 401 else GatewayLost(f"no connection ({exc.status})")
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            lost = GatewayLost(f"no connection ({type(exc).__name__})")
        except asyncio.CancelledError:
            if socket is not None:
                await socket.close()
            raise
        if socket is not None:
            await socket.close()
        # Outside of the handlers: an error of aiohttp's may hold the address, and with it the key.
        raise lost

    async def subscribe(self) -> None:
        """Subscribe to events of the second version, or of the first one where that is rejected.

        Raises:
            GatewayLost: neither is confirmed.
        """
        for identifier in IDENTIFIERS:
            if await self._try_to_subscribe(identifier):
                self.identifier = identifier
                return
        raise GatewayLost("the subscription was rejected")

    async def read(self) -> Frame:
        """The next data frame.

        Raises:
            GatewayLost: the connection is over.
        """
        while not self._buffered:
            frame, text = await self._frame()
            if frame.type == "welcome":
                await self.subscribe()  # the server began anew, and has forgotten it
            elif frame.type == "reject_subscription" and frame.identifier == self.identifier:
                raise GatewayLost("the subscription was ended")
            elif (data := self._data_frame(frame, text)) is not None:
                return data
        return self._buffered.popleft()

    def address(self, channel_id: str) -> dict[str, str]:
        """How a command names its channel: the first version writes it in another way."""
        names = ("channel_id",) if self.identifier == IDENTIFIERS[0] else ("channel_id", "channelId")
        return dict.fromkeys(names, channel_id)

    async def perform(self, data: Mapping[str, str]) -> None:
        """Send a command to the channel.

        Raises:
            GatewayLost: it could not be sent.
        """
        await self._send({"command": "message", "identifier": self.identifier, "data": orjson.dumps(data).decode()})

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close()

    async def _receive_welcome(self) -> None:
        while (await self._frame())[0].type != "welcome":
            pass

    async def _try_to_subscribe(self, identifier: str) -> bool:
        for _ in range(TRIES):
            await self._send_subscribe(identifier)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timeouts.confirm):
                    return await self._receive_confirmation(identifier)
        raise GatewayLost("the subscription was not confirmed")

    async def _receive_confirmation(self, identifier: str) -> bool:
        while True:
            frame, text = await self._frame()
            if frame.type == "confirm_subscription" and frame.identifier == identifier:
                return True
            if frame.type == "reject_subscription" and frame.identifier == identifier:
                return False
            if frame.type == "welcome":
                await self._send_subscribe(identifier)
            elif (data := self._data_frame(frame, text)) is not None:
                self._buffered.append(data)

    async def _send_subscribe(self, identifier: str) -> None:
        await self._send({"command": "subscribe", "identifier": identifier})

    async def _send(self, command: Mapping[str, str]) -> None:
        try:
            await self._socket.send_str(orjson.dumps(command).decode())
        except (aiohttp.ClientError, OSError, RuntimeError) as exc:
            raise GatewayLost(f"the connection broke ({type(exc).__name__})") from None

    def _data_frame(self, frame: FrameEnvelope, text: str) -> Frame | None:
        """A frame with a message, and without a type of its own. What is an error goes to ``on_error``."""
        message = frame.message if isinstance(frame.message, MessageEnvelope) else None
        error = frame.error or (message is not None and message.type is UNSET and message.error)
        if error:
            self.on_error(plain(redact(str(error)))[:200])
            return None
        return Frame(message, text) if message is not None and frame.type is UNSET else None

    async def _frame(self) -> tuple[FrameEnvelope, str]:
        """The next frame that is a JSON object, and its text.

        Raises:
            GatewayLost: the connection is over; also where the server says that it will be.
        """
        while True:
            text = await self._text()
            try:
                frame = decode(_ENVELOPES, text)
            except Unreadable:
                log.warning("A frame from Joystick.tv was left out, because it is no JSON object.")
                continue
            if frame.type == "disconnect":
                if frame.reason == "unauthorized":
                    raise Unauthorized
                reason = plain(redact(str(frame.reason or "no reason")))[:60]
                raise GatewayLost(f"Joystick.tv ended it ({reason})", stop=frame.reconnect is False)
            return frame, text

    async def _text(self) -> str:
        loop = asyncio.get_running_loop()
        while True:
            since = loop.time()
            try:
                # Heartbeat timeout, counted only while reading: a busy reader cannot tell that the server is silent.
                async with asyncio.timeout(self._timeouts.silence):
                    message = await self._socket.receive()
            except TimeoutError:
                if loop.time() - since > self._timeouts.silence + STALL_SECONDS:
                    continue  # the process was suspended: frames that arrived meanwhile are still unread
                raise GatewayLost("Joystick.tv fell silent") from None
            except (aiohttp.ClientError, OSError, RuntimeError) as exc:
                raise GatewayLost(f"the connection broke ({type(exc).__name__})") from None
            if message.type is aiohttp.WSMsgType.TEXT:
                return message.data
            if message.type in ENDS:
                if self._socket.close_code == UNAUTHORIZED:
                    raise Unauthorized
                raise GatewayLost(f"the connection was closed ({self._socket.close_code})")
