"""Rate limit for wrong keys and tokens, for each address. Its memory is bounded."""

import time
from collections import deque
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from math import ceil

from starlette.types import Scope

from pixel_bot.lru_cache import LruCache

MOST = 10
SECONDS = 60.0
ADDRESSES = 1_000


class Attempts:
    """How often each address was wrong lately: ``MOST`` times in ``SECONDS``, then it has to wait.

    Args:
        now: seconds of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wrong: LruCache[str, deque[float]] = LruCache(ADDRESSES)

    def wait(self, scope: Scope) -> int:
        """Whole seconds until the sender of a request may try again; 0: now."""
        times = self._wrong.get(_sender(scope))
        if times is None or len(times) < MOST:
            return 0
        return max(0, ceil(times[0] + SECONDS - self._now()))

    def failed(self, scope: Scope) -> None:
        """The sender was wrong."""
        sender = _sender(scope)
        times = self._wrong.get(sender) or deque(maxlen=MOST)
        times.append(self._now())
        self._wrong.put(sender, times)


def _sender(scope: Scope) -> str:
    """The address of the peer; of IPv6 the network, because one computer has many addresses there."""
    client = scope.get("client")
    try:
        address = ip_address(client[0]) if client else None
    except ValueError:
        return ""
    if address is None:
        return ""
    return str(ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)
