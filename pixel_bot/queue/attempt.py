"""One attempt at a queue item: mods may stop it until it has a result, and await that result."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from pixel_bot.redeems.queue_items import Item

T = TypeVar("T")


class ResultKind(Enum):
    """How an attempt can end."""

    DONE = "done"
    REFUND = "refund"
    RETRY = "retry"
    """It was cut off, and is pending again."""
    LEFT = "left"
    """The bot ends: the item stays ``running`` for the recovery of the next start."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended.

    Attributes:
        kind: how.
        reason: the sentence for the buyer, of a refund.
        released: of a retry, True when the page has given the item up, so that any page may play it.
    """

    kind: ResultKind
    reason: str = ""
    released: bool = False

    @classmethod
    def refund(cls, reason: str) -> "Result":
        """A refund, with the sentence for the buyer."""
        return cls(ResultKind.REFUND, reason)


DONE = Result(ResultKind.DONE)
LEFT = Result(ResultKind.LEFT)
RETRY = Result(ResultKind.RETRY)


class Stopped(Exception):
    """The attempt was stopped from outside, with this ``result``."""

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__(result.kind.value)


class Attempt:
    """An item that is being played or executed. Needs a running event loop."""

    def __init__(self, item: Item, *, stoppable: bool = True) -> None:
        loop = asyncio.get_running_loop()
        self.item = item
        self._stoppable = stoppable
        self._stop: asyncio.Future[Result] = loop.create_future()
        self._end: asyncio.Future[Result] = loop.create_future()

    def stop(self, reason: str) -> bool:
        """Stop it with a refund and this reason. Returns False when it cannot be stopped, or not any more."""
        if not self._stoppable or self._stop.done() or self._end.done():
            return False
        self._stop.set_result(Result.refund(reason))
        return True

    def leave_to_next_start(self) -> None:
        """The bot ends: leave it to the recovery of the next start."""
        if not self._stop.done():
            self._stop.set_result(LEFT)

    def forbid_stop(self) -> None:
        """Its effect has happened: it cannot be stopped any more."""
        self._stoppable = False

    async def unless_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        """Await the work, or cancel it on a stop. Work that completes in spite of the stop keeps its result.

        Raises:
            Stopped: it was cancelled.
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
        """Publish the result. Call it after the commit."""
        if not self._end.done():
            self._end.set_result(result)

    async def ended(self) -> Result:
        """Wait for the result."""
        return await asyncio.shield(self._end)
