"""What the lanes have in common: they sleep until something changes, and know when they have nothing to do."""

import asyncio
from contextlib import suppress


class Worker:
    """Woken by events, never by polling. Needs a running event loop."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something changed: look again."""
        self._wake.set()
        self._idle.clear()

    @property
    def is_idle(self) -> bool:
        """True when there is nothing that could be done now."""
        return self._idle.is_set()

    async def idle(self) -> None:
        """Wait until there is nothing that could be done now."""
        await self._idle.wait()

    def stop(self) -> None:
        """End after what is under way."""
        self._stopping = True
        self.wake()

    async def _rest(self, seconds: float | None = None, *, idle: bool = True) -> None:
        """Sleep until woken, or for so many seconds. ``idle`` says whether nothing is left to do meanwhile."""
        if idle:
            self._idle.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._idle.clear()
