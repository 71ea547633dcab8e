"""The cluster of processes on one database: what their queues tell each other, and failover when one dies."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import DBAPIError

from pixel_bot.db.models import QueueItem
from pixel_bot.queue.attempt import DONE, Attempt, Result
from pixel_bot.queue.effects import Effects
from pixel_bot.queue.recovery import recover
from pixel_bot.services import Services
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
DEAD_SECONDS = 6.0
"""A process that was not seen for so long is taken for dead: one that was only cut off is back by then."""

STOP_SECONDS = 5.0

PANIC = later("A mod stopped the show for a moment.")
"""What the buyers of all that is under way hear then, in every process."""


class Lanes(Protocol):
    """The lanes of this process, as far as the others concern them."""

    @property
    def attempts(self) -> Sequence[Attempt]:
        """What is playing or running now."""
        ...

    def wake(self, *, told: bool = True) -> None:
        """All lanes look again; ``told``: those of the other processes, too."""
        ...

    def show_paused(self) -> None:
        """All lanes are paused by another process."""
        ...

    async def load_paused(self) -> None:
        """Take over from the database which lanes are paused."""
        ...


class QueueCluster:
    """The other processes, for the lanes of this one. Without any it does nothing."""

    def __init__(self, services: Services, effects: Effects, lanes: Lanes) -> None:
        self._services = services
        self._effects = effects
        self._lanes = lanes
        self._cluster = services.cluster
        self._moved = asyncio.Event()
        self._missing: dict[int, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._hearing: dict[str, Callable[[str], None]] = {
            "queue": self._on_queue,
            "lanes": lambda _: self._spawn(lanes.load_paused()),
            "panic": lambda _: self._spawn(self._panic()),
            "stop": self._on_stop,
            "alert": self._on_alert,
        }

    def start(self) -> None:
        """Listen to the others, and look after what they leave."""
        if not self._cluster.is_shared:
            return
        for topic, hear in self._hearing.items():
            self._cluster.subscribers.setdefault(topic, set()).add(hear)
        self._services.overlay.changed.add(self._show_pages)
        self._show_pages()
        self._spawn(self._look_after())

    async def not_of_others(self) -> tuple[ColumnElement[bool], ...]:
        """The condition for what no living process has under way: all of it, where there are no others.

        After the server itself was started the others may still be on their way back, so then they are waited for.
        """
        if not self._cluster.is_shared:
            return ()
        query = "SELECT extract(epoch FROM now() - pg_postmaster_start_time())::int"
        ((up,),) = await self._services.database.look_up(query, {})
        unowned = QueueItem.owner.is_(None)
        return (
            (unowned,)
            if up < DEAD_SECONDS
            else (unowned | QueueItem.owner.not_in(await self._cluster.live_processes()),)
        )

    async def stop(self) -> None:
        """Neither hear nor look any more."""
        for topic, hear in self._hearing.items():
            self._cluster.subscribers.get(topic, set[Callable[[str], None]]()).discard(hear)
        self._services.overlay.changed.discard(self._show_pages)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop_item(self, item_id: int, reason: str) -> Result | None:
        """Stop what another process has under way. Returns how it ended; None when it did not end in time."""
        if not self._cluster.is_shared:
            return None
        self._cluster.publish("stop", f"{item_id} {reason}")
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                while (status := await self._status(item_id)) == "running":
                    self._moved.clear()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(STOP_SECONDS / 10):
                            await self._moved.wait()
                return {"done": DONE, "failed": Result.refund(reason)}.get(status or "")
        return None

    async def _status(self, item_id: int) -> str | None:
        async with self._services.database.readers() as session:
            return (await session.execute(select(QueueItem.status).where(QueueItem.id == item_id))).scalar()

    def _on_queue(self, _text: str) -> None:
        self._moved.set()
        self._lanes.wake(told=False)

    def _on_stop(self, text: str) -> None:
        item_id, _, reason = text.partition(" ")
        for attempt in self._lanes.attempts:
            if str(attempt.item.id) == item_id:
                attempt.stop(reason)

    def _on_alert(self, text: str) -> None:
        kind, name, words = json.loads(text)
        self._spawn(self._services.overlay.alert(kind, name, words))

    def _show_pages(self) -> None:
        for role, needs_sound in (("page", False), ("sound", True)):
            self._cluster.set_role(role, held=self._services.overlay.away_since(needs_sound=needs_sound) is None)
        self._cluster.publish("queue")

    async def _panic(self) -> None:
        await self._services.overlay.stop_all()
        self._lanes.show_paused()
        for attempt in self._lanes.attempts:
            attempt.stop(_(PANIC))

    async def _look_after(self) -> None:
        while True:
            try:
                await self._take_over()
            except DBAPIError as exc:
                log.error("The queue cannot be read (%s). It is tried again.", exc.orig)
            await asyncio.sleep(LOOK_SECONDS)

    async def _take_over(self) -> None:
        """Sort out what a process had under way that is not there any more."""
        now = asyncio.get_running_loop().time()
        query = select(QueueItem.owner).where(QueueItem.status == "running", QueueItem.owner.is_not(None)).distinct()
        async with self._services.database.readers() as session:
            owners = {owner for owner in (await session.execute(query)).scalars() if owner is not None}
        gone = owners - await self._cluster.live_processes() - {self._cluster.number or 0} if owners else set[int]()
        self._missing = {owner: self._missing.get(owner, now) for owner in gone}
        dead = {owner for owner, since in self._missing.items() if now - since >= DEAD_SECONDS}
        if dead and await recover(self._services, self._effects, QueueItem.owner.in_(dead)):
            self._lanes.wake()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
