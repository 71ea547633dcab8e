"""The web server: binds the port at construction, serves the routes, and stops after the bot."""

import asyncio
import contextlib
import socket
from collections.abc import Collection, Generator, Sequence
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from typing_extensions import override

from pixel_bot.errors import PortInUse, StartError
from pixel_bot.model.hosts import reached_here
from pixel_bot.web.access.access import Access
from pixel_bot.web.access.gate import Gate
from pixel_bot.web.connections import KEEP_ALIVE_SECONDS, Connections, Limits
from pixel_bot.web.guard import HostGuard
from pixel_bot.web.headers import SecurityHeaders
from pixel_bot.web.limits import RequestLimits
from pixel_bot.web.protocol import HttpConnection, WebSocketConnection

STATIC = Path(__file__).parent / "static"

WAITING_IN_THE_SYSTEM = 4_096
"""Connections that the system keeps until the server takes them."""

AT_A_TIME = 8
"""Connections that asyncio takes before it looks at any of them. While they are not looked at, they cannot be refused,
so this times four (the steps from accept to close) may be open beyond the limit."""

SWEEP_TICKS = 5
"""Of uvicorn's 0.1 s, between two looks for connections that are too slow."""


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    @override
    async def on_tick(self, counter: int) -> bool:
        if counter % SWEEP_TICKS == 0:
            self._connections.sweep()
        return await super().on_tick(counter)

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals belong to the app, which closes the bot first and this server last."""
        yield


class WebServer:
    """A web server on a port of its own, which is bound at once: its number is known before anything starts."""

    def __init__(self, host: str, port: int) -> None:
        self._sockets = [_bind(host, port)]
        self.host = host
        self.port: int = self._sockets[0].getsockname()[1]
        if _is_elsewhere(host):
            # Twitch leads people back to "localhost", whatever address the pages are opened at.
            self._sockets.append(_bind("127.0.0.1", self.port))
        self._server: _Uvicorn | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """``host:port`` as this machine reaches it."""
        return reached_here(self.host, self.port)

    async def start(
        self,
        routes: Sequence[BaseRoute],
        allowed_hosts: Collection[str],
        access: Access | None = None,
        *,
        large_bodies: Collection[str] = (),
        limits: Limits | None = None,
    ) -> None:
        """Serve the routes; returns when connections are taken.

        Args:
            routes: all but the static files.
            allowed_hosts: names that the server may be reached by, besides those of this machine.
            access: who gets in to the protected pages; None for a server that has none.
            large_bodies: paths that limit the size of what is sent to them by themselves.
            limits: how many connections there may be; else as many as this process has descriptors for.
        """
        self.connections = Connections(limits or Limits.of_this_process())
        public = access.public if access is not None else None
        app = Starlette(
            routes=[*routes, Mount("/static", StaticFiles(directory=STATIC))],
            middleware=[
                Middleware(RequestLimits, large=large_bodies),
                Middleware(HostGuard, allowed=allowed_hosts, public=public),
                *([Middleware(Gate, access=access)] if access is not None else []),
            ],
        )
        config = uvicorn.Config(
            SecurityHeaders(app),
            log_config=None,
            access_log=False,
            lifespan="off",
            http=cast(Any, partial(HttpConnection, self.connections)),
            ws=cast(Any, WebSocketConnection),
            backlog=AT_A_TIME,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            ws_max_size=2**20,
            ws_per_message_deflate=False,
            ws_ping_interval=20.0,
            timeout_graceful_shutdown=2,
            server_header=False,
            proxy_headers=False,
        )
        self._server = _Uvicorn(config, self.connections)
        self._task = asyncio.create_task(self._server.serve(sockets=self._sockets), name="web")
        while not self._server.started:
            if self._task.done():
                raise StartError("The web server could not start.")
            await asyncio.sleep(0.005)
        for sock in self._sockets:
            # asyncio has one number for both: how many wait in the system, and how many it takes at a time.
            sock.listen(WAITING_IN_THE_SYSTEM)

    async def stop(self) -> None:
        """Close all connections and end."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
        for sock in self._sockets:
            sock.close()


def _is_elsewhere(host: str) -> bool:
    """True for an address of this machine that is not reached as "localhost"."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not address.is_unspecified and str(address) not in {"127.0.0.1", "::1"}


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's algorithm off: else each answer would wait 40 ms for an ACK.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows this option would let two programs share the port; elsewhere it only skips the wait after a restart.
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE"), 1)  # noqa: B009 - only on Windows
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except PermissionError as exc:
        sock.close()
        raise StartError(f"Port {port} may not be used by this account. Set WEB_PORT to one above 1023.") from exc
    except socket.gaierror as exc:
        sock.close()
        raise StartError(f"WEB_HOST: {host} is no address of this machine. Try 127.0.0.1.") from exc
    except OSError as exc:
        sock.close()
        if exc.errno in _NOT_HERE:
            raise StartError(f"WEB_HOST: {host} is no address of this machine. Try 127.0.0.1.") from exc
        raise PortInUse(host, port) from exc
    sock.setblocking(False)
    return sock


_NOT_HERE = {99, 49, 10049}
"""EADDRNOTAVAIL on Linux, macOS and Windows."""
