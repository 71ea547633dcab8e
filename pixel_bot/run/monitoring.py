"""Monitoring of a running bot: measures the loop's lag, keeps the newest figures in a file, and serves ``/metrics``."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from pixel_bot.concurrency.loop_lag import LoopLag
from pixel_bot.concurrency.retry import keep_running
from pixel_bot.queue.queue import Overview
from pixel_bot.run.running_bot import RunningBot
from pixel_bot.services import Services
from pixel_bot.web.metrics import metrics_routes

if TYPE_CHECKING:
    from pixel_bot.diagnostics.figures import Figures

log = logging.getLogger(__name__)

FILE_SECONDS = 60.0


class Monitoring:
    """The figures of one bot.

    Args:
        services: over the open database.
        running_bot: the bot; None until an account has signed in.
        health: what is wrong, a sentence each.
    """

    def __init__(
        self,
        services: Services,
        running_bot: Callable[[], RunningBot | None],
        health: Callable[[], Awaitable[list[str]]],
    ) -> None:
        self._services = services
        self._running_bot = running_bot
        self._health = health
        self._figures: Figures | None = None
        self.lag = LoopLag()

    def routes(self) -> list[BaseRoute]:
        """``/metrics``."""
        return metrics_routes(self.text)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The tasks, for the length of the block."""
        tasks = [
            asyncio.create_task(self.lag.measure(), name="loop-lag"),
            asyncio.create_task(keep_running("figures", self._write_for_ever), name="figures"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def text(self) -> bytes:
        """The figures in Prometheus's text format."""
        return await self._at_hand().text()

    async def write(self) -> None:
        """Keep the newest figures in DATA_DIR, for ``diagnose``."""
        try:
            await self._at_hand().write(self._services.settings.data_dir)
        except OSError as exc:
            log.debug("The figures could not be written: %s", exc)

    def _at_hand(self) -> "Figures":
        # Imported late: the library takes a tenth of the start, and nobody asks so early.
        from pixel_bot.diagnostics.figures import Figures, Sources

        if self._figures is None:
            self._figures = Figures(self._services, Sources(self._health, self._queue, self._outboxes, self.lag))
        return self._figures

    async def _queue(self) -> Overview | None:
        running_bot = self._running_bot()
        return await running_bot.bot.queue.overview() if running_bot is not None else None

    def _outboxes(self) -> Mapping[str, int]:
        running_bot = self._running_bot()
        channels = running_bot.bot.channels if running_bot is not None else {}
        return {platform: channel.outbox.waiting for platform, channel in channels.items()}

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FILE_SECONDS)
            await self.write()
