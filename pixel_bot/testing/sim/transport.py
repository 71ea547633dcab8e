"""One end of a simulated connection."""

import asyncio
import socket
from contextvars import Context
from typing import Any, Protocol

from typing_extensions import override

from pixel_bot.testing.sim.lives import LIFE

HIGH_WATER = 64 * 1024


class Wires(Protocol):
    """What a transport needs of the network that it is a part of."""

    loop: asyncio.AbstractEventLoop

    def delay(self) -> float:
        """How long the next segment is on its way, in seconds."""
        ...


class Transport(asyncio.Transport):
    """One end of a connection."""

    peer: "Transport"
    protocol: Any

    def __init__(self, network: Wires, protocol: Any, context: Context, here: Any, there: Any) -> None:
        super().__init__({"peername": there, "sockname": here, "socket": _Socket(here, there)})
        self.network = network
        self.protocol = protocol
        self.context = context
        self._under_way: list[bytes] = []
        self._waiting = 0
        self._arrives = 0.0
        self._is_scheduled = False
        self._is_paused = False
        self._writing_paused = False
        self._eof = False
        self._is_closing = False
        self._is_lost = False
        self._life = context.get(LIFE)
        if self._life is not None:
            self._life.at_death(self._vanish)

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._is_closing or self._is_lost or self._eof:
            return
        self._under_way.append(bytes(data))
        self._waiting += len(data)
        self._schedule()
        if self._waiting > HIGH_WATER and not self._writing_paused:
            self._writing_paused = True
            self.protocol.pause_writing()

    @override
    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    @override
    def write_eof(self) -> None:
        self._eof = True
        self._schedule()

    @override
    def can_write_eof(self) -> bool:
        return True

    @override
    def get_write_buffer_size(self) -> int:
        return self._waiting

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is one limit for all."""

    @override
    def is_closing(self) -> bool:
        return self._is_closing or self._is_lost

    @override
    def is_reading(self) -> bool:
        return not self._is_paused and not self.is_closing()

    @override
    def pause_reading(self) -> None:
        self._is_paused = True

    @override
    def resume_reading(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self.peer._schedule()

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    @override
    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol

    @override
    def close(self) -> None:
        if not self.is_closing():
            self._is_closing = True
            self._schedule()

    @override
    def abort(self) -> None:
        self.lose(None)
        self.peer.lose(ConnectionResetError(104, "Connection reset by peer"))

    def lose(self, why: Exception | None) -> None:
        """The connection is gone for this end."""
        if not self._is_lost:
            self._is_lost = self._is_closing = True
            self._under_way.clear()
            if self._life is not None:
                self._life.not_at_death(self._vanish)
            self.network.loop.call_soon(self.protocol.connection_lost, why, context=self.context)

    def _vanish(self) -> None:
        """Its process is gone: the other end hears of it."""
        self._is_lost = self._is_closing = True
        self._under_way.clear()
        peer = self.peer
        self.network.loop.call_later(
            self.network.delay(), peer.lose, ConnectionResetError(104, "Connection reset"), context=peer.context
        )

    def _schedule(self) -> None:
        if not self._is_scheduled and not self._is_lost:
            self._is_scheduled = True
            self._arrives = max(self._arrives, self.network.loop.time() + self.network.delay())
            self.network.loop.call_at(self._arrives, self._arrive, context=self.peer.context)

    def _arrive(self) -> None:
        """What is under way arrives at the other end; this runs in its context."""
        self._is_scheduled = False
        peer = self.peer
        if peer._is_paused or self._is_lost:
            return
        data, self._waiting = b"".join(self._under_way), 0
        self._under_way.clear()
        if data and not peer._is_lost:
            if isinstance(peer.protocol, asyncio.BufferedProtocol):
                _fill(peer.protocol, data)
            else:
                peer.protocol.data_received(data)
        if self._writing_paused:
            self._writing_paused = False
            self.network.loop.call_soon(self.protocol.resume_writing, context=self.context)
        if self._under_way:
            self._schedule()
        elif self._is_closing:
            self.lose(None)
            peer._end()
        elif self._eof:
            peer._end()

    def _end(self) -> None:
        """The other end sends no more."""
        if self._is_lost:
            return
        keep = self.protocol.eof_received()
        if not keep:
            self.close()


def _fill(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    while data:
        buffer = memoryview(protocol.get_buffer(len(data)))
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        protocol.buffer_updated(size)
        data = data[size:]


class _Socket:
    """What libraries ask the socket below a connection."""

    family = socket.AF_INET

    def __init__(self, here: Any, there: Any) -> None:
        self._here = here
        self._there = there

    def getsockname(self) -> Any:
        """Its own address."""
        return self._here

    def getpeername(self) -> Any:
        """The address of the other end."""
        return self._there

    def setsockopt(self, *_: object) -> None:
        """There are no options."""

    def fileno(self) -> int:
        """The operating system does not know it."""
        return -1
