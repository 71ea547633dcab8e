"""Figures of the running bot: queue, awards, outbox, loop lag, ledger and refunds, in Prometheus's text format."""

import logging
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError
from typing_extensions import override

from pixel_bot import __version__
from pixel_bot.concurrency.loop_lag import LoopLag
from pixel_bot.services import Services

log = logging.getLogger(__name__)

NAME = "figures.prom"
"""The file in DATA_DIR with the newest figures, for a report about a bot that has ended."""


class QueueView(Protocol):
    """The summary of the queue, by lane."""

    @property
    def waiting(self) -> Mapping[str, int]:
        """Pending items."""
        ...

    @property
    def running(self) -> Mapping[str, int]:
        """Running items."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the figures come from that are not in the services.

    Attributes:
        health: what is wrong, a sentence each.
        queue: the summary of the queue; None while the bot is not at work.
        outboxes: messages that wait for their chat, by platform.
        lag: of the event loop.
    """

    health: Callable[[], Awaitable[list[str]]]
    queue: Callable[[], Awaitable[QueueView | None]]
    outboxes: Callable[[], Mapping[str, int]]
    lag: LoopLag


class LedgerCounters:
    """Counts rows of the ledger since the start, by the first word of their reason; each row is read once."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._last: int | None = None
        self.rows: Counter[str] = Counter()
        self.points: Counter[str] = Counter()

    async def update(self) -> None:
        """Count what was written since the last time. The first call counts nothing."""
        ((newest,),) = await self._database.look_up("SELECT COALESCE(MAX(id), 0) FROM transactions", {})
        if self._last is not None:
            fresh = "FROM transactions WHERE id > :last AND id <= :newest"
            query = f"SELECT reason, COUNT(*), SUM(amount) {fresh} GROUP BY reason"
            for reason, rows, points in await self._database.look_up(query, {"last": self._last, "newest": newest}):
                word = str(reason or "none").partition(":")[0]
                self.rows[word] += rows
                self.points[word] += points
        self._last = newest


class _Page(Collector):
    """Metrics that are ready."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    @override
    def collect(self) -> Iterator[Metric]:
        """All of them."""
        return iter(self._metrics)


class Figures:
    """The figures of one bot."""

    def __init__(self, services: Services, sources: Sources) -> None:
        self._services = services
        self._sources = sources
        self._ledger = LedgerCounters(services)
        self._started_at = services.clock.now()

    async def text(self) -> bytes:
        """All figures in the text format 0.0.4. Those of a database that cannot be read are left out."""
        metrics = [*self._process(), *self._awards(), *await self._health()]
        try:
            await self._ledger.update()
            metrics += [*await self._queue(), *self._ledger_rows()]
        except (DBAPIError, sqlite3.Error) as exc:
            log.debug("Figures of the database are missing: %s", exc)  # the health says so, too
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Page(metrics))
        return generate_latest(registry)

    async def write(self, folder: Path) -> None:
        """Put the figures into the folder, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        part = folder / f"{NAME}.part"
        part.write_bytes(await self.text())
        part.replace(folder / NAME)

    def _process(self) -> Iterator[Metric]:
        yield InfoMetricFamily("pixel_bot", "The bot", {"version": __version__, "mode": self._services.mode})
        started = self._started_at.timestamp()
        yield GaugeMetricFamily("pixel_bot_start_time_seconds", "When the bot was started, since 1970", started)
        lag = self._sources.lag
        yield GaugeMetricFamily("pixel_bot_loop_lag_seconds", "How late the event loop woke a task last", lag.last)
        yield GaugeMetricFamily("pixel_bot_loop_lag_max_seconds", "The largest lag of the last minute", lag.worst)
        waiting = GaugeMetricFamily(
            "pixel_bot_outbox_messages", "Messages that wait for their chat", labels=["platform"]
        )
        for platform, messages in self._sources.outboxes().items():
            waiting.add_metric([platform], messages)
        yield waiting

    def _awards(self) -> Iterator[Metric]:
        awards = self._services.awards
        yield CounterMetricFamily("pixel_bot_awarded_points", "Points awarded since the start", awards.totals.points)
        yield CounterMetricFamily("pixel_bot_awarded_xp", "XP awarded since the start", awards.totals.xp)
        yield GaugeMetricFamily(
            "pixel_bot_awards_waiting", "Messages and events that wait to be written", awards.waiting
        )
        last = awards.totals.last_at
        if last is not None:
            yield GaugeMetricFamily(
                "pixel_bot_last_award_seconds", "When the last award was, since 1970", last.timestamp()
            )

    async def _health(self) -> list[Metric]:
        reasons = await self._sources.health()
        return [
            GaugeMetricFamily("pixel_bot_healthy", "1 when /healthz says that all is well", int(not reasons)),
            GaugeMetricFamily("pixel_bot_problems", "What /healthz says is wrong", len(reasons)),
        ]

    async def _queue(self) -> list[Metric]:
        view = await self._sources.queue()
        items = GaugeMetricFamily("pixel_bot_queue_items", "Items of the queue", labels=["lane", "status"])
        if view is not None:
            for status, lanes in (("pending", view.waiting), ("running", view.running)):
                for lane, many in lanes.items():
                    items.add_metric([lane, status], many)
        return [items]

    def _ledger_rows(self) -> Iterator[Metric]:
        rows = CounterMetricFamily("pixel_bot_ledger_rows", "Rows of the ledger since the start", labels=["reason"])
        for reason, many in sorted(self._ledger.rows.items()):
            rows.add_metric([reason], many)
        yield rows
        refunds = self._ledger.rows["refund"]
        yield CounterMetricFamily("pixel_bot_refunds", "Refunds since the start", refunds)
        points = self._ledger.points["refund"]
        yield CounterMetricFamily("pixel_bot_refunded_points", "Points given back since the start", points)
