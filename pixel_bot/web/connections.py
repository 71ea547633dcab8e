"""The connections that the web server holds: how many there may be, how long each may wait, and which one ends first.

A process has a limited number of descriptors, and the database, Twitch and OBS need theirs. So the web server keeps
well below that limit. What the other side owes (the rest of a request, a first message, reading the answer) has a time
limit, against clients that open connections and then do nothing
(https://en.wikipedia.org/wiki/Slowloris_(cyber_attack)); and when the server is full, the connection that has been
idle longest makes room for the new one.
"""

import logging
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import islice
from typing import Any, Protocol

log = logging.getLogger(__name__)

MOST = 400
"""Connections at most, however many descriptors there are: a home network has a few dozen."""

OWN_DESCRIPTORS = 160
"""Left for the rest of the bot (34 after a start in the sandbox, up to 100 with a busy database, speech and OBS), and
for connections that were accepted and are about to be refused."""

MOST_OF_ONE_ADDRESS = 64
KEEP_ALIVE_SECONDS = 5
ENDED_AT_ONCE = 16
"""One in so many connections ends when there is no room, the idlest ones: so that not each new one costs a look at
all of them."""

FULL = "The web server is full: %s connections are open. The oldest idle ones are closed to make room."


class Phase(Enum):
    """What a connection waits for."""

    HEAD = auto()
    """The first line and the headers of a request."""
    BODY = auto()
    """The rest of a request."""
    ANSWER = auto()
    """Our answer: the other side owes nothing."""
    READING = auto()
    """The other side does not read what was sent."""
    IDLE = auto()
    """The next request of a connection that is kept alive; uvicorn closes it after ``KEEP_ALIVE_SECONDS``."""
    HELLO = auto()
    """A websocket has not said what it is for."""
    OPEN = auto()
    """A websocket that is in use. Pings find out when it is dead."""


PATIENCE: dict[Phase, tuple[float, float]] = {
    Phase.HEAD: (10.0, 10.0),
    Phase.BODY: (10.0, 120.0),
    Phase.READING: (30.0, 600.0),
    Phase.HELLO: (15.0, 15.0),
}
"""Seconds that a phase may last without progress, and in all."""


