"""Runs the filters of cogs on each chat message, and keeps a message blocked that was blocked once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

import orjson
from sqlalchemy.exc import DBAPIError

from pixel_bot.bot.cogs.faults import Faults
from pixel_bot.bot.cogs.filtering import Allow, Block, ChatFilter, filters_of
from pixel_bot.clock import Clock
from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import recall, remember
from pixel_bot.db.server.cluster import Cluster
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.heard_chat import ChatMessage
from pixel_bot.points.processed_ids import ProcessedId, claim

log = logging.getLogger(__name__)

LONGEST_SECONDS = 2.0
"""A filter that waits longer is left behind, and counts as a crash; the message goes on."""

LONGEST_PLAIN_SECONDS = 0.25
"""The same for one that is no ``async def``, which nothing can end: meanwhile the whole bot waits."""

REMEMBERED, STORED = 20_000, 300
"""Blocked messages that are known, and those that are known after a restart, too.

Twitch delivers again what was sent within some minutes.
"""

KEY, TOPIC = "blocked_messages", "blocked_message"


class Found(NamedTuple):
    """Which cog blocked, and how."""

    cog: str
    block: Block


async def _nothing(_message: ChatMessage, _block: Block, _cog: str) -> None:
    """Stands for the platforms until the bot is on one."""


class ChatFilters:
    """The filters of all loaded cogs.

    Args:
        faults: counts their crashes.
        database, clock, cluster: where it is kept what was blocked, and how other processes hear of it.
    """

    def __init__(self, faults: Faults, database: Database, clock: Clock, cluster: Cluster) -> None:
        self._faults = faults
        self._database = database
        self._clock = clock
        self._cluster = cluster
        self._filters: tuple[ChatFilter, ...] = ()
        self._some_wait = False
        self._blocked: LruCache[str, bool] = LruCache(REMEMBERED)
        self._last: dict[str, asyncio.Future[None]] = {}
        self._unwritten: list[str] = []
        self._new: set[str] = set()
        self._writing = asyncio.Lock()
        self.is_needed = False
        """False while no message has to be shown to ``check``: then filters cost nothing."""
        self.enforce: Callable[[ChatMessage, Block, str], Awaitable[None]] = _nothing
        """Deletes and times out. Called once for each blocked message, with the name of the cog that blocked it."""
        cluster.subscribers.setdefault(TOPIC, set()).add(self._remember)

    async def load(self) -> None:
        """Learn what was blocked before the start."""
        async with self._database.readers() as session:
            for message_id in _ids(await recall(session, KEY)):
                self._remember(message_id)

    def add(self, cog: str, component: object) -> None:
        """A cog class is there."""
        self._use([*self._filters, *filters_of(cog, component)])

    def remove(self, component: object) -> None:
        """A cog class goes."""
        self._use(one for one in self._filters if one.owner is not component)

    def check(self, message: ChatMessage, tasks: TaskGroup, go_on: Callable[[], None]) -> None:
        """Let the filters see a message; ``go_on`` is called when none blocks it, at once where none has to wait.

        Messages of one person go on in their order.

        Args:
            message: as cogs get it.
            tasks: of the chat; whoever brings messages waits while too many are under way.
            go_on: what becomes of the message then.
        """
        if self._blocked.get(message.id) is not None:
            return None  # delivered again
        if self._some_wait or message.message.key in self._last:
            before = self._last.get(message.message.key)
            done = self._last[message.message.key] = asyncio.get_running_loop().create_future()
            tasks.spawn(self._wait(message, tasks, go_on, before, done))
            return None
        for one in self._filters:
            if (found := self._run_plain(one, message)) is not None:
                return self._decide(message, found, tasks, go_on)
        go_on()
        return None

    async def _wait(
        self,
        message: ChatMessage,
        tasks: TaskGroup,
        go_on: Callable[[], None],
        before: asyncio.Future[None] | None,
        done: asyncio.Future[None],
    ) -> None:
        """As ``check``, where a filter may have to wait, or another message of that person does."""
        try:
            found = None
            for one in self._filters:
                found = await self._run_waiting(one, message) if one.waits else self._run_plain(one, message)
                if found is not None:
                    break
            if before is not None:
                await asyncio.wait({before})
            self._decide(message, found, tasks, go_on)
        finally:
            done.set_result(None)
            if self._last.get(message.message.key) is done:
                del self._last[message.message.key]

    def _decide(self, message: ChatMessage, found: Found | None, tasks: TaskGroup, go_on: Callable[[], None]) -> None:
        # Else a filter that blocks everything could not be unloaded in chat.
        if found is None or "streamer" in message.roles:
            go_on()
            return
        self._remember(message.id)
        tasks.spawn(self._block(message, found))

    async def _block(self, message: ChatMessage, found: Found) -> None:
        """It is kept before anything is done about it; of several processes that hear it one does that."""
        log.info("The cog %s blocked a message: %s", found.cog, found.block.reason)
        if await self._is_first(message.id):
            self._cluster.publish(TOPIC, message.id)
            await self.enforce(message, found.block, found.cog)

    # One filter

    def _run_plain(self, one: ChatFilter, message: ChatMessage) -> Found | None:
        began = asyncio.get_running_loop().time()
        try:
            found = _checked(one, one.method(message))
        # The message goes on without its answer: else one broken cog would keep all of chat from earning and commands.
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - a filter may raise anything, sys.exit() included
            self._report(one, exc)
            return None
        if asyncio.get_running_loop().time() - began > LONGEST_PLAIN_SECONDS:
            self._report(one, TimeoutError("it kept the whole bot waiting. Make it an async def, or quicker"))
        return found

    async def _run_waiting(self, one: ChatFilter, message: ChatMessage) -> Found | None:
        # A task of its own: one that does not even end when it is cancelled is left behind.
        running = asyncio.create_task(one.method(message))
        done, _ = await asyncio.wait({running}, timeout=LONGEST_SECONDS)
        if not done:
            running.add_done_callback(_retrieve)
            running.cancel()
            self._report(one, TimeoutError(f"it takes longer than {LONGEST_SECONDS:.0f} seconds"))
            return None
        try:
            return _checked(one, running.result())
        # A cancellation is never ours, for the task has ended: the filter has cancelled itself.
        except (Exception, SystemExit, asyncio.CancelledError) as exc:  # noqa: BLE001 - a filter may raise anything
            self._report(one, exc)
            return None

    def _report(self, one: ChatFilter, exc: BaseException) -> None:
        self._faults.report(one.cog, f"in its filter {one.name}", exc)

    # What was blocked

    async def _is_first(self, message_id: str) -> bool:
        """Keep that a message is blocked. Returns False where another process did so before.

        Group commit: what waits for the writer is kept in one transaction.
        """
        self._unwritten.append(message_id)
        try:
            async with self._writing:
                if self._unwritten:
                    await self._write()
        except DBAPIError as exc:
            log.warning("It could not be kept that a message was blocked: %s", type(exc.orig).__name__)
            return True
        is_new = message_id in self._new
        self._new.discard(message_id)
        return is_new

    async def _write(self) -> None:
        async with self._database.write() as session:
            ids, self._unwritten = self._unwritten, []
            now = self._clock.now()
            # The id of the message itself: its command would claim the same.
            new = await claim(session, [ProcessedId(one, "blocked", 0, 0, now) for one in ids])
            kept = [*_ids(await recall(session, KEY)), *ids][-STORED:]
            await remember(session, KEY, orjson.dumps(kept).decode())
        self._new |= new

    def _remember(self, message_id: str) -> None:
        self._blocked.put(message_id, True)
        self.is_needed = True

    def _use(self, filters: Iterable[ChatFilter]) -> None:
        self._filters = tuple(sorted(filters, key=lambda one: one[:3]))
        self._some_wait = any(one.waits for one in self._filters)
        self.is_needed = bool(self._filters or self._blocked.remembered())


def _checked(one: ChatFilter, result: Any) -> Found | None:
    if result is None or isinstance(result, Allow):
        return None
    if not isinstance(result, Block):
        raise TypeError(f"it returned {result!r:.60}, and not None, Allow() or Block(...)")
    return Found(one.cog, result)


def _ids(kept: str | None) -> list[str]:
    return [] if kept is None else orjson.loads(kept)


def _retrieve(task: "asyncio.Task[Any]") -> None:
    """What it raises after all is nobody's business any more."""
    if not task.cancelled():
        task.exception()
