"""Who waits for the next change of something."""

import asyncio


class NextChange:
    """Futures that are done when, from the moment on at which they were asked for, something changes."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def wait(self) -> asyncio.Future[None]:
        """Done at the next ``come``. Whoever does not want it any more cancels it."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)
        return waiting

    def come(self) -> None:
        """It has changed."""
        for waiting in tuple(self._waiting):
            if not waiting.done():
                waiting.set_result(None)
