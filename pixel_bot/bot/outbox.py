"""What the bot says, within the platform's limits.

Twitch takes 20 messages in 30 seconds from an account, 100 where it moderates, and drops the rest
(https://dev.twitch.tv/docs/chat/#rate-limits). So under pressure answers wait here: those that were paid for first and
for as long as it takes, free ones only while they still make sense.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.platforms.twitch.sender import LIMIT
from pixel_bot.texts import fit

log = logging.getLogger(__name__)

WINDOW_SECONDS = 30.0
STALE_SECONDS = 10.0
MAX_FREE_WAITING = 20
RETRY_SECONDS = 5.0
MAX_TRIES = 60
MAX_UNCONFIRMED = 2
ORDER_SECONDS = 2.0
"""How long the others wait for one message to be taken or refused."""

# An invisible character makes a second equal message a different one; Twitch drops equal ones within 30 s.
DUPLICATE_MARK = " \U000e0000"
SENT_BEFORE = "sent before"
"""Stands for the id of a message that was taken although its answer was lost."""


@dataclass(slots=True)
class _Waiting:
    """A message on its way. ``not_before`` is when it may be tried (again)."""

    message: Outgoing
    since: float
    done: asyncio.Future[str | None]
    not_before: float = 0.0
    tries: int = 0
    unconfirmed: int = 0
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
        self, send: Send, limit: int | None = LIMIT, *, window: float = WINDOW_SECONDS, allows_duplicates: bool = False
    ) -> None:
        self._send = send
        self._limit = limit
        self._window = window
        self._allows_duplicates = allows_duplicates
        self._paid: deque[_Waiting] = deque()
        self._free: deque[_Waiting] = deque()
        self._sent_at: deque[float] = deque()
        self._lately: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._tasks = TaskGroup()
        self._deliveries: set[asyncio.Task[None]] = set()
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
        self._tasks.cancel()
        tasks = [*self._deliveries, *([self._pump] if self._pump is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for waiting in (*self._paid, *self._free):
            _end(waiting)

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
        self._tasks.spawn(self._insist(waiting))
        return await self._outcome(waiting)

    async def _insist(self, waiting: _Waiting) -> None:
        try:
            while not waiting.done.done() and not waiting.withdrawn:
                await self._deliver(waiting)
                if not waiting.done.done():
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            _end(waiting)

    async def _outcome(self, waiting: _Waiting) -> str | None:
        """What became of a message. Who gives up waiting takes it back, unless it is sent at this very moment."""
        try:
            # Shielded: the message may be on the wire, and its result belongs to the sender too.
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
        """Try once. When it is worth another try, the message is not done after it."""
        waiting.on_its_way = True
        try:
            sent, again = await self._try(waiting)
        except Exception:
            # The edge: what nobody foresaw costs one message, and not all that come after it.
            log.exception("A chat message could not be sent.")
            sent, again = None, False
        except BaseException:
            _end(waiting)  # cut off: whoever waits for it must not wait for ever
            raise
        finally:
            waiting.on_its_way = False
        if again and not waiting.withdrawn:
            waiting.not_before = asyncio.get_running_loop().time() + RETRY_SECONDS
        elif not waiting.done.done():
            # A withdrawn message ends here as well: whoever was cancelled in mid-flight waits for this result.
            waiting.done.set_result(sent)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._paid or self._free:
                if (pause := self._pause()) > 0:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await self._wake.wait()
                    self._wake.clear()
                    continue
                await self._wait_for_a_slot()
                waiting = self._next()
                if waiting is not None:
                    # Counted before it is sent: a message whose answer is lost has used its slot all the same.
                    self._sent_at.append(asyncio.get_running_loop().time())
                    await self._send_on(waiting)

    async def _send_on(self, waiting: _Waiting) -> None:
        """Send a message, and wait for its end so that they stay in order; but not when that takes too long."""
        delivery = asyncio.create_task(self._deliver(waiting))
        delivery.add_done_callback(lambda _: self._sort_in(waiting))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)
        await asyncio.wait({delivery}, timeout=ORDER_SECONDS)

    def _sort_in(self, waiting: _Waiting) -> None:
        """What is worth another try waits for it, before all that was paid for later."""
        if not waiting.done.done() and not waiting.withdrawn:
            self._paid.appendleft(waiting)
            self._wake.set()

    def _pause(self) -> float:
        """Seconds until something may be tried; 0 for now."""
        if self._free or not self._paid:
            return 0.0
        return max(0.0, min(w.not_before for w in self._paid) - asyncio.get_running_loop().time())

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
        now = asyncio.get_running_loop().time()
        # Paid ones first, in their order; one that waits for its next try holds up nobody behind it.
        for waiting in tuple(self._paid):
            if waiting.withdrawn or waiting.not_before <= now:
                self._paid.remove(waiting)
                if not waiting.withdrawn:
                    return waiting
        while self._free:
            waiting = self._free.popleft()
            if waiting.since >= now - STALE_SECONDS and not waiting.withdrawn:
                return waiting
            self._drop(waiting)
        return None

    def _drop(self, waiting: _Waiting) -> None:
        log.info("Chat is too busy; an answer was not sent: %s", waiting.message.text)
        _end(waiting)

    async def _try(self, waiting: _Waiting) -> tuple[str | None, bool]:
        """Send it once. Returns its id, or None and whether to try again."""
        if not waiting.tries:
            waiting.message = self._distinct(waiting.message)
        waiting.tries += 1
        try:
            return await self._send(waiting.message), False
        except SendFailed as exc:
            # An earlier try was lost on its way back: the platform has the message, so this is its confirmation.
            if waiting.unconfirmed and exc.duplicate:
                return SENT_BEFORE, False
            waiting.unconfirmed += exc.unconfirmed
            log.warning("A chat message was not sent: %s", exc)
            # A platform that takes duplicates would show the message as often as it is tried.
            said_enough = self._allows_duplicates and waiting.unconfirmed >= MAX_UNCONFIRMED
            return None, waiting.message.paid and exc.retry and waiting.tries < MAX_TRIES and not said_enough

    def _distinct(self, message: Outgoing) -> Outgoing:
        """The message, made different from an equal one that was sent within the window."""
        if self._limit is None or self._allows_duplicates:
            return message
        now = asyncio.get_running_loop().time()
        self._lately = {text: at for text, at in self._lately.items() if at > now - self._window}
        duplicate = message.text in self._lately
        self._lately[message.text] = now
        if duplicate and len(message.text) + len(DUPLICATE_MARK) <= 500:
            return replace(message, text=message.text + DUPLICATE_MARK)
        return message


def _end(waiting: _Waiting) -> None:
    """Nothing more is done for a message."""
    if not waiting.done.done():
        waiting.done.set_result(None)
