"""One way to wait in a test for something to become true."""

import asyncio
import inspect
from collections.abc import Callable

SECONDS = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.001, 0.02


async def until(
    condition: Callable[[], object], seconds: float = SECONDS, *, changed: asyncio.Event | None = None
) -> None:
    """Wait until the condition is true.

    Args:
        condition: a function or a coroutine function without parameters; looked at once before any waiting.
        seconds: how long it may take.
        changed: an event that whoever changes the condition sets. Without one, the condition is looked at in pauses
            that double from a millisecond to twenty, as for another process or a file, which tell nobody.

    Raises:
        TimeoutError: it took longer.
    """
    pause = FIRST_PAUSE
    async with asyncio.timeout(seconds):
        while True:
            if changed is not None:
                changed.clear()  # before the look, so that a change during the look is not missed
            value = condition()
            if inspect.isawaitable(value):
                value = await value
            if value:
                return
            if changed is not None:
                await changed.wait()
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
