"""Notices when the clock of the machine jumps, and keeps running cooldowns at their own length."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from pixel_bot.clock import GRACE
from pixel_bot.services import Services
from pixel_bot.texts import duration

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0


class ClockWatch:
    """Compares the clock with one that nobody can set. A difference of up to a minute is no jump.

    Args:
        services: of this bot.
        steady: seconds of a clock that only goes forward.
    """

    def __init__(self, services: Services, steady: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._steady = steady
        self._before = services.clock.now(), steady()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> timedelta:
        """Look whether the clock has jumped since the last look; a jump is logged once.

        Returns:
            By how much; negative when it was set back.
        """
        now, steady = self._services.clock.now(), self._steady()
        (before, steady_before), self._before = self._before, (now, steady)
        jump = now - before - timedelta(seconds=steady - steady_before)
        if jump > GRACE:
            log.warning(
                "The clock went forward by %s: it was set, or the machine slept.", duration(jump.total_seconds())
            )
        elif jump < -GRACE:
            log.warning(
                "The clock was set back by %s. What runs, like cooldowns, lasts no longer for it.",
                duration(-jump.total_seconds()),
            )
            await self._services.cooldowns.move_back(-jump)
            self._services.awards.gate.forget()
        return jump
