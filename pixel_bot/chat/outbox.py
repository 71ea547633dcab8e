"""What the bot says, within the platform's limits.

Twitch takes 20 messages in 30 seconds from an account, 100 where it moderates, and drops the rest
(https://dev.twitch.tv/docs/chat/#rate-limits). So under pressure answers wait here: those that were paid for first and
for as long as it takes, free ones only while they still make sense.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from pixel_bot.chat.crew import Crew
from pixel_bot.services.speaking import Outgoing, SendFailed
from pixel_bot.texts import fit

log = logging.getLogger(__name__)

WINDOW_SECONDS = 30.0
LIMIT, LIMIT_AS_MOD = 20, 100
STALE_SECONDS = 10.0
MAX_FREE_WAITING = 20
RETRY_SECONDS = 5.0
MAX_TRIES = 60
# An invisible character makes a second equal message a different one; Twitch drops equal ones within 30 s.
TWIN_MARK = " \U000e0000"
SENT_BEFORE = "sent before"
"""Stands for the id of a message that was taken although its answer was lost."""


@dataclass(slots=True)
class _Waiting:
    message: Outgoing
    since: float
    done: asyncio.Future[str | None]
    on_its_way: bool = False
    withdrawn: bool = False


Send = Callable[[Outgoing], Awaitable[str]]


class Outbox:
    """Sends messages, one after another where there is a limit, at once where there is none.

    Args:
        send: sends one.
        limit: messages that may be sent within the window; None for no limit.
        window: its seconds.
        twins: whether the platform takes the same text twice in a row.
    """

    def __init__(
        self, send: Send, limit: int | None = LIMIT, *, window: float = WINDOW_SECONDS, twins: bool = False
    ) -> None:
        self._send = send
        self._limit = limit
        self._window = window
        self._twins = twins
        self._paid: deque[_Waiting] = deque()
        self._free: deque[_Waiting] = deque()
        self._sent_at: deque[float] = deque()
        self._lately: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._crew = Crew()
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def limit(self) -> int | None:
        """Messages within the window; None for no limit."""
        return self._limit

    @limit.setter
    def limit(self, limit: int | None) -> None:
        self._limit = limit
        self._wake.set()

    async def put(self, message: Outgoing) -> str | None:
        """Send a message, cut to what one message holds.

        Returns:
            Its id once it was sent; None when it was dropped.
        """
        message = replace(message, text=fit(message.text))
        if not message.text:
            return None
        self._in_flight += 1
        self._idle.clear()
        try:
            if self._limit is None:
                return await self._at_once(message)
            return await self._queue(message)
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()

    async def drained(self, timeout: float) -> None:
        """Wait until nothing is on its way, for so many seconds at most."""
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            log.warning("Some chat messages could not be sent before the end.")

    async def stop(self) -> None:
        """End the sender; what still waits is dropped."""
        self._crew.cancel()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        for waiting in (*self._paid, *self._free):
            if not waiting.done.done():
                waiting.done.set_result(None)

    async def _queue(self, message: Outgoing) -> str | None:
        loop = asyncio.get_running_loop()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run(), name="outbox")
        waiting = _Waiting(message, loop.time(), loop.create_future())
        (self._paid if message.paid else self._free).append(waiting)
        while len(self._free) > MAX_FREE_WAITING:
            self._drop(self._free.popleft())
        self._wake.set()
        return await self._outcome(waiting)

    async def _at_once(self, message: Outgoing) -> str | None:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(message, loop.time(), loop.create_future())
        if not message.paid:
            return await self._try(waiting)
        self._crew.spawn(self._deliver(waiting))
        return await self._outcome(waiting)

    async def _outcome(self, waiting: _Waiting) -> str | None:
        """What became of a message. Who gives up waiting takes it back, unless it is sent at this very moment."""
        try:
            return await asyncio.shield(waiting.done)
        except asyncio.CancelledError:
            waiting.withdrawn = True
            if not (waiting.on_its_way or waiting.done.done()):
                raise
            # It cannot be called back any more, so what becomes of it counts.
            sent = await waiting.done
            if sent is None:
                raise
            return sent

    async def _deliver(self, waiting: _Waiting) -> None:
        waiting.on_its_way = True
        sent: str | None = None
        try:
            sent = await self._try(waiting)
        except Exception:
            # The edge: what nobody foresaw costs one message, and not all that come after it.
            log.exception("A chat message could not be sent.")
        finally:
            if not waiting.done.done():
                waiting.done.set_result(sent)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._paid or self._free:
                await self._wait_for_a_slot()
                waiting = self._next()
                if waiting is None:
                    break
                self._sent_at.append(asyncio.get_running_loop().time())
                await self._deliver(waiting)

    async def _wait_for_a_slot(self) -> None:
        """Returns when one more message fits into the window, or when the limit was raised so that it may."""
        loop = asyncio.get_running_loop()
        while self._limit is not None:
            while self._sent_at and self._sent_at[0] <= loop.time() - self._window:
                self._sent_at.popleft()
            if len(self._sent_at) < self._limit:
                return
            self._wake.clear()
            try:
                async with asyncio.timeout(self._sent_at[0] + self._window - loop.time()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _next(self) -> _Waiting | None:
        while self._paid:
            waiting = self._paid.popleft()
            if not waiting.withdrawn:
                return waiting
        oldest = asyncio.get_running_loop().time() - STALE_SECONDS
        while self._free:
            waiting = self._free.popleft()
            if waiting.since >= oldest and not waiting.withdrawn:
                return waiting
            self._drop(waiting)
        return None

    def _drop(self, waiting: _Waiting) -> None:
        log.info("Chat is too busy; an answer was not sent: %s", waiting.message.text)
        if not waiting.done.done():
            waiting.done.set_result(None)

    async def _try(self, waiting: _Waiting) -> str | None:
        message = self._distinct(waiting.message)
        unsure = False
        for _ in range(MAX_TRIES):
            if waiting.withdrawn:
                return None
            try:
                return await self._send(message)
            except SendFailed as exc:
                if unsure and exc.twin:
                    return SENT_BEFORE
                unsure = unsure or exc.unsure
                log.warning("A chat message was not sent: %s", exc)
                if not (message.paid and exc.retry):
                    return None
            await asyncio.sleep(RETRY_SECONDS)
        return None

    def _distinct(self, message: Outgoing) -> Outgoing:
        """The message, made different from an equal one that was sent within the window."""
        if self._limit is None or self._twins:
            return message
        now = asyncio.get_running_loop().time()
        self._lately = {text: at for text, at in self._lately.items() if at > now - self._window}
        twin = message.text in self._lately
        self._lately[message.text] = now
        if twin and len(message.text) + len(TWIN_MARK) <= 500:
            return replace(message, text=message.text + TWIN_MARK)
        return message
