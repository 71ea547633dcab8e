"""The running web server."""

from pathlib import Path

import aiohttp
import pytest

from pixel_bot.platforms.twitch.eventsub import connection as eventsub_connection
from pixel_bot.testing import Live, live
from tests.harness.waiting import until
from tests.web.visitor import at

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_root_leads_to_the_sandbox(shared_show: Live, web: aiohttp.ClientSession) -> None:
    async with web.get(at(shared_show, "/"), allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (307, "/sandbox")
    async with web.get(at(shared_show, "/")) as answer:
        assert answer.status == 200
        assert "<title>Pixel Bot sandbox</title>" in await answer.text()


async def test_what_is_not_there_is_not_there(shared_show: Live, web: aiohttp.ClientSession) -> None:
    for path in (
        "/nothing",
        "/static/nothing.js",
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/data/pixel.db",
    ):
        async with web.get(at(shared_show, path)) as answer:
            assert answer.status == 404


@pytest.mark.parametrize("lost", [2, 1], ids=["all", "only the one that chat travels on"])
async def test_health_is_200_while_all_is_well_and_503_without_a_connection(
    show: Live, web: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    async with web.get(at(show, "/healthz")) as answer:
        assert (answer.status, await answer.json()) == (200, {"ok": True})
    monkeypatch.setattr(eventsub_connection, "FIRST_PAUSE", 600.0)
    chat = next(s for s in show.twitch.subscriptions.values() if s["type"] == "channel.chat.message")
    sessions = sorted(show.twitch.sessions.values(), key=lambda s: s.id != chat["transport"]["session_id"])
    for session in sessions[:lost]:
        await session.socket.close(4000)
    await until(lambda: len(show.app.platform.problems()) >= lost)
    async with web.get(at(show, "/healthz")) as answer:
        told = await answer.json()
        assert (answer.status, told["ok"]) == (503, False)
        assert len(told["reasons"]) == lost
        assert all("connection" in reason for reason in told["reasons"])


async def test_the_page_tells_the_browser_to_be_careful(shared_show: Live, web: aiohttp.ClientSession) -> None:
    async with web.get(at(shared_show, "/sandbox")) as answer:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-type"].startswith("text/html")
        assert "server" not in answer.headers


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
@pytest.mark.parametrize("path", ["/sandbox", "/healthz", "/static/pixel.css", "/sandbox/twitch/helix/users"])
async def test_strangers_get_no_page(
    shared_show: Live, web: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    async with web.get(at(shared_show, path), headers=headers) as answer:
        assert answer.status == 403
        assert "WEB_ALLOWED_HOSTS" in await answer.text()


async def test_a_page_elsewhere_cannot_send_a_log(shared_show: Live, web: aiohttp.ClientSession) -> None:
    for origin in ("http://evil.example", "null"):
        async with web.post(
            at(shared_show, "/sandbox/replay"), data="0,alice,hi\n", headers={"Origin": origin}
        ) as answer:
            assert answer.status == 403
    await shared_show.settled()
    assert shared_show.bot.awards.totals.messages == 0


@pytest.mark.parametrize("path", ["/sandbox/live", "/sandbox/twitch/ws"])
@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}])
async def test_a_page_elsewhere_cannot_open_a_websocket(
    shared_show: Live, web: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await web.ws_connect(at(shared_show, path), headers=headers)
    assert refused.value.status == 403


async def test_allowed_hosts_come_from_the_settings(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    async with live(tmp_path, web_allowed_hosts="stream.lan, pc") as show:
        for host, status in (("stream.lan:1234", 200), ("pc", 200), ("lan", 403)):
            async with web.get(at(show, "/healthz"), headers={"Host": host}) as answer:
                assert answer.status == status
