"""What the text of another bot's command needs: which variables are in it, and which servers it asks.

Texts are stored as they are: Pixel Bot reads ``$(...)`` and ``${...}`` of Nightbot, StreamElements and Fossabot,
``{user.name}`` of Streamlabs and ``$username`` of its desktop bot.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pixel_bot.variables.parsing import variables_in

KNOWN = frozenset(
    {"user", "sender", "source", "username", "touser", "target", "tousername", "args", "query", "querystring"}
    | {"queryescape", "pathescape", "count", "counter", "getcount", "countdown", "countup", "time", "channel"}
    | {"channelid", "chatid", "userid", "user_id", "userlevel", "provider", "twitch", "urlfetch", "customapi"}
    | {"readapi", "random", "game", "title", "uptime", "math", "repeat", "quote", "pointsname", "msgid", "randuserid"}
)
"""Variables that have a value here."""

FETCHING = frozenset({"urlfetch", "customapi", "readapi"})

NO_SOURCE = frozenset(
    {"weather", "tweet", "steam", "lastfm", "user.time_online", "sender.time_online", "source.time_online"}
    | {"channel.viewers", "channel.followers", "channel.subs"}
)
"""Variables that are known, and that nobody here can tell."""

MAX_LENGTH = 1_500
"""Characters of a text."""

_EVAL = re.compile(r"\$[({]\s*eval\b", re.IGNORECASE)
"""With a blank in front it is no variable here; said as it stands it would puzzle chat, so it is off all the same."""

_DESKTOP = re.compile(r"\$([a-z]{3,})\b")
_POSITION = re.compile(r"\d{1,2}(?::\d{0,2})?")
_ADDRESS = re.compile(r"(?:urlfetch|customapi|readapi)[ .]+(?:json\s+)?([^\s)}]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a text needs.

    Attributes:
        off: why it cannot run here; empty where it can.
        hosts: servers that the streamer must allow first.
        counts: whether it counts how often it was used.
    """

    off: str = ""
    hosts: tuple[str, ...] = ()
    counts: bool = False


def needs_of(text: str, *, is_desktop: bool = False) -> Needs:
    """Look at a text.

    Args:
        text: of the command.
        is_desktop: True for Streamlabs Chatbot, where every word behind a ``$`` is a variable.
    """
    names = list(_names(text, is_desktop=is_desktop))
    hosts = list(dict.fromkeys(_host(match[1]) for match in _ADDRESS.finditer(text)))
    return Needs(_off(names, hosts), tuple(host for host in hosts if host), "count" in names)


def _names(text: str, *, is_desktop: bool) -> Iterator[str]:
    yield from (f"{name}.{field}" if field else name for name, field in variables_in(text))
    if _EVAL.search(text):
        yield "eval"
    if is_desktop:
        yield from (match[1] for match in _DESKTOP.finditer(text))


def _off(names: Sequence[str], hosts: Sequence[str]) -> str:
    if "eval" in names:
        return "it has $(eval), which never runs here"
    nobody = next((name for name in names if name in NO_SOURCE), "")
    if nobody:
        return f"nobody here can tell $({nobody})"
    unknown = [name for name in names if _base(name) not in KNOWN and not _POSITION.fullmatch(_base(name))]
    if unknown:
        return f"$({unknown[0]}) is not known here"
    if "" in hosts:
        return "it asks a server whose name is not fixed"
    if len(hosts) > 2 or sum(_base(name) in FETCHING for name in names) > 2:
        return "it asks more than two servers"
    return ""


def _base(name: str) -> str:
    return name.partition(".")[0]


def _host(address: str) -> str:
    """The server of an address; empty where a variable is in its name."""
    try:
        host = urlsplit(address if "://" in address else f"https://{address}").hostname or ""
    except ValueError:
        return ""
    return "" if not re.fullmatch(r"[\w.-]+\.[a-z]{2,}", host) else host
