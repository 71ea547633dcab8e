"""Several processes on one database."""

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.clock import Clock
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.check import check
from tests.harness.process import end, line_from, start, tell
from tests.run.funds import fund

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system"),
]

GIVER = '''
"""Gives all away, 25 times at once, as soon as it is told to."""

import asyncio
import sys
from pathlib import Path

from pixel_bot.run.running_bot import opened
from pixel_bot.clock import Clock
from pixel_bot.errors import BadAmount
from pixel_bot.testing import settings_in


async def main() -> None:
    async with opened(settings_in(Path(sys.argv[1])), "sandbox", Clock()) as services:
        alice, bob = await services.viewers.find("alice"), await services.viewers.find("bob")

        async def give() -> int:
            try:
                return (await services.economy.give(alice, bob, None)).amount
            except BadAmount:
                return 0

        print("ready", flush=True)
        sys.stdin.readline()
        print(sum(await asyncio.gather(*(give() for _ in range(25)))))


asyncio.run(main())
'''


async def test_two_processes_spend_one_balance_once(tmp_path: Path) -> None:
    await fund(tmp_path, 100)
    script = tmp_path / "giver.py"
    script.write_text(GIVER)
    processes = [await start(script, str(tmp_path)) for _ in range(2)]
    try:
        assert [await line_from(p) for p in processes] == ["ready", "ready"]
        for process in processes:
            tell(process, "go")
        given = [int(await line_from(p)) for p in processes]
        assert [await p.wait() for p in processes] == [0, 0]
    finally:
        for process in processes:
            await end(process)
    assert sorted(given) == [0, 100]
    async with opened(settings_in(tmp_path), "sandbox", Clock()) as services:
        assert (await services.viewers.find("alice")).points == 0
        assert (await services.viewers.find("bob")).points == 100
        async with services.database.readers() as session:
            assert await check(session, services.levels.curve.level_of) == []
            rows = (await session.execute(text("SELECT COUNT(*) FROM transactions WHERE reason = 'give'"))).scalar_one()
    assert rows == 2
