"""Group commit of awards: one writer task turns chat messages and events into points and XP, batch after batch.

All that is queued is written in one transaction, then its callers are answered, then the next batch is taken. A lone
message commits at once; a flood commits in large batches. Nothing is answered before it is durable. Only commands whose
answer somebody waits for go first, for a few milliseconds.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, repeat

from sqlalchemy.exc import OperationalError

from pixel_bot.clock import Clock, from_micros, micros
from pixel_bot.db.engine import Database
from pixel_bot.db.write_outage import WriteOutage
from pixel_bot.earning.award_batch import Batch, EventAward, EventResult, PendingEvent, Totals, log_lost
from pixel_bot.earning.award_transaction import AwardTransaction
from pixel_bot.earning.backlog import Backlog
from pixel_bot.earning.chat_gate import ChatGate, ChatRules
from pixel_bot.earning.heard import Heard
from pixel_bot.earning.time_bound import TimeBound
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.names import Named
from pixel_bot.model.people import Person
from pixel_bot.points.ignore_list import IgnoreList
from pixel_bot.points.levels import Levels, LevelUp
from pixel_bot.points.viewers import Viewers

log = logging.getLogger(__name__)

MAX_BATCH = 8_000
MAX_WAITING = 16_000
"""Messages and events in the queue. Beyond, back-pressure: the reader of the socket waits, and so does the sender."""

COMMANDS_FIRST_SECONDS = 0.004
"""The most that a batch lets commands go first."""

FLUSH_SECONDS = 5.0
"""The most that a command waits until the points of who typed it are durable."""

RETRY_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0)


class Awards:
    """The queue of awards and its writer task."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        viewers: Viewers,
        levels: Levels,
        rules: ChatRules,
        ignore_list: IgnoreList,
    ) -> None:
        self._clock = clock
        self._levels = levels
        self.gate = ChatGate(rules, lambda: micros(clock.now()), shared=database.is_shared)
        self._times = TimeBound(clock, self.gate.forget)
        self.heard = Heard()
        """People who wrote without earning anything, like those who only type commands."""
        self.totals = Totals()
        self._transaction = AwardTransaction(database, clock, viewers, levels, self.gate, ignore_list)
        ignore_list.changed.add(self.gate.forget)
        self.write_outage = WriteOutage(database)
        self.write_outage.changed.add(self._note_outage)
        self._backlog: Backlog | None = None
        self._messages: deque[ChatMessage] = deque()
        self._pending: deque[PendingEvent] = deque()
        self._batch: Batch | None = None
        self._flush_requested = False
        self._batch_ended = asyncio.Event()
        self._wake = asyncio.Event()
        self._has_capacity = asyncio.Event()
        self._has_capacity.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._outage_task: asyncio.Task[None] | None = None
        self.wait_for_commands: Callable[[], Awaitable[None]] | None = None
        """Returns when no command is waiting for its answer."""

    def start(self) -> None:
        """Begin to write. Needs a running event loop."""
        self._task = asyncio.create_task(self._run(), name="awards")
        self._outage_task = asyncio.create_task(self.write_outage.watch(), name="write-outage")

    async def stop(self) -> None:
        """Write what waits, then end. While the database cannot be written, that is tried for some seconds."""
        self._stopping = True
        self._wake.set()
        self.write_outage.retry_now()
        if self._task is not None:
            await self._task
        if self._outage_task is not None:
            self._outage_task.cancel()
            await asyncio.wait([self._outage_task])

    def chat(self, message: ChatMessage) -> None:
        """Queue a chat message. Returns at once; back-pressure is the caller's: see ``is_full``."""
        self.totals.messages += 1
        at = self._times.cut(message.at)
        if at != message.at:
            message = message._replace(at=at)
        if message.key in self.heard or not self.gate.pays:
            self.heard.note(message.person)
        if self.gate.is_closed_for(message):
            return
        if self._backlog is not None and not self._backlog.accepts_message(message, len(self._messages)):
            self.heard.note(message.person)
            return
        # Awards need no text: while the database is away tens of thousands wait here.
        self._messages.append(message if self._backlog is None else message._replace(text="", emotes=()))
        # The writer takes all that is queued, so one signal is enough; a flood would else spend its time on signals.
        if len(self._messages) == 1 or len(self._messages) >= MAX_WAITING:
            self._signal()

    async def event(self, award: EventAward) -> bool:
        """Pay an event. Returns, when it is durable, whether this id was new.

        While the database cannot be written, it waits; beyond a bound it is lost, and the answer is no.
        """
        return (await self.claim(award)).is_new

    async def claim(self, award: EventAward) -> EventResult:
        """Pay an event, unless another one that told of the same has paid. The same as ``event`` otherwise."""
        if self._backlog is not None and not self._backlog.accepts_event(len(self._pending)):
            return EventResult(False)
        if award.person is not None and award.person.key in self.heard:
            self.heard.note(award.person)
        at = self._times.cut(micros(award.at))
        award = award if at == micros(award.at) else replace(award, at=from_micros(at))
        pending = PendingEvent(award, asyncio.get_running_loop().create_future())
        self._pending.append(pending)
        self._signal()
        return await pending.done

    @property
    def waiting(self) -> int:
        """Messages and events that are not durable yet."""
        return len(self._messages) + len(self._pending) + (len(self._batch) if self._batch is not None else 0)

    @property
    def is_full(self) -> bool:
        """True when the reader of the socket should await ``wait_for_capacity`` first."""
        return not self._has_capacity.is_set()

    async def wait_for_capacity(self) -> None:
        """Wait until the queue has capacity: the back-pressure on the sockets."""
        await self._has_capacity.wait()

    async def flushed_for(self, person: Person) -> None:
        """Wait until the awards of this person are durable: who chats and then types a command sees the point.

        During a write outage it returns at once; a command that writes fails by itself then.
        """
        key = person.key
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                while self._has_awards_for(key) and not self.write_outage.is_retrying:
                    self._flush_requested = True  # the writer must not wait for commands: one of them waits here
                    self._batch_ended.clear()
                    await self._batch_ended.wait()

    def waiting_as(self, who: Named) -> list[Person]:
        """People of that login or display name whose awards are not durable yet, each once."""
        batch = self._batch or Batch([], [])
        # The login first: a flood can be long, and it nearly always decides.
        login, shown = who.login, who.login.casefold()
        found = [
            message.person
            for message in chain(batch.messages, self._messages)
            if message.login == login or message.display_name.casefold() == shown
        ]
        found += [w.award.person for w in chain(batch.pending, self._pending) if w.award.person is not None]
        return list(dict.fromkeys(filter(who.fits, found)))

    def _has_awards_for(self, key: str) -> bool:
        if self._batch is not None and self._batch.concerns(key):
            return True
        return any(message.key == key for message in self._messages) or any(w.concerns(key) for w in self._pending)

    async def drained(self) -> None:
        """Wait until the queue is empty and all of it is durable."""
        await self._idle.wait()

    def _signal(self) -> None:
        self._wake.set()
        self._idle.clear()
        if self._backlog is None and len(self._messages) + len(self._pending) >= MAX_WAITING:
            self._has_capacity.clear()

    def _note_outage(self) -> None:
        """During an outage the backlog bounds the queue, instead of back-pressure."""
        if self.write_outage.now is not None:
            self._backlog = self._backlog or Backlog(self.gate)
            # Readers of sockets that already wait would wait as long as the outage, and commands behind them.
            self._has_capacity.set()
        elif self._backlog is not None:
            self._backlog.end()
            self._backlog = None

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._messages or self._pending:
                await self._let_commands_pass()
                self._flush_requested = False
                self._batch = self._take()
                await self._write(self._batch)
                self._batch = None
                self._batch_ended.set()
            self._idle.set()
            if self._stopping and not (self._messages or self._pending):
                return

    async def _let_commands_pass(self) -> None:
        """Leave the database to commands for a moment: somebody waits for their answers, and for awards nobody does."""
        if self.wait_for_commands is not None and not self._flush_requested:
            with suppress(TimeoutError):
                async with asyncio.timeout(COMMANDS_FIRST_SECONDS):
                    await self.wait_for_commands()

    def _take(self) -> Batch:
        messages = [self._messages.popleft() for _ in range(min(len(self._messages), MAX_BATCH))]
        pending = list(self._pending)
        self._pending.clear()
        if len(self._messages) < MAX_WAITING // 2:
            self._has_capacity.set()
        return Batch(messages, pending)

    async def _write(self, batch: Batch) -> None:
        """Write a batch; retry during an outage, and leave out an entry that cannot be written at all."""
        for pause in chain(RETRY_SECONDS, repeat(RETRY_SECONDS[-1])):
            try:
                ups = await self._transaction.write(batch)
            except OperationalError as exc:
                self.write_outage.begin_retry(exc)
                # Not at the end of the batch alone: commands that wait for it must not wait as long as the outage.
                self._batch_ended.set()
                if self._stopping and (pause == RETRY_SECONDS[-1] or self.write_outage.is_final):
                    self._lose_all(batch, exc)
                    return
                await self.write_outage.wait_for_retry(pause)
            except Exception as exc:  # noqa: BLE001 - one bad entry must not hold up everybody else's points
                await self._write_one_by_one(batch, exc)
                return
            else:
                self.write_outage.end_retry()
                await self._complete(batch, ups)
                return

    async def _write_one_by_one(self, batch: Batch, exc: Exception) -> None:
        if len(batch) <= 1:
            log.error("An award could not be written and was left out: %s", exc, exc_info=exc)
            self._fail(batch, exc)
            return
        # Together they failed, and which one is to blame the error does not say.
        for message in batch.messages:
            await self._write(Batch([message], []))
        for pending in batch.pending:
            await self._write(Batch([], [pending]))

    def _lose_all(self, batch: Batch, exc: OperationalError) -> None:
        """At the end of the process, when nothing can be written: log the batch and the queue as lost."""
        lost = Batch([*batch.messages, *self._messages], [*batch.pending, *self._pending])
        self._messages.clear()
        self._pending.clear()
        log_lost(lost)
        self._fail(lost, exc)

    def _fail(self, batch: Batch, exc: BaseException) -> None:
        for pending in batch.pending:
            if not pending.done.done():
                pending.done.set_exception(exc)

    async def _complete(self, batch: Batch, ups: Sequence[LevelUp]) -> None:
        # The gate learns what was paid only now: after a rollback the same messages are decided anew.
        if batch.chat is not None:
            batch.chat.confirm()
        self.totals.points += batch.points
        self.totals.xp += batch.xp
        if batch.points or batch.xp:
            self.totals.last_at = self._clock.now()
        answered: set[str] = set()
        for pending in batch.pending:
            event_id = pending.award.event_id
            if not pending.done.done():
                is_new = event_id in batch.fresh and event_id not in answered
                pending.done.set_result(EventResult(is_new, batch.claims.get(event_id)))
            answered.add(event_id)
        await self._levels.notify(ups)
