"""Logs that the sandbox page sends to be replayed."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from pixel_bot.db.models import read_stamp
from pixel_bot.sandbox.page import MAX_LOG_BYTES
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Live, live
from tests.harness.waiting import until
from tests.web.visitor import at, play_money, visit

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def send_log(web: aiohttp.ClientSession, show: Live, body: Any, speed: str = "0") -> tuple[int, str]:
    async with web.post(at(show, "/sandbox/replay"), params={"speed": speed}, data=body) as answer:
        return answer.status, await answer.text()


async def test_a_log_is_played(show: Live, web: aiohttp.ClientSession) -> None:
    async with visit(show) as (page, _):
        status, told = await send_log(web, show, "0,alice,hi\n1,bob,hello\nnonsense\n")
        assert (status, json.loads(told)) == (200, {"rows": 2, "skipped": 1})
        news = await page.hear("replay", lambda news: news["done"])
        assert (news["sent"], news["total"], news["note"]) == (2, 2, "1 row could not be used.")
    await show.settled()
    assert (await show.bot.viewers.find("alice")).points == 1
    assert await play_money(show) == 0


async def test_a_log_without_rows_is_refused(show: Live, web: aiohttp.ClientSession) -> None:
    for body in ("", "nonsense", "second,user,text\n", b"\xff\xfe\x00"):
        assert await send_log(web, show, body) == (422, "No rows like second,user,text were found.")


async def test_a_log_that_is_too_large_is_refused(show: Live, web: aiohttp.ClientSession) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(MAX_LOG_BYTES // 2**20 + 1):
            yield b"0,alice,hi hi hi\n" * (2**20 // 17 + 1)

    status, told = await send_log(web, show, endless())
    assert (status, "larger than 16 MB" in told) == (413, True)


async def test_a_second_log_waits_for_the_first(show: Live, web: aiohttp.ClientSession) -> None:
    assert (await send_log(web, show, "0,alice,hi\n1000,bob,later\n", "1"))[0] == 200
    status, told = await send_log(web, show, "0,carol,hi\n")
    assert (status, "running already" in told) == (409, True)


async def test_of_two_logs_sent_at_once_one_is_played(show: Live, web: aiohttp.ClientSession) -> None:
    both = asyncio.Barrier(2)

    async def slowly() -> AsyncGenerator[bytes]:
        yield b"0,alice,hi\n"
        await both.wait()
        await asyncio.sleep(0.1)  # both requests have been let in by now
        yield b"1000,bob,later\n"

    answers = await asyncio.gather(send_log(web, show, slowly(), "1"), send_log(web, show, slowly(), "1"))
    assert sorted(status for status, _ in answers) == [200, 409]


@pytest.mark.parametrize("speed", ["", "fast", "-1", ".", "1.2.3", "nan", "1e400", "٣", "²"])
async def test_an_odd_speed_is_taken_for_real_time(show: Live, web: aiohttp.ClientSession, speed: str) -> None:
    assert (await send_log(web, show, "0,alice,hi\n", speed))[0] == 200


async def test_a_fast_replay_leaves_no_cooldown_in_the_far_future(show: Live, web: aiohttp.ClientSession) -> None:
    await send_log(web, show, "0,alice,hi\n5000,viewer_vi,later\n", "0")

    async def played() -> bool:
        await show.settled()
        return show.bot.awards.totals.messages == 2

    await until(played)
    await show.settled()
    async with show.bot.readers() as session:
        latest = (await session.execute(text("SELECT MAX(expires_at) FROM cooldowns"))).scalar_one()
    assert read_stamp(latest) <= datetime.now(UTC) + timedelta(seconds=61)


async def test_a_log_that_is_under_way_does_not_hinder_the_end(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(15):
        async with live(tmp_path) as show:
            assert (await send_log(web, show, "0,alice,hi\n1000,bob,later\n", "1"))[0] == 200
            await show.twitch.say(sandbox_user("carol"), "hi")
