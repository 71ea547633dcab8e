"""The web server: who may reach it, and what its pages and sockets say."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from sqlalchemy import text
from sqlalchemy.pool import QueuePool
from starlette.types import Message, Receive, Scope, Send

from pixel_bot.db.models import read_stamp
from pixel_bot.platforms.twitch import eventsub_connection
from pixel_bot.sandbox.page import MAX_LOG_BYTES
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Live, live
from pixel_bot.web.guard import HostGuard

Json = dict[str, Any]

# The guard by itself


async def _welcome(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def passes(headers: dict[str, str], allowed: tuple[str, ...] = (), server: str = "127.0.0.1") -> bool:
    """Whether the guard lets a request with these headers through; a refusal is a 403."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": raw, "server": (server, 8080)}
    await HostGuard(_welcome, allowed)(scope, receive, send)
    assert sent[0]["status"] in {200, 403}
    return sent[0]["status"] == 200


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080"]
)
async def test_this_machine_is_welcome(host: str) -> None:
    assert await passes({"host": host})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.localhost",
        "192.168.0.9",
        "8.8.8.8:8080",
        "0.0.0.0",
        "[2001:db8::1]",
        "",
        ":8080",
        "2130706433",
    ],
)
async def test_other_names_are_refused(host: str) -> None:
    assert not await passes({"host": host})


async def test_a_request_without_a_host_is_refused() -> None:
    assert not await passes({})


@pytest.mark.parametrize("headers", [{"host": "[::1"}, {"host": "[bad]"}, {"host": "localhost", "origin": "http://[x"}])
async def test_a_broken_address_is_refused(headers: dict[str, str]) -> None:
    assert not await passes(headers)


async def test_the_address_that_the_server_is_reached_at_is_welcome() -> None:
    assert await passes({"host": "192.168.0.5:8080"}, server="192.168.0.5")
    assert not await passes({"host": "192.168.0.6:8080"}, server="192.168.0.5")


async def test_more_names_can_be_allowed() -> None:
    allowed = (" Stream.LAN ", "", "pc")
    assert await passes({"host": "stream.lan:8080"}, allowed)
    assert await passes({"host": "PC"}, allowed)
    assert await passes({"host": "pc", "origin": "https://pc"}, allowed)
    assert not await passes({"host": "evil.example"}, allowed)
    assert not await passes({"host": ""}, allowed)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"])
async def test_a_page_of_our_own_is_welcome(host: str) -> None:
    assert await passes({"host": host, "origin": f"http://{host}"})


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost:8081",
        "http://localhost",
        "http://127.0.0.1:8080",
        "http://localhost:8080.evil.example",
        "http://evil.example/localhost:8080",
        "http://localhost:8080@evil.example",
        "null",
        "",
        "file://",
        "chrome-extension://abcdef",
    ],
)
async def test_pages_elsewhere_are_refused(origin: str) -> None:
    assert not await passes({"host": "localhost:8080", "origin": origin})


# The running server


@pytest.fixture
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    async with live(tmp_path) as running:
        yield running


@pytest.fixture
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def at(show: Live, path: str) -> str:
    return f"http://{show.app.web.address}{path}"


