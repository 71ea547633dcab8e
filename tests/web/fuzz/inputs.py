"""Requests and frames that no client of ours would send, for hypothesis to put together."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck
from hypothesis import strategies as st

LARGE_INPUTS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
"""What hypothesis would warn of: the inputs are large on purpose, and so are slow to make."""

ODD_TEXT = (
    "", "\x00", "\ud800", "\U0001f600" * 50, "../../etc/passwd", "%00", "' OR 1=1 --", "<script>", "\r\nX: y", "𝟙", "٣",
    "x" * 3_000, "NaN", "-1", "1e400", "9" * 400, "null", "[1", "\u202e", "con", "a" * 255, "0x10", "1_000",
)  # fmt: skip
ODD_NUMBERS = (
    0,
    -1,
    2**31,
    2**63,
    2**64,
    -(2**70),
    10**300,
    1.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
)
LEAVES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.sampled_from(ODD_NUMBERS) | st.sampled_from(ODD_TEXT) | st.text(max_size=30)
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)

FIELDS = (
    "id", "state", "seconds", "reason", "page", "obs", "visible", "sound", "login", "role", "name", "text", "kind",
    "amount", "live", "command", "identifier", "data", "type", "version", "condition", "transport", "session_id",
    "method", "broadcaster_id", "sender_id", "message", "reply_parent_message_id", "title", "cost", "prompt", "status",
    "is_enabled", "username", "channel", "event_version", "grant_type", "code", "client_id", "refresh_token", "ticket",
    "account",
)  # fmt: skip
KNOWN = {
    "state": ("started", "finished", "failed", "lost"),
    "role": ("viewer", "moderator", "joystick", "broadcaster"),
    "login": ("viewer_vi", "mod_mila", "joy_jules", "nobody_here", "pixelbot"),
    "kind": (
        "follow", "sub", "resub", "gift", "gift3", "cheer", "raid", "power_up", "upgrade", "streak", "hype_train",
        "tip", "enter", "fly",
    ),
    "text": ("hi", "!points", "!sound ding", "!spin", "!give @viewer_vi 1e5", "!points add @x " + "9" * 30),
    "command": ("subscribe", "unsubscribe", "message"),
    "identifier": ('{"channel":"GatewayChannel"}', '{"channel":"GatewayChannel","event_version":[]}', "[]"),
    "type": ("channel.follow", "channel.chat.message", "channel.cheer"),
    "version": ("1", "2"),
    "method": ("websocket", "webhook"),
    "grant_type": ("client_credentials", "refresh_token", "authorization_code"),
    "account": ("bot", "broadcaster", "joystick"),
}  # fmt: skip
ACTIONS = ("hello", "ack", "state", "pick", "say", "event", "delete", "timeout", "redeem", "stream", "fly")


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    """An object with fields that are known somewhere, and values of any kind."""
    made: dict[str, Any] = {}
    if draw(st.integers(0, 9)) > 0:
        made["do"] = draw(st.sampled_from(ACTIONS) | VALUES)
    for name in draw(st.lists(st.sampled_from(FIELDS), max_size=6, unique=True)):
        known = KNOWN.get(name)
        made[name] = draw(VALUES if known is None else st.sampled_from(known) | VALUES)
    return made


def as_json(value: Any) -> bytes:
    """As JSON, as Python writes it: with NaN, numbers of any size, and lone surrogates as escapes."""
    return json.dumps(value).encode()


DEEP = (b"[" * 50_000, b'{"a":' * 5_000, b'{"do":' + b"[" * 900 + b"]" * 900 + b"}")
BROKEN = (b"", b"{", b"null", b"5", b'"do"', b"[]", b'{"do":"ack","state":[]}', b"\xff\xfe", b"\x00" * 100, *DEEP)
FRAMES: st.SearchStrategy[bytes] = (
    objects().map(as_json)
    | objects().map(as_json)
    | VALUES.map(as_json)
    | st.sampled_from(BROKEN)
    | st.binary(max_size=200)
)


@dataclass(frozen=True, slots=True)
class Route:
    """A way into the bot, and with which methods. ``token`` says whose credentials open it."""

    path: str
    methods: tuple[str, ...] = ("GET",)
    token: str = ""


def routes_of(prefixes: dict[str, str], listed: list[tuple[str, tuple[str, ...]]]) -> list[Route]:
    """Routes by the paths that an application has; the longest prefix says which token belongs there."""
    found: list[Route] = []
    for path, methods in listed:
        fitting = max((p for p in prefixes if path.startswith(p)), key=len, default="")
        found.append(Route(path, methods, prefixes.get(fitting, "")))
    return found


PARAMETERS = (
    "key", "account", "state", "code", "error", "speed", "first", "after", "broadcaster_id", "user_id", "id", "login",
    "moderator_id", "reward_id", "status", "page", "client_id", "redirect_uri", "response_type", "scope", "token",
    "keepalive_timeout_seconds", "challenge", "sort",
)  # fmt: skip
ENCODED: st.SearchStrategy[str] = st.sampled_from(
    ("%", "%zz", "%00", "%ff%fe", "%2e%2e/", "%2F", "+", "%ed%a0%80", "//", "%0d%0aX:y")
) | st.text(max_size=20).map(lambda text: quote(text.encode("utf-8", "surrogatepass")))
CONTENT_TYPES = (
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data",
    "text/plain; charset=utf-99", "", "\u00e4",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "FLY")
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="account"; filename="a"\r\n\r\nbot\r\n--x--\r\n',
    b"--x\r\nContent-Disposition: form-data\r\n\r\n\xff\r\n--x",
)
LONG = "x" * 14_000


@st.composite
def targets(draw: st.DrawFn, path: str) -> str:
    """The path of a route, or one near it, and a query."""
    for name in ("token", "name", "path"):
        path = path.replace("{%s}" % name, draw(ENCODED))  # noqa: UP031 - braces stand for themselves
    match draw(st.integers(0, 9)):
        case 0:
            path += "/" + draw(ENCODED)
        case 1:
            path = "/" + draw(ENCODED) + path
        case 2:
            path += draw(st.sampled_from(("/", "//", "%00", ".", "?", ";a=b", "/" + LONG[:300], LONG)))
        case _:
            pass
    query = "&".join(f"{name}={draw(ENCODED)}" for name in draw(st.lists(st.sampled_from(PARAMETERS), max_size=4)))
    return f"{path}?{query}" if query else path


@st.composite
def requests(draw: st.DrawFn, routes: list[Route]) -> tuple[Route, bytes]:
    """A whole request, and the route that it is meant for. ``{TOKEN}`` stands for the credentials of the route."""
    route = draw(st.sampled_from(routes))
    method = draw(st.sampled_from(route.methods) | st.sampled_from(METHODS))
    target = draw(targets(route.path))
    body = draw(FRAMES | st.sampled_from(MULTIPART) | forms() | st.just(b""))
    headers = [
        f"Host: {draw(st.sampled_from(('localhost', 'localhost', 'localhost', '127.0.0.1:80', '[::1', 'ä', '')))}"
    ]
    headers += [f"Content-Type: {draw(st.sampled_from(CONTENT_TYPES))}", f"Content-Length: {len(body)}"]
    if draw(st.booleans()):
        headers.append("{TOKEN}")
    odd = st.sampled_from(
        (
            f"X-Long: {LONG}",
            "Cookie: a=b; ä=%ff; =",
            "Range: bytes=-99999999999999999999",
            "Range: bytes=5-1,x",
            "If-None-Match: \x80",
            "If-Modified-Since: yesterday",
            "Accept-Encoding: *;q=x",
            "Expect: 100-continue",
            "Upgrade: websocket\r\nConnection: Upgrade",
            "Upgrade: h2c\r\nConnection: Upgrade",
            "Transfer-Encoding: gzip",
            "Connection: close",
            "Content-Length: 5",
            "Authorization: Basic %%%",
            "Authorization: Bearer",
            "Bad Header: x",
            "Sec-Fetch-Site: cross-site",
            "Origin: null",
            "Origin: http://localhost",
            "X-Forwarded-For: x",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==",
        )
    )
    headers += draw(st.lists(odd, max_size=3))
    head = f"{method} {target} HTTP/1.1\r\n" + "\r\n".join(headers) + "\r\n\r\n"
    return route, head.encode("latin-1", "replace") + body


@st.composite
def forms(draw: st.DrawFn) -> bytes:
    """A form with known names."""
    names = draw(st.lists(st.sampled_from(FIELDS), max_size=5))
    return "&".join(f"{name}={draw(ENCODED)}" for name in names).encode()
