"""TwitchIO's event socket with three changes.

Plain chat takes a short way, a reader that is too fast waits, and a frame that cannot be read costs that frame and not
the connection.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol, cast

from twitchio import Client
from twitchio.eventsub.websockets import Websocket

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who hears the notifications."""

    def notify(self, frame: Mapping[str, Any]) -> None:
        """Take one notification; never raises."""

    @property
    def is_pressed(self) -> bool:
        """True when the socket should await ``breathe`` before it reads on."""
        ...

    async def breathe(self) -> None:
        """Wait until there is room for more."""


LAST_WORDS_SECONDS = 1.0
"""How long an old socket is still read after the new one is open."""


class EventSocket(Websocket):
    """One connection to EventSub."""

    _moved = False

    async def _listen(self) -> None:
        while True:
            try:
                await super()._listen()
            except (KeyError, TypeError, AttributeError) as exc:
                # TwitchIO takes a frame's fields for granted; without this, one odd frame would leave the bot deaf.
                log.warning(
                    "A frame from Twitch was left out, because it cannot be read: %s %s", type(exc).__name__, exc
                )
            else:
                return

    async def _process_notification(self, data: Any) -> None:
        listener = cast(Listener, self._client)
        listener.notify(data)
        if listener.is_pressed:
            await listener.breathe()

    async def _reconnect(self, url: str) -> None:
        """Twitch asks to move. The reader goes on meanwhile, so that nothing on the old socket is lost."""
        task = asyncio.create_task(self._move(url), name="eventsub-move")
        self._connection_tasks.add(task)
        task.add_done_callback(self._connection_tasks.discard)

    async def _move(self, url: str) -> None:
        successor = EventSocket(
            keep_alive_timeout=self._keep_alive_timeout,
            reconnect_attempts=self._original_attempts,
            client=self._client,
            token_for=self._token_for,
            http=self._http,
        )
        successor._subscriptions = self._subscriptions
        try:
            await successor.connect(url=url, reconnect=False, fail_once=True)
        except Exception as exc:  # noqa: BLE001 - whatever is wrong with the new address, the usual one is tried next
            log.info("Twitch's new address does not answer (%s); connecting anew.", type(exc).__name__)
            await self.connect(reconnect=True)
            return
        self._moved = True
        register(self._client, self._token_for, successor)
        await asyncio.sleep(LAST_WORDS_SECONDS)
        await self.close()

    async def _create_connection_task(self) -> None:
        """The connection is lost: open it again, unless another socket has taken over."""
        if self._moved:
            await self.close()
        else:
            await super()._create_connection_task()


async def open_socket(client: Client, token_for: str) -> EventSocket:
    """Connect to EventSub as one account, and make it the socket that the client subscribes on.

    Raises:
        WebsocketConnectionException: no connection, or no welcome within 11 s.
    """
    socket = EventSocket(client=client, token_for=token_for, http=client.http)
    await socket.connect(fail_once=True)
    register(client, token_for, socket)
    return socket


def register(client: Client | None, token_for: str | None, socket: EventSocket) -> None:
    """Let the client know of a socket."""
    if client is not None and token_for is not None and socket.session_id is not None:
        client._websockets[token_for][socket.session_id] = cast(Websocket, socket)  # noqa: SLF001 - no public way