async def test_the_root_leads_to_the_sandbox(show: Live, web: aiohttp.ClientSession) -> None:
    async with web.get(at(show, "/"), allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (307, "/sandbox")
    async with web.get(at(show, "/")) as answer:
        assert answer.status == 200
        assert "<title>Pixel Bot sandbox</title>" in await answer.text()


async def test_what_is_not_there_is_not_there(show: Live, web: aiohttp.ClientSession) -> None:
    for path in (
        "/nothing",
        "/static/nothing.js",
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/data/pixel.db",
    ):
        async with web.get(at(show, path)) as answer:
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
    async with asyncio.timeout(10):
        while len(show.app.platform.problems()) < lost:
            await asyncio.sleep(0.01)
    async with web.get(at(show, "/healthz")) as answer:
        told = await answer.json()
        assert (answer.status, told["ok"]) == (503, False)
        assert len(told["reasons"]) == lost
        assert all("connection" in reason for reason in told["reasons"])


async def test_the_page_tells_the_browser_to_be_careful(show: Live, web: aiohttp.ClientSession) -> None:
    async with web.get(at(show, "/sandbox")) as answer:
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
    show: Live, web: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    async with web.get(at(show, path), headers=headers) as answer:
        assert answer.status == 403
        assert "WEB_ALLOWED_HOSTS" in await answer.text()


async def test_a_page_elsewhere_cannot_send_a_log(show: Live, web: aiohttp.ClientSession) -> None:
    for origin in ("http://evil.example", "null"):
        async with web.post(at(show, "/sandbox/replay"), data="0,alice,hi\n", headers={"Origin": origin}) as answer:
            assert answer.status == 403
    await show.settled()
    assert show.bot.awards.totals.messages == 0


@pytest.mark.parametrize("path", ["/sandbox/live", "/sandbox/twitch/ws"])
@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}])
async def test_a_page_elsewhere_cannot_open_a_websocket(
    show: Live, web: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await web.ws_connect(at(show, path), headers=headers)
    assert refused.value.status == 403


async def test_allowed_hosts_come_from_the_settings(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    async with live(tmp_path, web_allowed_hosts="stream.lan, pc") as show:
        for host, status in (("stream.lan:1234", 200), ("pc", 200), ("lan", 403)):
            async with web.get(at(show, "/healthz"), headers={"Host": host}) as answer:
                assert answer.status == status


# The page's websocket


class Visitor:
    """An open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def do(self, **wish: Any) -> None:
        await self._socket.send_str(json.dumps(wish))

    async def raw(self, sent: str | bytes) -> None:
        await (self._socket.send_bytes(sent) if isinstance(sent, bytes) else self._socket.send_str(sent))

    async def hear(self, kind: str, fits: Callable[[Json], bool] = lambda _: True) -> Json:
        """The next news of a kind; other news are passed over."""
        async with asyncio.timeout(10):
            while True:
                news: Json = json.loads(await self._socket.receive_str())
                if news["type"] == kind and fits(news):
                    return news

    async def points(self, login: str, wanted: int) -> Json:
        return await self.hear("viewer", lambda news: news["login"] == login and news["points"] == wanted)


@asynccontextmanager
async def visit(show: Live) -> AsyncGenerator[tuple[Visitor, Json]]:
    """The page, opened; and what it was told first."""
    async with aiohttp.ClientSession() as web, web.ws_connect(at(show, "/sandbox/live")) as socket:
        visitor = Visitor(socket)
        yield visitor, await visitor.hear("hello")


async def play_money(show: Live) -> int:
    async with show.bot.readers() as session:
        return (await session.execute(text("SELECT COUNT(*) FROM transactions WHERE reason = 'sandbox'"))).scalar_one()


async def test_hello_says_all_that_the_page_needs(show: Live) -> None:
    await show.ask("alice", "!points")
    async with visit(show) as (_, hello):
        assert {"channel": "pixel_street", "bot": "pixelbot", "prefix": "!"}.items() <= hello.items()
        assert [p["role"] for p in hello["personas"]] == [
            "viewer",
            "subscriber",
            "moderator",
            "broadcaster",
            "joystick",
        ]
        assert [(line["text"], line["bot"]) for line in hello["chat"]] == [
            ("!points", False),
            ("You have 0 points.", True),
        ]
        assert {"points", "give", "help"} <= {c["name"] for c in hello["commands"]}
        assert hello["stats"]["viewers"] >= 1
    assert await play_money(show) == 0


async def test_who_is_picked_gets_play_money_once(show: Live) -> None:
    for _ in range(2):
        async with visit(show) as (page, _):
            await page.do(do="pick", login="viewer_vi")
            await page.points("viewer_vi", 1_000)
            await page.do(do="pick", login="viewer_vi")
            news = await page.points("viewer_vi", 1_000)
            assert (news["name"], len(news["ledger"]), news["ledger"][0]["words"]) == ("Viewer_Vi", 1, "play money")
    assert await play_money(show) == 1


async def test_play_money_is_not_given_again_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        async with live(tmp_path) as show, visit(show) as (page, _):
            await page.do(do="pick", login="somebody_new")
            await page.points("somebody_new", 1_000)


async def test_what_is_said_is_heard_by_every_page(show: Live) -> None:
    async with visit(show) as (one, _), visit(show) as (two, _):
        await one.do(do="pick", login="viewer_vi")
        await one.do(do="say", text="!points")
        for page in (one, two):
            lines: list[Json] = (await page.hear("chat"))["lines"]
            while len(lines) < 2:
                lines += (await page.hear("chat"))["lines"]
            assert [line["text"] for line in lines] == ["!points", "You have 1,000 points."]
            assert lines[1]["reply_to"] == "Viewer_Vi"


@pytest.mark.parametrize(
    ("kind", "amount", "paid", "words"),
    [
        ("follow", None, 50, "Viewer_Vi followed"),
        ("sub", None, 200, "Viewer_Vi subscribed"),
        ("gift", 5, 1_000, "Viewer_Vi gifted 5 subs"),
        ("cheer", 100, 100, "Viewer_Vi cheered 100 bits"),
        ("raid", 12, 100, "Viewer_Vi raids with 12 viewers"),
        ("cheer", -5, 1, "Viewer_Vi cheered 1 bit"),
        ("cheer", 10**12, 10_000, "Viewer_Vi cheered 10,000 bits"),
        ("cheer", "many", 1, "Viewer_Vi cheered 1 bit"),
    ],
)
async def test_an_event_is_told_and_paid(show: Live, kind: str, amount: object, paid: int, words: str) -> None:
    async with visit(show) as (page, _):
        await page.do(do="pick", login="viewer_vi")
        await page.do(do="event", kind=kind, amount=amount)
        assert (await page.hear("event"))["text"] == words
        await page.points("viewer_vi", 1_000 + paid)


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ([{"do": "say", "text": "hi"}], "Pick somebody to type as first."),
        ([{"do": "event", "kind": "sub"}], "Pick somebody to type as first."),
        ([{"do": "pick", "login": ""}], "A name has 1 to 25 letters, digits or underscores."),
        ([{"do": "pick", "login": "<b>"}], "A name has 1 to 25 letters, digits or underscores."),
        ([{"do": "pick", "login": "x" * 26}], "A name has 1 to 25 letters, digits or underscores."),
        ([{"do": "pick", "login": "alice\n"}, {"do": "say", "text": "x" * 501}], "Twitch takes 500 characters"),
        ([{"do": "pick", "login": {"a": 1}}], "A name has 1 to 25 letters, digits or underscores."),
        ([{"do": "pick", "login": "joy_jules"}, {"do": "say", "text": "x" * 501}], "Joystick.tv takes 500 characters"),
        ([{"do": "pick", "login": "joy_jules"}, {"do": "redeem", "id": "1"}], "That is Twitch's."),
        ([{"do": "pick", "login": "joy_jules"}, {"do": "timeout", "login": "x"}], "That is Twitch's."),
        ([{"do": "pick", "login": "viewer_vi"}, {"do": "say", "text": "x" * 501}], "Twitch takes 500 characters"),
    ],
)
async def test_a_refusal_is_a_sentence(show: Live, wishes: list[Json], sentence: str) -> None:
    async with visit(show) as (page, _):
        for wish in wishes:
            await page.do(**wish)
        assert (await page.hear("refused"))["text"].startswith(sentence)


@pytest.mark.parametrize("role", ["broadcaster", "bot", "god", "", None])
async def test_nobody_becomes_the_streamer_by_asking(show: Live, role: object) -> None:
    async with visit(show) as (page, _):
        await page.do(do="pick", login="mallory", role=role)
        await page.points("mallory", 1_000)
        await page.do(do="say", text="!points add @mallory 5")
        lines = await page.hear("chat", lambda news: any(line["bot"] for line in news["lines"]))
        assert lines["lines"][-1]["text"] == "Only mods can do that."


GARBAGE: list[str | bytes] = [
    "{nonsense",
    "",
    "null",
    "[]",
    "5",
    '"say"',
    "{}",
    '{"do": null}',
    '{"do": "fly"}',
    '{"do": ["say"]}',
    '{"do": "event", "kind": "fly"}',
    '{"do": "event", "kind": {}}',
    '{"do": "event", "kind": "cheer", "amount": 1e400}',
    '{"do": "say", "text": ""}',
    '{"do": "say", "text": "\\u200b"}',
    '{"do": "say", "text": "\\ud800"}',
    "[" * 50_000,
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage)[:40])
async def test_garbage_is_passed_over(show: Live, garbage: str | bytes) -> None:
    async with visit(show) as (page, _):
        await page.do(do="pick", login="viewer_vi")
        await page.points("viewer_vi", 1_000)
        await page.raw(garbage)
        await page.do(do="say", text="still here")
        news = await page.hear("chat")
        assert [line["text"] for line in news["lines"]] == ["still here"]


async def test_binary_garbage_is_passed_over_too(show: Live) -> None:
    async with visit(show) as (page, _):
        await page.raw(b"\x00\xff")
        await page.do(do="pick", login="viewer_vi")
        await page.points("viewer_vi", 1_000)


async def test_a_page_that_leaves_is_forgotten(show: Live) -> None:
    before = len(show.twitch.listeners), len(show.bot.services.database.committed)
    async with visit(show):
        assert len(show.twitch.listeners) == before[0] + 1
    async with asyncio.timeout(10):
        while (len(show.twitch.listeners), len(show.bot.services.database.committed)) != before:
            await asyncio.sleep(0.01)


# in the middle of a read). With warnings as errors this also breaks other tests of this file now and then.
async def test_a_page_that_leaves_leaves_its_database_connection(show: Live) -> None:
    before = len(show.twitch.listeners)
    for i in range(30):
        async with visit(show) as (page, _):
            await page.do(do="pick", login=f"guest_{i}")
            await page.do(do="say", text="bye")
            await page.hear("chat")
    async with asyncio.timeout(10):
        while len(show.twitch.listeners) > before:
            await asyncio.sleep(0.01)
    await show.settled()
    pool = cast(QueuePool, show.bot.services.database._read_engine.pool)
    assert pool.checkedout() == 0


# Logs sent by the page


async def send_log(web: aiohttp.ClientSession, show: Live, body: Any, speed: str = "0") -> tuple[int, str]:
    async with web.post(at(show, "/sandbox/replay"), params={"speed": speed}, data=body) as answer:
        return answer.status, await answer.text()


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await true():
            await asyncio.sleep(0.01)


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
