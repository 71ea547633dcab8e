"""What the bot says, within the rules of the chat.

A message counts as said only when the chat took it. What was refused as too soon is tried again, and under pressure
answers wait: what was paid for first and for as long as it takes, free answers only while they still make sense.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from pixel_bot.bot.delivery.order import Order, Waiting, without_reply
from pixel_bot.bot.delivery.pace import Pace
from pixel_bot.bot.delivery.wording import wording_of
from pixel_bot.concurrency.open_writers import refuse_speech
from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.model.chat_rules import SendRules
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.texts import fit

log = logging.getLogger(__name__)

STALE_SECONDS = 15.0
"""A free answer to a viewer that waits for longer is dropped."""

STALE_SECONDS_FOR_MODS = 60.0
GATHER_SECONDS = 6.0
"""When the last of the viewers would wait for longer, answers are joined."""

RETRY_SECONDS = 5.0
MAX_TRIES = 60
MAX_UNCONFIRMED = 2
PATIENCE_SECONDS = 600.0
"""For so long after the last message that the chat took, a paid one that is refused as too soon is tried again."""

WITHDRAWN_SECONDS = 20.0
ORDER_SECONDS = 2.0
"""How long the others wait for one message to be taken or refused."""

DUPLICATE_SECONDS = 31.0
"""Twitch drops a message that equals the one before within 30 s."""

SENT_BEFORE = "sent before"
"""Stands for the id of a message that was taken although its answer was lost."""

Send = Callable[[Outgoing], Awaitable[str]]


class Outbox:
    """Sends messages, one after another where there are rules, at once where there are none.

    Args:
        send: sends one.
        rules: what the chat takes; None for anything.
        allows_duplicates: whether the platform takes the same text twice in a row.
    """

    def __init__(self, send: Send, rules: SendRules | None, *, allows_duplicates: bool = False) -> None:
        self._send = send
        self._allows_duplicates = allows_duplicates
        self._pace = Pace(rules)
        self._order = Order()
        self._last_text = ""
        self._variants = 0
        self._last_taken = float("-inf")
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._tasks = TaskGroup()
        self._deliveries: dict[asyncio.Task[None], Waiting] = {}
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def rules(self) -> SendRules | None:
        """What the chat takes; None for anything."""
        return self._pace.rules

    @rules.setter
    def rules(self, rules: SendRules | None) -> None:
        self._pace.rules = rules
        self._wake.set()

    @property
    def waiting(self) -> int:
        """Messages that the chat has not taken yet."""
        return self._in_flight

    @property
    def limit(self) -> int | None:
        """Messages within the window; None for no limit."""
        return self.rules.messages if self.rules is not None else None

    async def put(self, message: Outgoing) -> str | None:
        """Send a message, cut to what one message holds.

        Returns:
            Its id once the chat took it; None when it was dropped, or when a later answer to the same question took its
            place.
        """
        refuse_speech()
        message = replace(message, text=fit(message.text))
        if not message.text or (message.interim and self._is_busy()):
            return None
        self._in_flight += 1
        self._idle.clear()
        try:
            loop = asyncio.get_running_loop()
            waiting = Waiting(message, loop.time(), loop.create_future())
            if self.rules is None:
                self._tasks.spawn(self._insist(waiting))
            else:
                self._queue(waiting)
            return await self._outcome(waiting)
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
        for waiting in self._order:
            waiting.end()

    def _is_busy(self) -> bool:
        """True where one more message could take the turn of another one."""
        if self.rules is None:
            return False
        now = asyncio.get_running_loop().time()
        return bool(self._order) or bool(self._deliveries) or not self._pace.has_room(now)

    def _queue(self, waiting: Waiting) -> None:
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run(), name="outbox")
        for surplus in self._order.add(waiting):
            self._drop(surplus)
        self._wake.set()

    async def _insist(self, waiting: Waiting) -> None:
        """Try until it is decided, where there are no rules."""
        try:
            while not waiting.done.done() and not waiting.withdrawn:
                await self._deliver(waiting)
                if not waiting.done.done():
                    pause = waiting.not_before - asyncio.get_running_loop().time()
                    await asyncio.sleep(max(0.0, pause))
        finally:
            waiting.end()

    async def _outcome(self, waiting: Waiting) -> str | None:
        """What became of a message. Who gives up waiting takes it back, unless it is sent at this very moment."""
        try:
            # Shielded: the message may be on the wire, and its result belongs to the sender too.
            return await asyncio.shield(waiting.done)
        except asyncio.CancelledError:
            waiting.withdrawn = True
            if not (waiting.on_its_way or waiting.done.done()):
                raise
            # It cannot be called back any more, so what becomes of it counts; AutoMod may hold it for minutes, though.
            done, _ = await asyncio.wait({waiting.done}, timeout=WITHDRAWN_SECONDS)
            if not done or (sent := waiting.done.result()) is None:
                raise
            return sent

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            now = loop.time()
            stale = max(STALE_SECONDS, 2 * self._pace.gap(now))
            for late in self._order.leave_out(now, stale, max(STALE_SECONDS_FOR_MODS, stale)):
                self._drop(late)
            waiting, at = self._choose(now)
            if waiting is not None and at is not None and at <= now:
                await self._send_on(self._gathered(waiting, now))
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout_at(at):
                    await self._wake.wait()

    def _choose(self, now: float) -> tuple[Waiting | None, float | None]:
        """The message whose turn it is, and when it may be sent; no message and the next look where none is ready."""
        if (waiting := self._order.urgent(now)) is not None:
            return waiting, self._pace.free_at(now, urgent=True)
        if (waiting := self._order.ordinary(now)) is not None:
            free_at, retry_at = self._pace.free_at(now, urgent=False), self._order.retry_at(now)
            return waiting, free_at if retry_at is None else min(free_at, retry_at)
        return None, self._order.retry_at(now)

    def _gathered(self, waiting: Waiting, now: float) -> Waiting:
        """The message, together with others where too many wait. It is out of the order then."""
        if not waiting.message.is_urgent and self._order.viewers_waiting() * self._pace.gap(now) > GATHER_SECONDS:
            return self._order.gather(waiting, asyncio.get_running_loop().create_future())
        self._order.take(waiting)
        return waiting

    async def _send_on(self, waiting: Waiting) -> None:
        """Send a message, and wait for its end so that they stay in order; but not when that takes too long."""
        waiting.on_its_way = True
        delivery = asyncio.create_task(self._deliver(waiting))
        self._deliveries[delivery] = waiting
        delivery.add_done_callback(lambda _: self._after(delivery, waiting))
        await asyncio.wait({delivery}, timeout=ORDER_SECONDS)

    def _after(self, delivery: asyncio.Task[None], waiting: Waiting) -> None:
        del self._deliveries[delivery]
        if not waiting.done.done() and not waiting.withdrawn:
            self._order.put_back(waiting)
        self._wake.set()

    async def _deliver(self, waiting: Waiting) -> None:
        """Try once. When it is worth another try, the message is not done after it."""
        waiting.on_its_way = True
        try:
            sent, again = await self._try(waiting)
        except Exception:
            # The edge: what nobody foresaw costs one message, and not all that come after it.
            log.exception("A chat message could not be sent.")
            sent, again = None, False
        except BaseException:
            waiting.end()  # cut off: whoever waits for it must not wait for ever
            raise
        finally:
            waiting.on_its_way = False
        if not again or waiting.withdrawn:
            # A withdrawn message ends here as well: whoever was cancelled in mid-flight waits for this result.
            waiting.end(sent)

    async def _try(self, waiting: Waiting) -> tuple[str | None, bool]:
        """Send it once. Returns its id, or None and whether to try again."""
        loop = asyncio.get_running_loop()
        self._word(waiting, loop.time())
        waiting.tries += 1
        turn = self._pace.begin(loop.time(), urgent=waiting.message.is_urgent)
        try:
            sent = await self._send(replace(waiting.message, text=waiting.wording))
        except SendFailed as exc:
            # An earlier try was lost on its way back: the platform has the message, so this is its confirmation.
            if waiting.unconfirmed and exc.duplicate:
                return SENT_BEFORE, False
            if exc.too_soon:
                self._pace.refused(turn, loop.time())
            log.log(logging.INFO if exc.explained else logging.WARNING, "A chat message was not sent: %s", exc)
            return None, self._is_tried_again(waiting, exc, loop.time())
        self._pace.taken(turn, loop.time())
        self._last_text, self._last_taken = waiting.wording, loop.time()
        return sent, False

    def _is_tried_again(self, waiting: Waiting, exc: SendFailed, now: float) -> bool:
        """Whether a message that failed is worth another try, and from when on."""
        message = waiting.message
        waiting.unconfirmed += exc.unconfirmed
        if exc.reply_gone and message.reply_to:
            waiting.message = without_reply(message)
            return True
        if exc.not_unique:
            self._variants += 1
            waiting.variant, waiting.not_before = self._variants, now
            return waiting.tries < (MAX_TRIES if message.paid and not message.interim else 2)
        if exc.too_soon:
            waiting.is_duplicate = exc.duplicate
            waiting.not_before = now if self.rules is not None else now + RETRY_SECONDS
            waiting.refused_since = now if waiting.refused_since is None else waiting.refused_since
            if message.paid and not message.interim:
                return now - max(waiting.refused_since, self._last_taken) < PATIENCE_SECONDS
            return not message.interim and now - waiting.since < STALE_SECONDS
        waiting.not_before = now + RETRY_SECONDS
        # A platform that takes duplicates would show the message as often as it is tried.
        said_enough = self._allows_duplicates and waiting.unconfirmed >= MAX_UNCONFIRMED
        return message.paid and exc.retry and waiting.tries < MAX_TRIES and not said_enough

    def _word(self, waiting: Waiting, now: float) -> None:
        """Choose the text, so that it differs from the last one that was taken, and from what may be taken now."""
        if waiting.unconfirmed:
            return  # the same words, by which the platform or its echo shows whether it has them
        others: set[str] | None = None
        if self.rules is not None and not self._allows_duplicates:
            others = {other.wording for other in self._deliveries.values() if other is not waiting}
            if now - self._last_taken < DUPLICATE_SECONDS:
                others.add(self._last_text)
        waiting.wording = wording_of(waiting, others)

    def _drop(self, waiting: Waiting) -> None:
        if not waiting.withdrawn:
            log.info("Chat is busy; an answer was not sent: %s", waiting.message.text)
        waiting.end()
