"""``/metrics``: who may read it, and what stands in it."""

import asyncio
import json
import time
from pathlib import Path
from uuid import uuid4

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from pixel_bot import __version__
from pixel_bot.concurrency.loop_lag import LoopLag
from pixel_bot.run.live_app import live as live_bot
from pixel_bot.run.monitoring import Monitoring
from pixel_bot.services import Services
from pixel_bot.testing import Live, live, settings_in
from pixel_bot.web.access.access import Access
from pixel_bot.web.access.sessions import Purpose
from tests.harness.waiting import until
from tests.web.access.stranger import ask, sign_in

SCOPE = "show:view"


async def bearer(access: Access, *scopes: str) -> dict[str, str]:
    """The header of a new token."""
    return {"Authorization": f"Bearer {await access.tokens.make(f'{uuid4()}', scopes)}"}


async def read(access: Access) -> dict[tuple[str, str], float]:
    """All figures, by name and labels, as a monitoring server reads them."""
    async with aiohttp.ClientSession() as web:
        answer = await ask(web, access, "/metrics", host="127.0.0.1", headers=await bearer(access, SCOPE))
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = list(text_string_to_metric_families(answer.text))
    assert len({family.name for family in families}) == len(families)
    return {
        (sample.name, ",".join(sorted(sample.labels.values()))): sample.value
        for family in families
        for sample in family.samples
    }


async def is_gated(access: Access) -> None:
    """Who may not read the figures learns none, on this computer too; a session, and a token with the scope, may."""
    cookie = await sign_in(access, await access.link(Purpose.START))
    answers = {
        401: [{}, {"Authorization": "Bearer pb_x"}, {"Cookie": f"{access.cookie(is_tls=False)}=x"}],
        403: [await bearer(access, "viewers:manage", "settings:manage")],
        200: [cookie, await bearer(access), await bearer(access, SCOPE), await bearer(access, "show:manage")],
    }
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as web:
        for status, senders in answers.items():
            for headers in senders:
                answer = await ask(web, access, "/metrics", headers=headers)
                assert (answer.status, "pixel_bot_healthy" in answer.text) == (status, status == 200), headers
                if status == 401:
                    assert answer.headers["www-authenticate"] == "Bearer"
                if status == 403:
                    assert SCOPE in json.loads(answer.text)["error"]


async def test_in_the_sandbox_the_figures_are_for_a_session_or_a_token(tmp_path: Path) -> None:
    async with live(tmp_path) as show:
        await is_gated(show.app.access)


async def test_live_it_is_the_same(tmp_path: Path) -> None:
    async with live_bot(settings_in(tmp_path, twitch_client_id="abc")) as app:
        await is_gated(app.access)


async def test_a_revoked_token_reads_nothing_more(tmp_path: Path) -> None:
    async with live(tmp_path) as show, aiohttp.ClientSession() as web:
        access = show.app.access
        headers = {"Authorization": f"Bearer {await access.tokens.make('prometheus', [SCOPE])}"}
        assert (await ask(web, access, "/metrics", headers=headers)).status == 200
        await access.tokens.revoke("prometheus")
        assert (await ask(web, access, "/metrics", headers=headers)).status == 401


async def test_the_figures_follow_what_happens(tmp_path: Path) -> None:
    async with live(tmp_path) as show:
        access = show.app.access
        before = await read(access)
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
        during = await read(access)
        assert during["pixel_bot_awarded_points_total", ""] >= 1
        assert during["pixel_bot_ledger_rows_total", "chat"] >= 1
        assert during["pixel_bot_queue_items", "effect,pending"] == 1
        assert during["pixel_bot_loop_lag_max_seconds", ""] >= during["pixel_bot_loop_lag_seconds", ""] >= 0
        await show.ask("pixel_street", "!queue clear", "broadcaster")
        after = await read(access)
        assert after["pixel_bot_queue_items", "effect,pending"] == 0
        assert after["pixel_bot_refunds_total", ""] == 1
        assert after["pixel_bot_refunded_points_total", ""] == 15


async def waiting(show: Live) -> int:
    return (await show.bot.queue.overview()).waiting["effect"]


async def test_live_there_are_figures_before_anybody_signed_in(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, twitch_client_id="abc")
    async with live_bot(settings) as app:
        figures = await read(app.access)
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
