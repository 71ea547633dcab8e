"""Fault injection for tests, and a record of the requests that the double got."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope
from starlette.websockets import WebSocket

from pixel_bot.sandbox.twitch.calls import refused
from pixel_bot.web.connections import link_of

REMEMBERED = 2_000
SECRET = {"client_secret", "code", "device_code", "refresh_token", "token"}


class RecordedRequest(NamedTuple):
    """One request: ``path`` like ``chat/messages`` or ``oauth2/token``, ``who`` the login behind the token.

    Secrets are left out, so that a failing test does not print them.
    """

    method: str
    path: str
    query: Mapping[str, Any]
    who: str
    body: Any


class Requests(deque[RecordedRequest]):
    """The last requests, oldest first."""

    def __init__(self) -> None:
        super().__init__(maxlen=REMEMBERED)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._more = asyncio.Event()

    def note(self, asked: RecordedRequest) -> None:
        """A request came in."""
        self.append(asked)
        self._counts[asked.path, asked.method] += 1
        self._more.set()

    def times(self, path: str, method: str = "GET") -> int:
        """The number of such requests since the start."""
        return self._counts[path, method]

    async def times_requested(self, path: str, method: str = "GET", count: int = 1) -> None:
        """Wait until so many such requests have come since the start."""
        while self.times(path, method) < count:
            self._more.clear()
            await self._more.wait()


def without_secrets(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with secrets blanked out."""
    return {name: "***" if name in SECRET else value for name, value in fields.items()}


@dataclass(slots=True)
class Fault:
    """An injected fault. See ``Faults.add``."""

    path: str
    method: str
    times: int | None
    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    body: Any = None
    drop: bool = False
    done: bool = False

    def fits(self, path: str, method: str) -> bool:
        """True for a request that it waits for."""
        return self.path in {"", path} and self.method in {"", method}

    @property
    def replaces(self) -> bool:
        """True where the answer is replaced, and not only delayed."""
        return self.drop or self.status > 0 or self.body is not None

    async def answer(self, request: Request) -> Response:
        """What is answered instead. A connection that is cut gets nothing."""
        if self.drop:
            transport_of(request.scope).abort()
            await gone(request.receive)
            return Response()
        status = self.status or 200
        if isinstance(self.body, (str, bytes)):
            return Response(self.body, status, self.headers)
        if self.body is not None:
            return JSONResponse(self.body, status, self.headers)
        answer = refused(status, "something went wrong")
        answer.headers.update(self.headers)
        return answer

    async def hold(self, receive: Receive) -> None:
        """Wait for ``delay`` seconds, or until the other side gives up."""
        if self.delay > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.delay):
                    await gone(receive)


class Faults:
    """Faults that wait for their request, in order."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(
        self,
        path: str = "",
        *,
        method: str = "",
        status: int = 0,
        times: int | None = 1,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        body: Any = None,
        drop: bool = False,
        done: bool = False,
    ) -> Fault:
        """Make the next requests go wrong.

        Args:
            path: like ``chat/messages`` or ``oauth2/token``; ``ws`` is the event socket; empty for any.
            method: empty for any.
            status: what is answered instead; 0 leaves the answer as it is.
            times: how many requests; None for all of them, until ``clear``.
            headers: more headers of that answer.
            delay: seconds that the answer is held back.
            body: of that answer: an object, or text as it is. Without one it is an error in Twitch's words.
            drop: cut the connection without an answer.
            done: the request is worked all the same; only its answer is another, or lost.
        """
        fault = Fault(path, method, times, status, dict(headers or {}), delay, body, drop, done)
        self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        self._waiting.clear()

    def take(self, path: str, method: str) -> Fault | None:
        """The fault for a request, if any; counted as used once."""
        for fault in self._waiting:
            if fault.fits(path, method):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None


def transport_of(scope: Scope) -> asyncio.Transport:
    """The transport below a request or a websocket. ASGI cannot cut one; the server's protocol object can."""
    return cast(asyncio.Transport, cast(Any, link_of(scope)).transport)


async def gone(receive: Receive) -> None:
    """Wait until the other side has closed the connection, or it was cut."""
    while (await receive())["type"] not in {"http.disconnect", "websocket.disconnect"}:
        pass


def receive_of(socket: WebSocket) -> Receive:
    """The ``receive`` of a socket. Starlette has no public name for it, and ``gone`` needs it."""
    return socket._receive  # noqa: SLF001 - see above; used nowhere else


async def serve_with_fault(fault: Fault | None, socket: WebSocket, serve: Callable[[], Awaitable[None]]) -> None:
    """Serve a socket, unless a fault is injected."""
    receive = receive_of(socket)
    if fault is not None and fault.drop:
        transport_of(socket.scope).abort()
        await gone(receive)
    elif fault is not None and fault.status:
        await socket.send_denial_response(Response(status_code=fault.status, headers=fault.headers))
    else:
        await asyncio.sleep(fault.delay if fault is not None else 0)
        await serve()
