"""``/metrics``: who may read it, and what stands in it."""

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import HTTPConnection

from pixel_bot import __version__
from pixel_bot.concurrency.loop_lag import LoopLag
from pixel_bot.run.live_app import live as live_bot
from pixel_bot.run.monitoring import Monitoring
from pixel_bot.services import Services
from pixel_bot.testing import Live, live, settings_in
from pixel_bot.web.bearer import bears
from tests.harness.waiting import until

TOKEN = "a-token-of-sixteen-and-more"


def carrying(header: str) -> HTTPConnection:
    return HTTPConnection({"type": "http", "headers": [(b"authorization", header.encode("latin-1"))]})


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer  {TOKEN} "])
def test_the_right_token_is_let_in(header: str) -> None:
    assert bears(carrying(header), TOKEN)


@pytest.mark.parametrize(
    "header",
    ["", TOKEN, "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ümlaut", f"Bearer {TOKEN[:-1]}"],
)
def test_anything_else_is_not(header: str) -> None:
    assert not bears(carrying(header), TOKEN)
    assert not bears(carrying(header), "")


async def read(show_address: str, token: str = TOKEN) -> dict[tuple[str, str], float]:
    """All figures, by name and labels."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as web, web.get(f"http://{show_address}/metrics", headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = await answer.text()
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    return {
        (sample.name, ",".join(sorted(sample.labels.values()))): sample.value
        for family in families
        for sample in family.samples
    }


async def test_without_a_token_there_is_no_such_page(tmp_path: Path) -> None:
    async with live(tmp_path) as show, aiohttp.ClientSession() as web:
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
            async with web.get(f"http://{show.app.web.address}/metrics", headers=headers) as answer:
                assert answer.status == 404


async def test_a_wrong_token_is_refused_and_told_nothing(tmp_path: Path) -> None:
    async with live(tmp_path, metrics_token=TOKEN) as show, aiohttp.ClientSession() as web:
        for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}):
            async with web.get(f"http://{show.app.web.address}/metrics", headers=headers) as answer:
                assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
                told = await answer.text()
                assert "pixel_bot" not in told
                assert TOKEN not in told


async def test_the_figures_follow_what_happens(tmp_path: Path) -> None:
    async with live(tmp_path, metrics_token=TOKEN) as show:
        address = show.app.web.address
        before = await read(address)
        assert before["pixel_bot_healthy", ""] == 1
        assert before["pixel_bot_problems", ""] == 0
        assert before["pixel_bot_queue_items", "effect,pending"] == 0
        assert before["pixel_bot_outbox_messages", "twitch"] == 0
        assert before["pixel_bot_refunds_total", ""] == 0
        assert before["pixel_bot_info", f"{__version__},sandbox"] == 1
        await show.say("alice", "hello")
        await show.bot.settled()
        await show.ask("pixel_street", "!points add @alice 99", "broadcaster")
        await show.ask("pixel_street", "!queue pause", "broadcaster")
        await show.say("alice", "!sound ding")
        await until(lambda: waiting(show))
        during = await read(address)
        assert during["pixel_bot_awarded_points_total", ""] >= 1
        assert during["pixel_bot_ledger_rows_total", "chat"] >= 1
        assert during["pixel_bot_queue_items", "effect,pending"] == 1
        assert during["pixel_bot_loop_lag_max_seconds", ""] >= during["pixel_bot_loop_lag_seconds", ""] >= 0
        await show.ask("pixel_street", "!queue clear", "broadcaster")
        after = await read(address)
        assert after["pixel_bot_queue_items", "effect,pending"] == 0
        assert after["pixel_bot_refunds_total", ""] == 1
        assert after["pixel_bot_refunded_points_total", ""] == 15


async def waiting(show: Live) -> int:
    return (await show.bot.queue.overview()).waiting["effect"]


async def test_live_there_are_figures_before_anybody_signed_in(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, twitch_client_id="abc", metrics_token=TOKEN)
    async with live_bot(settings) as app:
        figures = await read(app.web.address)
    assert figures["pixel_bot_healthy", ""] == 0
    assert figures["pixel_bot_problems", ""] == 1
    assert not any(name == "pixel_bot_queue_items" for name, _ in figures)


async def test_the_figures_are_kept_in_a_file_for_a_report(services: Services) -> None:
    async def well() -> list[str]:
        return []

    monitoring = Monitoring(services, lambda: None, well)
    await monitoring.write()
    kept = (services.settings.data_dir / "figures.prom").read_text()
    assert "pixel_bot_healthy 1.0" in kept
    assert not (services.settings.data_dir / "figures.prom.part").exists()


async def test_a_loop_that_is_held_up_shows_in_the_lag() -> None:
    lag = LoopLag(interval=0.001)
    task = asyncio.create_task(lag.measure())
    await until(lambda: lag.last > 0)
    time.sleep(0.2)  # it is what holds the loop up
    await until(lambda: lag.worst >= 0.15)
    task.cancel()
    assert lag.last <= lag.worst
