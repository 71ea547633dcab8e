"""The simulator's parts that break things: they do what they say, and no longer than that."""

import asyncio
import random
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from pixel_bot.db.driver import _execute
from pixel_bot.testing.sim.disk import Disk, DiskFault, locked
from pixel_bot.testing.sim.invariants.violation import Violation
from pixel_bot.testing.sim.lives import Life
from pixel_bot.testing.sim.loop import VirtualLoop
from pixel_bot.testing.sim.plan import Trouble
from pixel_bot.testing.sim.quiet import Quiet
from pixel_bot.testing.sim.seeded import START, WallClock
from pixel_bot.testing.sim.troubles import KINDS
from pixel_bot.testing.sim.troubles.machine import _gone


@pytest.fixture
def loop():
    made = VirtualLoop(random.Random(1))
    yield made
    made.close()


def test_every_trouble_is_there() -> None:
    assert set(KINDS) == set(Trouble)


@pytest.mark.parametrize(
    ("fault", "code"),
    [(DiskFault.READ_ONLY, sqlite3.SQLITE_READONLY), (DiskFault.FULL, sqlite3.SQLITE_FULL)],
)
def test_a_broken_disk_refuses_to_write_and_reads(fault: DiskFault, code: int) -> None:
    disk = Disk(random.Random(1))
    with closing(sqlite3.connect(":memory:")) as connection:
        with disk.broken(fault):
            disk.check(partial(_execute, connection, "SELECT 1", ()))
            with pytest.raises(sqlite3.OperationalError) as refused:
                disk.check(partial(connection.commit))
        assert refused.value.sqlite_errorcode == code
        disk.check(partial(connection.commit))


def test_another_program_holds_the_database(loop: VirtualLoop, tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    mine = sqlite3.connect(file, isolation_level=None, timeout=0)
    mine.execute("PRAGMA journal_mode = wal")

    async def play() -> None:
        holding = asyncio.ensure_future(locked(file, 5.0))
        await asyncio.sleep(1)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            mine.execute("BEGIN IMMEDIATE")
        await holding
        mine.execute("BEGIN IMMEDIATE")

    with closing(mine):
        loop.run_until_complete(play())


def test_a_machine_that_sleeps_does_what_came_due_when_it_wakes(loop: VirtualLoop) -> None:
    done: list[tuple[str, float]] = []

    async def work() -> None:
        for number in range(3):
            await asyncio.sleep(1)
            done.append((f"step {number}", loop.time()))

    async def play() -> None:
        life = Life("bot")
        life.start(work())
        await asyncio.sleep(1.5)
        life.suspend()
        await asyncio.sleep(100)
        assert [step for step, _ in done] == ["step 0"]
        life.wake()
        await asyncio.sleep(5)

    loop.run_until_complete(play())
    assert [step for step, _ in done] == ["step 0", "step 1", "step 2"]
    assert 101 < done[1][1] < 102 < done[2][1] < 103


def test_a_bot_must_notice_that_its_file_is_gone_unless_its_machine_sleeps(loop: VirtualLoop) -> None:
    quiet = Quiet()

    async def play() -> None:
        life = Life("bot")
        with quiet.broken_by("sleep"):
            noticed = asyncio.ensure_future(_gone(quiet, life))
            await asyncio.sleep(300)
            assert not noticed.done()
        await asyncio.sleep(30)
        life.kill()
        await noticed
        with pytest.raises(Violation, match="the bot goes on"):
            await _gone(quiet, Life("other"))

    loop.run_until_complete(play())


def test_a_process_dies_between_two_of_its_steps(loop: VirtualLoop) -> None:
    steps = 0

    async def work() -> None:
        nonlocal steps
        while True:
            await asyncio.sleep(0)
            steps += 1

    async def play() -> None:
        life = Life("bot")
        life.start(work())
        await asyncio.sleep(0)
        life.die_in(10)
        await life.death

    loop.run_until_complete(play())
    assert 5 < steps < 15


def test_only_the_clock_of_the_bots_machine_is_set(loop: VirtualLoop) -> None:
    wall = WallClock(loop.time)
    wall.ahead = 3_600.0
    seen: list[float] = []

    async def work() -> None:
        seen.append(wall())

    async def play() -> None:
        Life("bot").start(work())
        await asyncio.sleep(1)

    loop.run_until_complete(play())
    assert START.timestamp() + 3_600 <= seen[0] < START.timestamp() + 3_601
    assert wall() < START.timestamp() + 2


def test_quiet_counts_from_the_end_of_what_went_wrong(loop: VirtualLoop) -> None:
    quiet = Quiet()

    async def play() -> None:
        with quiet.broken_by("disk"):
            await asyncio.sleep(10)
            assert quiet.seconds("disk") == quiet.seconds() == 0
            assert quiet.seconds("sleep") > 9
        await asyncio.sleep(3)
        assert 2.9 < quiet.seconds("disk") < 3.1

    loop.run_until_complete(play())
