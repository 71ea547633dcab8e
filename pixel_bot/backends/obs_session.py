"""One obs-websocket connection: simpleobsws, extended.

The end of the connection is noticed at once, pending requests fail with it, and a frame that cannot be parsed is
skipped. Importing this takes a while (simpleobsws, websockets): import it when needed.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

import simpleobsws
from simpleobsws import IdentificationParameters, MessageTimeout, NotIdentifiedError, Request, WebSocketClient
from typing_extensions import override
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from pixel_bot.backends.obs_problems import (
    BufferOff,
    ObsAway,
    ObsLost,
    ObsProblem,
    ObsRefused,
    ObsSilent,
    ObsStrange,
    ObsUnready,
    refusal,
)

log = logging.getLogger(__name__)
# At DEBUG it logs each frame, also those against which a guessed password could be checked.
simpleobsws.log.setLevel(logging.INFO)

OPEN_SECONDS = 5.0
ANSWER_SECONDS = 5.0
PING_SECONDS = 10.0
"""Heartbeat: a machine that vanished without closing is noticed after twice as long."""

GENERAL, SCENES, OUTPUTS = 1 << 0, 1 << 2, 1 << 6
"""The subscribed event categories, as bits."""

PASSWORD_REFUSED = 4009
PROTOCOL_MISMATCH = {4002, 4003, 4004, 4005, 4006}
"""Close codes by which OBS says that it does not understand the identification."""

_NO_ANSWER = 0
_ENDED: dict[str, Any] = {"requestType": "", "requestStatus": {"result": False, "code": _NO_ANSWER}}

EventCallback = Callable[[str, Mapping[str, Any]], None]


class ObsSession(WebSocketClient):
    """A connection that is opened once; after its end a new object is needed.

    Args:
        on_event: called with the name and the data of each event, in order.
        on_close: called once when an open connection ends, for whatever reason.
    """

    def __init__(self, url: str, password: str, on_event: EventCallback, on_close: Callable[[], None]) -> None:
        super().__init__(url, password, IdentificationParameters(eventSubscriptions=GENERAL | SCENES | OUTPUTS))
        self.problem: ObsUnready | None = None
        self._on_event = on_event
        self._on_close = on_close
        self._ended = False
        self._changes = 0
        cast(Any, self).register_event_callback(self._on_obs_event)

    async def open(self) -> None:
        """Connect, sign in, and see whether the replay buffer runs (``problem``). Close it after a failure, too.

        Raises:
            ObsProblem: away, wrong password, not OBS, or no answer within ``OPEN_SECONDS``.
        """
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self.connect()
                await self.wait_until_identified(timeout=cast(int, 2 * OPEN_SECONDS))
                if self._ended:
                    raise self._close_reason()
                await self.refresh_status()
        except TimeoutError as exc:
            raise (ObsSilent() if self.ws else ObsAway()) from exc
        except OSError as exc:
            raise ObsAway from exc
        except (WebSocketException, UnicodeError) as exc:
            raise ObsStrange from exc

    async def refresh_status(self) -> None:
        """Ask whether the replay buffer runs; ``problem`` has the answer.

        Raises:
            ObsProblem: no answer.
        """
        changes = self._changes
        try:
            status = await self.request("GetReplayBufferStatus")
            problem = None if status.get("outputActive") else BufferOff()
        except ObsUnready as exc:
            problem = exc
        # An event that arrived meanwhile is at least as recent as the answer.
        if changes == self._changes:
            self.problem = problem

    async def request(self, kind: str, fields: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Send a request; returns the data of the answer.

        Raises:
            ObsUnready: OBS refused.
            ObsLost: the connection ended first.
            ObsProblem: no answer within ``ANSWER_SECONDS``, or one that cannot be read.
        """
        try:
            answer = await self.call(
                Request(kind, dict(fields)) if fields else Request(kind), timeout=cast(int, ANSWER_SECONDS)
            )
        except (NotIdentifiedError, ConnectionClosed) as exc:
            raise ObsLost from exc
        except MessageTimeout as exc:
            raise ObsSilent from exc
        except (KeyError, TypeError) as exc:
            raise ObsStrange from exc
        status = answer.requestStatus
        if status.code == _NO_ANSWER:
            raise ObsLost
        if not status.result:
            raise refusal(status.code)
        return _fields(cast(Any, answer).responseData)

    async def close(self) -> None:
        """End the connection, where there is one."""
        reader = cast("asyncio.Task[None] | None", self.recv_task)
        if reader is not None:
            await self.disconnect()
            await asyncio.wait({reader})

    @override
    async def connect(self) -> bool:
        """As simpleobsws does it, but never through a proxy (OBS is near) and with shorter limits."""
        self.ws = await connect(
            self.url,
            subprotocols=[Subprotocol("obswebsocket.msgpack")],
            proxy=None,
            compression=None,
            max_size=1 << 24,
            open_timeout=None,
            close_timeout=1.0,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
        )
        self.ws_open = True
        self.recv_task = asyncio.create_task(self._ws_recv_task(), name="obs-reader")
        return True

    @override
    def is_identified(self) -> bool:
        """What ``wait_until_identified`` waits for: signed in, or refused."""
        return self.identified or self._ended

    @override
    async def _ws_recv_task(self) -> None:
        try:
            while not await self._read_on():
                continue
        finally:
            # Events that arrived just before the end are tasks that have not run yet.
            await asyncio.sleep(0)
            self._end()
            async with self.cond:
                self.cond.notify_all()

    async def _read_on(self) -> bool:
        """Read until the connection ends (True), or until a frame that simpleobsws stumbles over (False)."""
        try:
            await super()._ws_recv_task()
        except (KeyError, TypeError, AttributeError, RecursionError) as exc:
            log.info("A frame from OBS was left out, because it cannot be read: %s", type(exc).__name__)
            return False
        return True

    def _end(self) -> None:
        self._ended = True
        self.ws_open = self.identified = False
        for waiter in cast(Any, self).waiters.values():
            if not waiter.event.is_set():
                waiter.response_data = _ENDED
                waiter.event.set()
        self._on_close()

    def _close_reason(self) -> ObsProblem:
        """Why OBS closed the connection during identification."""
        code = self.ws.close_code if self.ws else None
        if code == PASSWORD_REFUSED:
            return ObsRefused()
        return ObsStrange() if code in PROTOCOL_MISMATCH else ObsLost()

    async def _on_obs_event(self, kind: str, data: object) -> None:
        """An event. Async only because simpleobsws wants it so: it runs at once, and in order."""
        fields = _fields(data)
        if kind == "ReplayBufferStateChanged":
            self._changes += 1
            self.problem = None if fields.get("outputActive") else BufferOff()
        self._on_event(kind, fields)


def _fields(data: object) -> Mapping[str, Any]:
    """Data from the wire; empty where it is none, or no mapping."""
    return cast(dict[str, Any], data) if isinstance(data, dict) else {}
