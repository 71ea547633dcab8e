"""uvicorn's protocols, with what uvicorn has no settings for: how many connections there are, and how slow they may be.

uvicorn limits how many requests are worked at once, and how long a connection may idle between two requests. It does
not limit connections, nor the time that a request takes to arrive, nor that of an answer to be read
(https://www.uvicorn.org/settings/). Nothing in ASGI shows a connection before its request is there, so this needs the
protocol classes themselves; only their public methods and attributes are used. Beside that, a few malformed requests
end in a traceback there; here they end the connection.
"""

import asyncio
import select
from typing import Any

import h11
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from pixel_bot.web.connections import KEY, Connection, Connections, Phase

MOST_FRAGMENTS = 1_024
"""Of one message: empty ones cost no bytes of its limit, but a place in a list."""

POLICY_VIOLATION = 1008
TOO_BIG = 1009
NOT_UTF8 = 1007
TOO_SLOW = "The request took too long to arrive.\n"


def _answer(status: str, text: str) -> bytes:
    """A whole answer after which the connection closes."""
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\n"
    return f"{head}content-length: {len(text)}\r\nconnection: close\r\n\r\n{text}".encode("ascii")


BUSY = _answer("503 Service Unavailable", "Too many connections are open. Try again in a moment.\n")
BAD_HANDSHAKE = _answer("400 Bad Request", "This is no handshake of a WebSocket.\n")


class HttpConnection(H11Protocol):
    """One HTTP connection, counted and timed."""

    def __init__(self, connections: Connections, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._ours = connections
        self._counted: Connection | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._counted = self._ours.admit(self, self.client[0] if self.client else "")
        if self._counted is None:
            transport.write(BUSY)
            transport.close()
            return
        self.app_state = {KEY: (self._ours, self._counted)}

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._ours.remove(self)

    @override
    def data_received(self, data: bytes) -> None:
        if self._counted is None or self.transport.is_closing():
            return  # what still comes of a connection that was refused or timed out
        self._ours.moved(self._counted)
        super().data_received(data)
        self._counted.asked = self._counted.asked or self._request is not None

    @override
    def send_400_response(self, msg: str) -> None:
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # an answer is under way, or was given, and this is what came after it
            self.abort()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._counted is not None:
            self._ours.moved(self._counted)

    def phase(self) -> Phase:
        """What the connection waits for now."""
        if self.flow.write_paused:
            return Phase.READING
        theirs = self.conn.their_state
        if theirs is h11.SEND_BODY:
            # Where nothing more is read, the application has not taken what is there.
            return Phase.ANSWER if self.flow.read_paused else Phase.BODY
        request = self._request
        if request is not None and not request.response_complete:
            return Phase.ANSWER
        if request is None or self.conn.trailing_data[0]:
            return Phase.HEAD
        return Phase.IDLE

    def time_out(self) -> None:
        """Answer 408 to half a request; a connection on which nothing came is just closed."""
        has_begun = bool(self.conn.trailing_data[0]) or self.conn.their_state is h11.SEND_BODY
        may_answer = self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}
        if not has_begun or not may_answer or self.flow.write_paused:
            self.abort()
            return
        self._tell_application()
        self.transport.write(_answer("408 Request Timeout", TOO_SLOW))
        self.transport.close()

    def abort(self) -> None:
        """Close at once, without an answer."""
        self._tell_application()
        self.transport.abort()

    def has_unread(self) -> bool:
        """Whether something has arrived that was not looked at yet."""
        return _has_unread(self.transport)

    @property
    def _request(self) -> RequestResponseCycle | None:
        """The request that came last; None before the first one, which uvicorn's own annotation leaves out."""
        return self.cycle

    def _tell_application(self) -> None:
        """The client is gone as far as a handler is concerned, which must not write into what is being closed."""
        request = self._request
        if request is not None and not request.response_complete:
            request.disconnected = True
            request.message_event.set()


class WebSocketConnection(WebSocketsSansIOProtocol):
    """One websocket, counted and timed."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._ours: Connections
        self._counted: Connection
        self._ours, self._counted = self.app_state[KEY]

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._ours.upgrade(self._counted, self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._ours.remove(self)

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._ours.moved(self._counted)
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # The request was good for h11, and is not for websockets; uvicorn would wait for another one.
            self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()) or BAD_HANDSHAKE)
            self.transport.close()

    @override
    def handle_cont(self, event: Any) -> None:
        if len(self.frames) >= MOST_FRAGMENTS:
            self._fail(TOO_BIG)
            return
        super().handle_cont(event)

    @override
    def send_receive_event_to_app(self) -> None:
        # uvicorn logs a traceback for text that is no UTF-8.
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf8(b"".join(self.frames)):
            self._fail(NOT_UTF8)
            return
        super().send_receive_event_to_app()

    @override
    def shutdown(self) -> None:
        # uvicorn would send a close frame, also to who has just sent one, and fail with all other connections open.
        if self.handshake_complete and self.conn.state is not State.OPEN:
            self.stop_keepalive()
            self.transport.close()
            return
        super().shutdown()

    def phase(self) -> Phase:
        """What the connection waits for now."""
        if not self.handshake_complete or not self.queue.empty():
            return Phase.ANSWER  # the application has not looked yet
        return Phase.OPEN if self._counted.greeted or self._counted.trusted else Phase.HELLO

    def time_out(self) -> None:
        """Close a websocket that has not said what it is for."""
        if self.handshake_complete and not self.close_sent:
            self._fail(POLICY_VIOLATION)
        else:
            self.abort()

    def abort(self) -> None:
        """Close at once."""
        self.transport.abort()

    def has_unread(self) -> bool:
        """Whether something has arrived that was not looked at yet."""
        return _has_unread(self.transport)

    def _fail(self, code: int) -> None:
        """Close with a code of RFC 6455, 7.4.1; the handler hears of it as of any end."""
        self.frames = []
        self.conn.fail(code)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()


def _has_unread(transport: asyncio.BaseTransport) -> bool:
    descriptor = transport.get_extra_info("socket").fileno()
    if descriptor < 0:
        return False
    if not hasattr(select, "poll"):  # on Windows, where no descriptor is too large for the other way
        return bool(select.select([descriptor], [], [], 0)[0])
    asked = select.poll()
    asked.register(descriptor, select.POLLIN)
    return any(state & select.POLLIN for _, state in asked.poll(0))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
