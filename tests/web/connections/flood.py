"""Clients that open connections and then do as little as they can, again and again.

As a program of its own (``flood.py PORT CLIENTS``) it goes on until its input ends, and prints what became of them.
"""

import asyncio
import contextlib
import json
import resource
import sys
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

IDLE = b""
HALF_A_HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW_BODY = (
    b"POST /setup/accept HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\naccount="
)
HALF_A_HANDSHAKE = b"GET /overlay/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
KINDS = (IDLE, HALF_A_HEAD, SLOW_BODY, HALF_A_HANDSHAKE)


class Flood:
    """Counts what became of the connections."""

    def __init__(self, host: str, port: int, again_after: float) -> None:
        self.opened = 0
        self.refused = 0
        self.held = 0
        """How many are open now, as far as this side knows."""
        self.most_held = 0
        self._address = host, port
        self._again_after = again_after

    async def client(self, number: int, sent: bytes) -> None:
        """One client, for ever: connect, send this, and wait for the end."""
        await asyncio.sleep(number / 1_000)
        while True:
            try:
                reader, writer = await asyncio.open_connection(*self._address)
            except OSError:
                self.refused += 1
            else:
                await self._hold(reader, writer, sent)
            await asyncio.sleep(self._again_after)

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes) -> None:
        self.opened += 1
        self.held += 1
        self.most_held = max(self.most_held, self.held)
        try:
            with contextlib.suppress(OSError):
                writer.write(sent)
                while await reader.read(4_096):
                    pass
        finally:
            self.held -= 1
            writer.transport.abort()


@asynccontextmanager
async def flood(
    address: tuple[str, int], clients: int, kinds: Sequence[bytes] = KINDS, again_after: float = 2.0
) -> AsyncGenerator[Flood]:
    """So many clients at an address, each of the kinds in turn, until the block ends."""
    made = Flood(*address, again_after)
    tasks = [asyncio.create_task(made.client(n, kinds[n % len(kinds)])) for n in range(clients)]
    try:
        yield made
    finally:
        left = set(tasks)
        while left:  # again, because a cancellation that meets the end of a connection may be lost
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=1.0)


@contextmanager
def descriptors(most: int) -> Generator[None]:
    """Processes that are started meanwhile may open so many files and sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def _until_told(port: int, clients: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    async with flood(("127.0.0.1", port), clients) as made:
        await asyncio.to_thread(sys.stdin.read)
        print(json.dumps({"opened": made.opened, "refused": made.refused, "most_held": made.most_held}), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_until_told(int(sys.argv[1]), int(sys.argv[2])))
