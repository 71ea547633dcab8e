"""Asks a server for a text: GET, two seconds, 400 characters, only what ``addresses`` allows, also when redirected."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urljoin

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from pixel_bot.plugin import VariableFailed, later, texts

from .addresses import NOT_AN_ADDRESS, host_and_port, public_address

_ = texts(__name__)

SECONDS = 2.0
LONGEST_ANSWER = 400
MOST_BYTES = 4_096
MOST_REDIRECTS = 3

NO_ANSWER = later("{host} did not answer.")
REFUSED = later("{host} answered with an error.")

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""All addresses of a name."""

Allow = Callable[[str], None]
"""Raises for a server that the streamer has not allowed."""


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


class _Pinned(AbstractResolver):
    """Knows one name and one address: the one that was checked is the one that is connected to."""

    def __init__(self, host: str, address: str) -> None:
        self._host = host
        self._address = address

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host != self._host:
            raise OSError(f"{host} was not checked")
        kind = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        return [
            ResolveResult(
                hostname=host, host=self._address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST
            )
        ]

    @override
    async def close(self) -> None:
        pass


async def fetch(url: str, allow: Allow, find: Resolve = resolve, connect: Callable[[str], str] = str) -> str:
    """What a server answers, on one line.

    Args:
        url: of ``http`` or ``https``.
        allow: asked for each server on the way.
        find: the resolver.
        connect: the address that is connected to, for one that was checked; a test leads it elsewhere.

    Raises:
        VariableFailed: it may not be asked, or does not answer as it should.
    """
    host = ""
    try:
        async with asyncio.timeout(SECONDS):
            for _attempt in range(MOST_REDIRECTS + 1):
                host, port = host_and_port(url)
                allow(host)
                address = connect(public_address(host, await find(host, port)))
                answer, moved = await _get(url, host, address)
                if not moved:
                    return answer
                url = urljoin(url, moved)
    except (TimeoutError, OSError, aiohttp.ClientError, UnicodeError) as exc:
        raise VariableFailed(_(NO_ANSWER, host=host)) from exc
    raise VariableFailed(_(NO_ANSWER, host=host))


async def _get(url: str, host: str, address: str) -> tuple[str, str]:
    """One request: the text, or where the server says that it is."""
    target = yarl.URL(url)
    if target.host != host:  # two ways to read an address must not lead to two servers
        raise VariableFailed(NOT_AN_ADDRESS)
    connector = aiohttp.TCPConnector(resolver=_Pinned(host, address), use_dns_cache=False, force_close=True)
    # Unpacked answers could be of any size, so none is asked for, and none is unpacked.
    headers = {"Accept-Encoding": "identity", "Accept": "text/plain, */*", "User-Agent": "PixelBot"}
    async with (
        aiohttp.ClientSession(
            connector=connector,
            headers=headers,
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session,
        session.get(target, allow_redirects=False, max_line_size=4_096, max_field_size=4_096) as response,
    ):
        if response.status in {301, 302, 303, 307, 308}:
            return "", response.headers.get("Location", "")[:1_000]
        if response.status != 200:
            raise VariableFailed(_(REFUSED, host=host))
        body = b""
        async for chunk in response.content.iter_chunked(MOST_BYTES):
            body += chunk
            if len(body) >= MOST_BYTES:
                break
    return " ".join(body[:MOST_BYTES].decode("utf-8", "replace").split())[:LONGEST_ANSWER], ""
