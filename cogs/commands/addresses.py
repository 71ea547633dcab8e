"""Which addresses the bot may ask: public ones, of a server with a name. It is never led into a home network."""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from pixel_bot.plugin import VariableFailed, later, texts

_ = texts(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NOT_AN_ADDRESS = later("That is no web address that I may ask.")
NOT_PUBLIC = later("{host} is not on the public internet, so I do not ask it.")

LONGEST_URL = 1_000

_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.(?!-)[a-z0-9-]{1,63})*\.[a-z][a-z0-9-]{1,62}")
_PORTS = {"http": 80, "https": 443}


def host_and_port(url: str) -> tuple[str, int]:
    """The server's name, lower case, and the port.

    A number in any spelling (``127.1``, ``0x7f000001``, ``2130706433``, ``[::1]``) is no name, and neither is one
    without a dot, like ``localhost``.

    Raises:
        VariableFailed: it is no address of a server with a name, on the usual port.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as exc:
        raise VariableFailed(_(NOT_AN_ADDRESS)) from exc
    usual = _PORTS.get(parts.scheme)
    strange = any(char.isspace() or not char.isprintable() or char == "\\" for char in url)
    if usual is None or strange or len(url) > LONGEST_URL or parts.username is not None or parts.password is not None:
        raise VariableFailed(_(NOT_AN_ADDRESS))
    if len(host) > 253 or _NAME.fullmatch(host) is None or port not in {None, usual}:
        raise VariableFailed(_(NOT_AN_ADDRESS))
    return host, usual


def public_address(host: str, found: Iterable[str]) -> str:
    """The first of the addresses that a name has, where each of them is a public one.

    Raises:
        VariableFailed: one of them is not: private, loopback, link-local, shared (CGNAT), multicast, reserved; also
            as an IPv4 address that is written as an IPv6 one.
    """
    addresses = list(dict.fromkeys(found))
    if not addresses or not all(map(is_public, addresses)):
        raise VariableFailed(_(NOT_PUBLIC, host=host))
    return addresses[0]


def is_public(written: str) -> bool:
    """Whether an address, as the resolver returns it, is on the public internet."""
    try:
        address: Address = ipaddress.ip_address(written.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in _with_embedded(address))


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _with_embedded(address: Address) -> list[Address]:
    """The address, and the IPv4 addresses that stand inside of an IPv6 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    found: list[Address] = [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found += address.teredo
    return found
