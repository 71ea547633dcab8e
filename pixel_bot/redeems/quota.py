"""Daily quotas."""

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import recall, remember
from pixel_bot.errors import EffectFailed


class Quota:
    """Counts uses by name and local day, durable over restarts. Only the current day is stored."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, name: str, limit: int, sentence: str) -> None:
        """Count one use; a limit of 0 is unlimited.

        Raises:
            EffectFailed: with that sentence, when the limit is reached. Nothing is counted then.
        """
        async with self._database.write() as session:
            used = self._of_today(await recall(session, f"quota:{name}"))
            if limit and used >= limit:
                raise EffectFailed(sentence)
            await remember(session, f"quota:{name}", f"{self._today()} {used + 1}")

    def _of_today(self, stored: str | None) -> int:
        day, _, used = (stored or "").partition(" ")
        return int(used) if day == self._today() else 0

    def _today(self) -> str:
        return f"{self._clock.now().astimezone():%Y-%m-%d}"
