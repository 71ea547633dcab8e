"""An effect whose process hung: what another process has taken over is neither answered nor given back by the first."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from pixel_bot.testing import stage
from tests.harness.seed import execute, query
from tests.harness.waiting import until
from tests.queue.test_promises_effects import COG

TAKEN_OVER = "UPDATE queue_items SET owner = 7, attempts = attempts + 1"


@pytest.mark.parametrize("fails", [False, True], ids=["it answers", "it fails"])
async def test_it_leaves_it_to_the_other_one(url: str, tmp_path: Path, fails: bool) -> None:
    gate = asyncio.Event()
    cogs = tmp_path / "own_cogs"
    cogs.mkdir()
    fails_first = "        if job.args['how'] == 'fails':\n            raise EffectFailed('No.')\n"
    before = f"        await self.bot.gate.wait()\n{fails_first}"
    says = "        await job.say("
    (cogs / "mine.py").write_text(COG.replace("SECONDS", "20").replace(says, before + says), encoding="utf-8")
    async with stage(tmp_path / "one", cogs_dir=cogs, database_url=url) as chat:
        cast(Any, chat.bot).gate = gate
        await chat.viewer("alice", points=100)
        await chat.say("alice", "!work fails" if fails else "!work well", wait=False)
        await until(lambda: query(url, "SELECT status FROM queue_items") == [("running",)])
        execute(url, TAKEN_OVER)
        gate.set()
        await asyncio.sleep(0.5)
        assert not any("Done for" in text for text in chat.sent)
        assert query(url, "SELECT status FROM queue_items") == [("running",)]
        assert await chat.points("alice") == 90
        execute(url, "UPDATE queue_items SET status = 'done'")
