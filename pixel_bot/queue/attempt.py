"""One item under way: mods may stop it at any moment until it is decided, and wait for how it ended."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pixel_bot.redeems.queue_items import Item

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended.

    ``done``; ``refund`` with a sentence for the buyer; ``again`` when it was cut off, ``released`` where the page said
    that it let go of it; ``left`` to the next start, because the bot ends.
    """

    kind: Literal["done", "refund", "again", "left"]
    reason: str = ""
    released: bool = False


DONE = Result("done")
LEFT = Result("left")


class Stopped(Exception):
    """The attempt was stopped from outside; ``verdict`` says what that makes of it."""

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__(result.kind)


class Attempt:
    """An item that is being played or worked. Needs a running event loop."""

    def __init__(self, item: Item, *, stoppable: bool = True) -> None:
        loop = asyncio.get_running_loop()
        self.item = item
        self._stoppable = stoppable
        self._stop: asyncio.Future[Result] = loop.create_future()
        self._end: asyncio.Future[Result] = loop.create_future()

    def stop(self, reason: str) -> bool:
        """Stop it; the buyer is to hear the reason. Returns False when that is not possible, or no longer."""
        if not self._stoppable or self._stop.done() or self._end.done():
            return False
        self._stop.set_result(Result("refund", reason))
        return True

    def leave_to_next_start(self) -> None:
        """The bot ends: leave it to the next start."""
        if not self._stop.done():
            self._stop.set_result(LEFT)

    def forbid_stop(self) -> None:
        """Its effect has happened: from now on it cannot be stopped."""
        self._stoppable = False

    async def unless_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work. When it can still be called off in time, a stop calls it off; else its result counts.

        Raises:
            Stopped: it was called off.
        """
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task, self._stop}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
                if task.cancelled():
                    raise Stopped(self._stop.result())
            return task.result()
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            if task.cancelled():
                raise
            return task.result()

    def end(self, result: Result) -> None:
        """It is decided, and that is durable."""
        if not self._end.done():
            self._end.set_result(result)

    async def ended(self) -> Result:
        """Wait for how it ended."""
        return await asyncio.shield(self._end)
