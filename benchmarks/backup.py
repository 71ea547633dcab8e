"""What a backup costs: how long it takes, and whether 2,000 awards a second ever stop beside it."""

import argparse
import asyncio
import gc
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from _report import ms, percentile, table
from sqlalchemy import text

from pixel_bot.clock import Clock
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.backup_file import Backup
from pixel_bot.upkeep.check import check

CHATTERS = 2_000
ROWS_EACH = 10
TICK = 0.005


@dataclass
class Flood:
    """Chat that earns, and when its commits came."""

    services: Services
    rate: int
    sent: int = 0
    commits: list[float] = field(default_factory=list[float])
    stopping: bool = False

    async def pour(self) -> None:
        """Until told to stop."""
        self.services.database.committed.add(lambda: self.commits.append(time.perf_counter()))
        began = time.perf_counter()
        while not self.stopping:
            due = int((time.perf_counter() - began) * self.rate)
            while self.sent < due:
                fan = 1 + self.sent % CHATTERS
                person = Person(f"9{fan}", f"fan{fan}", f"Fan{fan}")
                self.services.awards.chat(chat_message(person, f"flood-{self.sent}", datetime.now(UTC)))
                self.sent += 1
            await self.services.awards.wait_for_capacity()
            await asyncio.sleep(TICK)

    def gaps(self, since: float, until: float) -> list[float]:
        """Seconds between two commits, of those that touch the time from ``since`` to ``until``."""
        return [b - a for a, b in pairwise(self.commits) if b > since and a < until]


async def fill(services: Services, users: int) -> None:
    """So many known viewers with ten transactions and ten worked events each."""
    at = "'2026-01-01 00:00:00.000000'"
    count = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {users}) "
    rounds = f"WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < {ROWS_EACH}) "
    async with services.database.write() as session:
        for statement in (
            f"{count} INSERT INTO users (name, points, platform, platform_id, display_name, created_at) "
            f"SELECT 'fan' || i, {ROWS_EACH}, 'twitch', '9' || i, 'Fan' || i, {at} FROM n",
            f"{rounds} INSERT INTO transactions (user_id, amount, reason, balance_after, created_at) "
            f"SELECT u.id, 1, 'chat', k.i, {at} FROM k CROSS JOIN users u ORDER BY k.i, u.id",
            "INSERT INTO events (id, kind, points, xp, created_at) "
            f"SELECT lower(hex(randomblob(16))), 'chat', 1, 0, {at} FROM transactions",
        ):
            await session.execute(text(statement))


async def measure(folder: Path, users: int, rate: int, seconds: float) -> bool:
    """One run. Returns whether nothing was lost and the copy is right."""
    settings = settings_in(
        folder,
        database_url=f"sqlite+aiosqlite:///{(folder / 'pixel.db').as_posix()}",
        points_chat_cooldown_seconds=0,
        xp_chat_cooldown_seconds=0,
    )
    async with opened(settings, "live", Clock()) as services:
        await fill(services, users)
        services.awards.start()
        gc.collect()
        gc.freeze()
        flood = Flood(services, rate)
        pouring = asyncio.create_task(flood.pour())
        await asyncio.sleep(2)  # a warm-up: the first commit folds what the filling wrote
        began = time.perf_counter()
        await asyncio.sleep(seconds)
        without = flood.gaps(began, time.perf_counter())
        began = time.perf_counter()
        backup = await services.backups.make()
        ended = time.perf_counter()
        await asyncio.sleep(1)  # what comes after it belongs to it: the log that grew is folded in
        beside = flood.gaps(began, time.perf_counter())
        flood.stopping = True
        await pouring
        await services.awards.drained()
        await services.awards.stop()
        async with services.database.readers() as session:
            paid = (await session.execute(text("SELECT COUNT(*) FROM transactions"))).scalar()
            findings = await check(session, services.levels.curve.level_of)
    right = paid == users * ROWS_EACH + flood.sent and not findings and not backup.findings
    report(backup, ended - began, without, beside, right=right)
    return right


def report(backup: Backup, took: float, without: Sequence[float], beside: Sequence[float], *, right: bool) -> None:
    """Print one run."""
    rows = [
        ("Database", f"{backup.size / 1e6:,.0f} MB"),
        ("Backup, verified", f"{took:.1f} s, {backup.size / 1e6 / took:,.0f} MB a second"),
    ]
    for name, gaps in (("without", without), ("beside the backup", beside)):
        rows += [
            (f"Longest gap between two commits, {name}", ms(max(gaps))),
            (f"  99 of 100, {name}", ms(percentile(gaps, 0.99))),
            (f"  over 100 ms, {name}", f"{sum(gap > 0.1 for gap in gaps)} of {len(gaps)}"),
        ]
    rows.append(("Nothing lost, ledger and copy right", "yes" if right else "NO"))
    table("Backup under a flood of awards", rows)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--rate", type=int, default=2_000, help="awards a second")
    parser.add_argument("--seconds", type=float, default=10, help="how long it is measured without a backup")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    right = True
    for _ in range(args.rounds):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            right &= asyncio.run(measure(Path(folder), args.users, args.rate, args.seconds))
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
