"""What is told by a request's headers and its connection: origins, TLS, and whether it comes from this machine."""

from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from pixel_bot.model.hosts import is_loopback

DEFAULT_PORTS = {"http": 80, "https": 443}
PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


class Origin(NamedTuple):
    """Scheme, host and port (https://www.rfc-editor.org/rfc/rfc6454#section-4)."""

    scheme: str
    host: str
    port: int


def origin_from(url: str) -> Origin | None:
    """The origin that an ``Origin`` header or an address names; None for what is none of the web, like ``null``."""
    try:
        parts = urlsplit(url.strip())
        scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
        port = parts.port or DEFAULT_PORTS.get(scheme, 0)
    except ValueError:
        return None
    if scheme not in DEFAULT_PORTS or not host or parts.username is not None or parts.path not in {"", "/"}:
        return None
    return Origin(scheme, host, port)


def requested_origin(scope: Scope, public: Origin | None) -> Origin | None:
    """The origin under which the sender sees this server; None for a ``Host`` header that is none.

    It is https behind WEB_PUBLIC_URL, or where a proxy on this machine says so. A ``X-Forwarded-Proto`` from elsewhere
    counts for nothing.
    """
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if public is not None and public.scheme == "https" and origin_from(f"https://{host}") == public:
        return public
    proxied = headers.get("x-forwarded-proto", "").strip().lower() == "https" and is_loopback(_peer(scope))
    is_tls = proxied or scope.get("scheme") in {"https", "wss"}
    return origin_from(f"{'https' if is_tls else 'http'}://{host}")


def host_name(netloc: str) -> str:
    """``localhost:8080`` -> ``localhost``, ``[::1]:8080`` -> ``::1``."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    except ValueError:
        return ""


def is_from_this_machine(scope: Scope) -> bool:
    """True for a request of a program on this machine, to an address of this machine, that no proxy has passed on."""
    headers = Headers(scope=scope)
    if any(name in headers for name in PROXY_HEADERS):
        return False
    server, peer, name = scope.get("server"), _peer(scope), host_name(headers.get("host", ""))
    own = server[0] if server else ""
    return (is_loopback(peer) or (bool(peer) and peer == own)) and (is_loopback(name) or name == own)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