class Link(Protocol):
    """The protocol object behind a connection."""

    def phase(self) -> Phase:
        """What it waits for now."""
        ...

    def time_out(self) -> None:
        """The other side was too slow: say so where possible, and close."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...

    def has_unread(self) -> bool:
        """Whether something has arrived that was not looked at yet."""
        ...


@dataclass(slots=True, eq=False)
class Connection:
    """One open connection. ``address`` is the remote one, empty where it is not known."""

    link: Link
    address: str
    since: float
    """When its present phase began."""
    progress: float
    """When something last moved in that phase."""
    phase: Phase = Phase.HEAD
    asked: bool = False
    """Whether it ever made a whole request."""
    trusted: bool = False
    """Whether it has shown a key, a session or a token of ours."""
    greeted: bool = False
    """Whether a websocket has said what it is for."""

    def look(self, now: float) -> None:
        """Notice a new phase."""
        phase = self.link.phase()
        if phase is not self.phase:
            self.phase, self.since, self.progress = phase, now, now

    def is_late(self, now: float) -> bool:
        """Whether the other side has kept us waiting for too long."""
        if (patience := PATIENCE.get(self.phase)) is None:
            return False
        stalled, whole = patience
        return now - max(self.progress, self.since) >= stalled or now - self.since >= whole

    def rank(self) -> int | None:
        """In which order connections end when there is no room, 0 first; None for those that stay."""
        if self.phase is Phase.ANSWER:
            return None
        if self.trusted:
            return None if self.phase is Phase.OPEN else 3
        if self.phase is Phase.OPEN:
            return 2
        return 1 if self.asked else 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be.

    ``reserve`` of ``most`` are kept for those that have shown a key, and as many for those that have not, so that
    neither shuts the other out.
    """

    most: int
    reserve: int
    of_one_address: int = MOST_OF_ONE_ADDRESS

    @classmethod
    def of_this_process(cls) -> "Limits":
        """What the limit of descriptors leaves room for. Each connection may have a file open, which it sends."""
        limit = descriptor_limit()
        most = MOST if limit is None else max(8, min(MOST, (limit - OWN_DESCRIPTORS) // 2))
        return cls(most, most // 4, min(MOST_OF_ONE_ADDRESS, max(4, most // 2)))


class Connections:
    """All open connections of one server."""

    def __init__(self, limits: Limits, now: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._now = now
        self._open: dict[Link, Connection] = {}
        self._trusted = 0

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, link: Link, address: str) -> Connection | None:
        """Count a new connection in; None when there is no room, and nobody idle who could make some."""
        now = self._now()
        group = address_group(address)
        if group and not self._has_room_for(group, now):
            return None
        while self._is_full():
            log.warning(FULL, self.limits.most)
            if not self._end_the_idlest(now, ""):
                return None
        connection = self._open[link] = Connection(link, group, now, now)
        return connection

    def remove(self, link: Link) -> None:
        """A connection is gone."""
        gone = self._open.pop(link, None)
        if gone is not None and gone.trusted:
            self._trusted -= 1

    def upgrade(self, connection: Connection, link: Link) -> None:
        """A connection goes on under another protocol object."""
        self._open.pop(connection.link, None)
        connection.link, connection.asked = link, True
        self._open[link] = connection

    def trust(self, connection: Connection) -> None:
        """A connection has shown a key. Those beyond the share of such ones stay strangers."""
        is_open = self._open.get(connection.link) is connection
        if is_open and not connection.trusted and self._trusted < self.limits.most - self.limits.reserve:
            connection.trusted = True
            self._trusted += 1

    def sweep(self) -> None:
        """Close the connections whose other side is too slow."""
        now = self._now()
        for connection in tuple(self._open.values()):
            connection.look(now)
            if connection.is_late(now):
                self.remove(connection.link)
                connection.link.time_out()

    def moved(self, connection: Connection) -> None:
        """Something was received, or read by the other side."""
        connection.progress = self._now()

    def _has_room_for(self, group: str, now: float) -> bool:
        """Whether an address may have one more; its own idle connections make room first."""
        while sum(c.address == group for c in self._open.values()) >= self.limits.of_one_address:
            if not self._end_the_idlest(now, group):
                return False
        return True

    def _is_full(self) -> bool:
        strangers = len(self._open) - self._trusted
        return len(self._open) >= self.limits.most or strangers >= self.limits.most - self.limits.reserve

    def _end_the_idlest(self, now: float, group: str) -> bool:
        """Close those that have been idle longest, of an address if one is given. Returns False without any."""
        found: list[tuple[int, float, int, Connection]] = []
        for number, connection in enumerate(self._open.values()):
            if not group or connection.address == group:
                connection.look(now)
                if (rank := connection.rank()) is not None:
                    found.append((rank, connection.since, number, connection))
        found.sort()
        most = 1 if group else max(1, self.limits.most // ENDED_AT_ONCE)
        # Whose request lies in the socket while a flood keeps us busy is not idle, unless all are like that.
        idle = (entry for entry in found if not entry[-1].link.has_unread())
        first = next(idle, found[0] if found else None)
        if first is None:
            return False
        others = (
            entry for entry in islice(idle, most - 1) if entry[0] == 0
        )  # what never made a request goes with others
        for *_, connection in [first, *others]:
            self.remove(connection.link)
            connection.link.abort()
        return True


def descriptor_limit() -> int | None:
    """How many descriptors this process may have open; None where there is no such limit, as on Windows."""
    try:
        import resource
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def address_group(address: str) -> str:
    """Whose connections count together: an IPv4 address, or the /64 of an IPv6 one; empty for this machine."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return "" if found.is_loopback else str(ip_network((found, 64), strict=False))
        found = found.ipv4_mapped
    return "" if found.is_loopback else str(found)


KEY = "pixel_bot.connection"
"""Where a request's or a websocket's ASGI scope has its connection, in ``state``."""


def trust(scope: MutableMapping[str, Any]) -> None:
    """The sender of a request has shown a key: its connection belongs to those that come first."""
    found: tuple[Connections, Connection] | None = scope.get("state", {}).get(KEY)
    if found is not None:
        connections, connection = found
        connections.trust(connection)


def link_of(scope: MutableMapping[str, Any]) -> Link | None:
    """The protocol object behind a request or a websocket; None behind another server than ours."""
    found: tuple[Connections, Connection] | None = scope.get("state", {}).get(KEY)
    return found[1].link if found is not None else None


def greet(scope: MutableMapping[str, Any]) -> None:
    """A websocket has said what it is for: it may stay silent from now on."""
    found: tuple[Connections, Connection] | None = scope.get("state", {}).get(KEY)
    if found is not None:
        found[1].greeted = True
