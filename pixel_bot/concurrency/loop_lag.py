"""Loop lag: how late the event loop wakes a task, which is how long everybody else had to wait for a turn."""

import asyncio
from collections import deque

INTERVAL_SECONDS = 0.5
KEPT = 120
"""Measurements that are kept: the last minute."""


class LoopLag:
    """Measures the lag of the running loop, in seconds."""

    def __init__(self, interval: float = INTERVAL_SECONDS) -> None:
        self._interval = interval
        self._measured: deque[float] = deque(maxlen=KEPT)

    @property
    def last(self) -> float:
        """The newest measurement; 0 before the first one."""
        return self._measured[-1] if self._measured else 0.0

    @property
    def worst(self) -> float:
        """The largest one of the last minute."""
        return max(self._measured, default=0.0)

    async def measure(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._interval
            await asyncio.sleep(self._interval)
            self._measured.append(max(0.0, loop.time() - due))
