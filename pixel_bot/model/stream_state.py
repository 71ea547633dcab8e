"""Whether the stream is on, as the platform told us last."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One stream, from its start to its end. The id is the platform's own."""

    id: str
    since: datetime


class Stream:
    """The stream of this channel."""

    def __init__(self) -> None:
        self.now: Broadcast | None = None
        """The stream that is on; None while it is off, or while nobody has told us yet."""
        self.changed: set[Callable[[], None]] = set()
        """Called after each change."""

    @property
    def is_live(self) -> bool:
        """True while the stream is on."""
        return self.now is not None

    def went_live(self, broadcast: Broadcast) -> None:
        """The stream is on."""
        self._set(broadcast)

    def went_offline(self) -> None:
        """The stream is off."""
        self._set(None)

    def _set(self, broadcast: Broadcast | None) -> None:
        if broadcast != self.now:
            self.now = broadcast
            for tell in tuple(self.changed):
                tell()


Check = Callable[[], Awaitable[float | None]]
"""Does what is due. Returns the seconds until the next check; None when only a change of the stream brings one."""


async def check_when_due(stream: Stream, check: Check) -> None:
    """Check now, whenever the stream starts or ends, and when the last check said so. Never returns."""
    changed = asyncio.Event()
    stream.changed.add(changed.set)
    try:
        while True:
            changed.clear()
            seconds = await check()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await changed.wait()
    finally:
        stream.changed.discard(changed.set)
