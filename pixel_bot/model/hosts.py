"""Network addresses as settings and requests name them."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """True for ``localhost`` and the addresses that only this machine reaches."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_every_address(host: str) -> bool:
    """True where a server that is bound to it listens at all addresses of this machine: ``0.0.0.0``, ``::``."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return not host


def reached_here(host: str, port: int) -> str:
    """``host:port`` as this machine reaches a server that is bound to a host."""
    shown = "127.0.0.1" if is_every_address(host) else host
    return f"[{shown}]:{port}" if ":" in shown else f"{shown}:{port}"
