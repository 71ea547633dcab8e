"""A backup under a flood of awards: it ends, it verifies, and the awards go on."""

import asyncio
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from pixel_bot.clock import Clock
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import settings_in
from tests.harness.database import findings
from tests.harness.seed import execute, query, url_of
from tests.harness.waiting import until

pytestmark = pytest.mark.sqlite

RATE = 2_000
PEOPLE = 500
BALLAST = 200
"""Rows of 40 KB, so that the copy takes a good while."""


async def test_the_copy_verifies_and_no_award_waits_for_it(tmp_path: Path) -> None:
    settings = settings_in(
        tmp_path,
        database_url=url_of(tmp_path / "pixel.db"),
        points_chat_cooldown_seconds=0,
        xp_chat_cooldown_seconds=0,
    )
    async with opened(settings, "live", Clock()) as services:
        path = services.database.path
        assert path is not None
        execute(path, "CREATE TABLE ballast (id INTEGER PRIMARY KEY, content BLOB)")
        execute(path, *(["INSERT INTO ballast (content) VALUES (randomblob(40000))"] * BALLAST))
        services.awards.start()
        commits: list[float] = []
        services.database.committed.add(lambda: commits.append(time.perf_counter()))
        stop = asyncio.Event()
        flood = asyncio.create_task(pour(services, stop))
        await until(lambda: len(commits) >= 5)
        began = time.perf_counter()
        backup = await services.backups.make()
        ended = time.perf_counter()
        stop.set()
        sent = await flood
        await services.awards.drained()
        await services.awards.stop()
        assert await findings(services) == []
    assert backup.findings == ()
    assert query(path, "SELECT COUNT(*), SUM(amount) FROM transactions") == [(sent, sent)]
    ((copied,),) = query(backup.path, "SELECT COUNT(*) FROM transactions")
    assert 0 < copied < sent
    # How long a commit takes is the machine's matter; that they never stopped is ours.
    during = [began, *(moment for moment in commits if began <= moment <= ended), ended]
    assert len(during) > 5  # two, if they waited for the copy
    assert max(b - a for a, b in pairwise(during)) < (ended - began) / 2


async def pour(services: Services, stop: asyncio.Event) -> int:
    """Chat, every message paid. Returns how many messages."""
    began, sent = time.perf_counter(), 0
    while not stop.is_set():
        while sent < (time.perf_counter() - began) * RATE:
            number = sent % PEOPLE
            fan = Person(f"9{number}", f"fan_{number}", f"Fan_{number}")
            services.awards.chat(chat_message(fan, f"m{sent}", datetime.now(UTC)))
            sent += 1
        await services.awards.wait_for_capacity()
        await asyncio.sleep(0.005)
    return sent
