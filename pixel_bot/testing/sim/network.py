"""Sockets in one process: what is written at one end arrives at the other one a drawn moment later, in order."""

import asyncio
import random
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any
from weakref import WeakKeyDictionary

from typing_extensions import override

from pixel_bot.testing.sim.lives import LIFE
from pixel_bot.testing.sim.transport import Transport


class Network:
    """All listening ports, and the open connections between them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, chance: random.Random) -> None:
        self.loop = loop
        self.chance = chance
        self.slowest = 0.002
        """Seconds that a segment takes at most, one way."""
        self._listeners: dict[int, Listener] = {}
        self._aims: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    def delay(self) -> float:
        """How long the next segment is on its way."""
        return self.chance.uniform(0.00005, self.slowest)

    def listen(self, factory: Callable[[], Any], port: int | None, sock: Any) -> "Listener":
        """Take connections at a port."""
        number = port or sock.getsockname()[1]
        listener = Listener(self, factory, number, copy_context())
        self._listeners[number] = listener
        life = LIFE.get()
        if life is not None:
            life.at_death(listener.close)
        return listener

    def close(self, port: int) -> None:
        """No more connections there."""
        self._listeners.pop(port, None)

    async def aim(self, sock: Any, address: Any) -> None:
        """A socket is connected to an address; the connection itself is made by ``connect``."""
        await asyncio.sleep(self.delay())
        if address[1] not in self._listeners:
            raise ConnectionRefusedError(111, f"Nobody listens at {address[1]}")
        self._aims[sock] = address[1]

    async def connect(self, factory: Callable[[], Any], port: int | None, sock: Any) -> tuple["Transport", Any]:
        """Make a connection.

        Raises:
            ConnectionRefusedError: nobody listens there.
        """
        if sock is not None:
            port = self._aims[sock]
            sock.close()
        await asyncio.sleep(self.delay())
        listener = self._listeners.get(port or 0)
        if listener is None:
            raise ConnectionRefusedError(111, f"Nobody listens at {port}")
        protocol = factory()
        here = Transport(self, protocol, copy_context(), ("127.0.0.1", 50_000), ("127.0.0.1", listener.port))
        there = listener.context.run(listener.accept, self)
        here.peer, there.peer = there, here
        protocol.connection_made(here)
        self.loop.call_soon(there.protocol.connection_made, there, context=there.context)
        return here, protocol


class Port:
    """What a server binds in place of a socket."""

    def __init__(self, _host: str, number: int) -> None:
        self._number = number

    def getsockname(self) -> tuple[str, int]:
        """Its address."""
        return "127.0.0.1", self._number

    def listen(self, _waiting: int) -> None:
        """Any number may wait."""

    def close(self) -> None:
        """Nothing is held."""


class Listener(asyncio.AbstractServer):
    """A port on which a server takes connections."""

    def __init__(self, network: Network, factory: Callable[[], Any], port: int, context: Context) -> None:
        self._network = network
        self._factory = factory
        self.port = port
        self.context = context
        self.sockets = ()

    def accept(self, network: Network) -> "Transport":
        """The server's end of a new connection."""
        peer, here = ("127.0.0.1", 50_000), ("127.0.0.1", self.port)
        return Transport(network, self._factory(), copy_context(), here, peer)

    @override
    def close(self) -> None:
        self._network.close(self.port)

    @override
    async def wait_closed(self) -> None:
        """Its connections are closed by their owners."""

    @override
    def is_serving(self) -> bool:
        return True
