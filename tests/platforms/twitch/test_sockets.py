"""The event socket breaks in every way; the bot comes back by itself, and nothing is paid twice."""

import asyncio
import socket as system
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocket, WebSocketDisconnect

from pixel_bot.platforms.twitch.eventsub_session import EventSubSession as Connection
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch import eventsub, frames
from pixel_bot.sandbox.twitch.session import SandboxSession
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, sandbox_user
from pixel_bot.testing import SettableClock
from tests.harness.twitch_harness import CHAT, CHEERS, DOUBLE, Harness, all_paid, house, in_haste, listening

ALICE = sandbox_user("alice")
Json = dict[str, Any]


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)
    async with house(tmp_path) as built:
        yield built


def signed_in(home: Harness) -> Any:
    """A bot that pays for each message."""
    return home.signed_in(points_chat_cooldown_seconds=0)


class Till:
    """What was paid so far: each round is a message and a cheer, and all of the rounds before are sent once more."""

    def __init__(self, home: Harness) -> None:
        self._home = home
        self.rounds = 0

    async def ring(self, app: LiveApp) -> None:
        """Everything that happened before happens again under its old ids, and one more message and cheer."""
        self.rounds += 1
        for number in range(1, self.rounds + 1):
            await self._home.say("alice", f"hello {number}", message_id=f"message-{number}")
            await self._home.cheer("alice", 10, f"cheer-{number}")
        await all_paid(app, 11 * self.rounds)


# The connection ends


@pytest.mark.parametrize("mid_frame", [False, True], ids=["between frames", "in the middle of a frame"])
async def test_a_connection_that_is_cut_is_opened_again(home: Harness, mid_frame: bool) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        await till.ring(app)
        lost = [home.session(CHAT), home.session(CHEERS)]
        for session in lost:
            await home.twitch.lose(session, mid_frame=mid_frame)
        await home.all_heard(*lost)
        await till.ring(app)
    async with home.bot(points_chat_cooldown_seconds=0) as app:
        await listening(app)
        await till.ring(app)


async def test_a_connection_that_twitch_closes_is_opened_again_whatever_the_reason(home: Harness) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        for code in (*range(4000, 4008), 1000, 1001, 1011, 1012):
            closed = home.session(CHAT)
            await closed.close(code)
            await home.all_heard(closed)
            await till.ring(app)
        both = [home.session(CHAT), home.session(CHEERS)]
        for session in both:
            await session.close(4003)
        await home.all_heard(*both)
        await till.ring(app)


def _lively(key: str, socket: WebSocket, _: int) -> SandboxSession:
    return SandboxSession(key, socket, 2)


async def test_a_connection_without_a_sign_of_life_is_given_up(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    # The double gives a sign each second, and the bot waits for one and a half.
    monkeypatch.setattr(eventsub, "SandboxSession", _lively)
    monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub_session.GRACE_SECONDS", -8.5)
    till = Till(home)
    async with signed_in(home) as app:
        await till.ring(app)
        alive, silent = home.session(CHEERS), home.session(CHAT)
        home.twitch.silence(silent)
        await home.all_heard(silent)
        assert not alive.ended.is_set()
        await till.ring(app)
        assert home.session(CHEERS) is alive


# Frames that nobody expects


def odd_frames() -> list[str | bytes | Json]:
    """What Twitch never sends, and what it may send one day."""
    now = datetime.now(UTC)
    subscription: Json = {"id": "1", "type": CHAT, "version": "1", "status": "enabled", "condition": {}}
    chat = frames.notification(subscription, frames.chat_message(ALICE, "odd", "odd-1"), "odd-1", now)
    event = chat["payload"]["event"]
    bare = {"metadata": {"message_id": "x", "message_type": "notification", "message_timestamp": chat["metadata"]}}
    cheer = {"type": CHEERS, "version": "1"}
    return [
        "no json",
        "",
        "null",
        "[1, 2]",
        '"text"',
        "5",
        b"\x00\x01",
        "{}",
        {"payload": chat["payload"]},
        {"metadata": None, "payload": None},
        {"metadata": [], "payload": chat["payload"]},
        {"metadata": {"message_type": None}},
        {"metadata": {"message_type": ["notification"]}},
        {"metadata": {"message_type": "something_new"}, "payload": {}},
        {"metadata": {"message_type": "notification"}},
        {"metadata": {"message_type": "revocation"}, "payload": {"subscription": None}},
        {"metadata": {"message_type": "session_reconnect"}, "payload": None},
        {"metadata": {"message_type": "session_reconnect"}, "payload": {"session": {"reconnect_url": None}}},
        {"metadata": {"message_type": "session_reconnect"}, "payload": {"session": {"reconnect_url": ["ws://x"]}}},
        {"metadata": {"message_type": "session_welcome"}, "payload": {"session": {"id": "another"}}},
        bare,
        chat | {"payload": None},
        chat | {"payload": {"event": None}},
        chat | {"payload": {"event": event | {"message": None}}},
        chat | {"payload": {"event": event | {"message": {"text": 5}}}},
        chat | {"payload": {"event": event | {"message_id": None}}},
        chat | {"payload": {"event": event | {"chatter_user_id": 5}}},
        chat | {"metadata": chat["metadata"] | {"message_timestamp": "yesterday"}},
        chat | {"metadata": chat["metadata"] | {"subscription_type": "channel.new_thing"}},
        chat | {"metadata": chat["metadata"] | {"subscription_type": None}},
        frames.notification(cheer, {"bits": "many"}, "odd-2", now),
        frames.notification(cheer, frames.cheer(ALICE, 5) | {"bits": None}, "odd-3", now),
        frames.notification(cheer, frames.cheer(ALICE, 5) | {"user_login": 7}, "odd-4", now),
        frames.keepalive("k", now),
        frames.revocation(subscription | {"type": "channel.unknown"}, now),
    ]


async def test_a_frame_that_cannot_be_read_is_left_out_and_nothing_else(home: Harness) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        before = home.session(CHAT)
        for frame in odd_frames():
            if isinstance(frame, bytes):
                await before.socket.send_bytes(frame)
            elif isinstance(frame, str):
                await before.socket.send_text(frame)
            else:
                await before.send(frame)
        await till.ring(app)
        assert home.session(CHAT) is before
        assert app.platform.problems() == []


async def test_fields_that_are_new_or_null_do_not_matter(home: Harness) -> None:
    async with signed_in(home) as app:
        session = home.session(CHAT)
        subscription = next(s for s in home.twitch.subscriptions.values() if s["type"] == CHAT)
        event = frames.chat_message(ALICE, "hello", "new-1") | {"new": {"deep": [1]}, "color": None, "badges": None}
        frame = frames.notification(subscription, event, "new-1", datetime.now(UTC))
        for message_id in ("new-1", "new-2"):
            sent: Json = deepcopy(frame) | {"more": None}
            sent["payload"]["event"]["message_id"] = message_id
            await session.send(sent)
        await all_paid(app, 2)


# A welcome that does not come


Serve = Callable[[WebSocket], Awaitable[None]]


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect):
        await socket.receive()


async def _says_nothing(socket: WebSocket) -> None:
    await socket.accept()
    await _until_gone(socket)


def _welcomes_with(session: Any) -> Serve:
    async def serve(socket: WebSocket) -> None:
        await socket.accept()
        welcome = {"metadata": {"message_type": "session_welcome"}, "payload": {"session": session}}
        await socket.send_json(welcome)
        await _until_gone(socket)

    return serve


async def _refuses(socket: WebSocket) -> None:
    await socket.close(4000)


async def test_without_a_proper_welcome_it_tries_again(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till(home)
    well = home.twitch.serve_socket
    odd = [
        _says_nothing,
        _refuses,
        _welcomes_with(None),
        _welcomes_with({}),
        _welcomes_with({"id": None}),
        _welcomes_with({"id": ""}),
        _welcomes_with({"id": "x", "keepalive_timeout_seconds": "soon"}),
    ]

    async def oddly_at_first(socket: WebSocket) -> None:
        await (odd.pop() if odd else well)(socket)

    monkeypatch.setattr(home.twitch, "serve_socket", oddly_at_first)
    async with signed_in(home) as app:
        assert odd == []
        await till.ring(app)


async def test_the_bot_ends_also_while_it_waits_for_a_welcome(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub_session.WELCOME_SECONDS", 60.0)
    arrived = asyncio.Event()
    gone = asyncio.Event()

    async def serve(socket: WebSocket) -> None:
        arrived.set()
        await _says_nothing(socket)
        gone.set()

    monkeypatch.setattr(home.twitch, "serve_socket", serve)
    async with home.bot() as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        async with asyncio.timeout(5):
            await arrived.wait()
        status, page = await home.get(app, "/healthz")
        assert status == 503
        assert "is down" in page
    async with asyncio.timeout(5):
        await gone.wait()


async def test_a_connection_that_nobody_waits_for_any_more_is_closed(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def serve(socket: WebSocket) -> None:
        arrived.set()
        await _says_nothing(socket)
        gone.set()

    monkeypatch.setattr(home.twitch, "serve_socket", serve)
    monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub_session.WELCOME_SECONDS", 60.0)
    opening = asyncio.create_task(Connection.open(home.http, f"ws://{home.web.address}{DOUBLE}/ws"))
    async with asyncio.timeout(5):
        await arrived.wait()
        await asyncio.sleep(0.1)  # until the bot's side knows, too
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await gone.wait()


# Twitch asks to move


async def test_a_move_loses_nothing_and_pays_nothing_twice(home: Harness) -> None:
    url = f"ws://{home.web.address}{DOUBLE}/ws"
    async with signed_in(home) as app:
        made = home.twitch.requests.times("eventsub/subscriptions", "POST")
        for round_ in range(5):
            former = home.session(CHAT)
            chatter = asyncio.create_task(_chat(home, range(round_ * 100, round_ * 100 + 100)))
            await asyncio.sleep(0)
            await home.twitch.ask_to_move(former, url)
            await home.twitch.ask_to_move(former, url)
            await chatter
            await home.all_heard(former)
            await all_paid(app, 100 * (round_ + 1))
        assert home.twitch.requests.times("eventsub/subscriptions", "POST") == made


async def _chat(home: Harness, numbers: range) -> None:
    for number in numbers:
        await home.say("alice", f"hello {number}", message_id=f"m{number}")
        await asyncio.sleep(0.001)


async def test_an_address_that_is_dead_leads_to_a_fresh_connection(home: Harness) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        unknown = f"ws://{home.web.address}{DOUBLE}/ws?challenge=unknown"
        for url in ("ws://127.0.0.1:1/ws", "nonsense", "", "ws://[bad", "javascript:alert(1)", unknown):
            await till.ring(app)
            former = home.session(CHAT)
            await former.send(frames.reconnect(former.id, url, datetime.now(UTC)))
            await home.all_heard(former)
        await till.ring(app)


async def test_a_connection_that_is_cut_while_it_moves_does_not_matter(home: Harness) -> None:
    till = Till(home)
    url = f"ws://{home.web.address}{DOUBLE}/ws"
    async with signed_in(home) as app:
        await till.ring(app)
        former = home.session(CHAT)
        home.twitch.faults.add("ws", delay=0.2)
        await home.twitch.ask_to_move(former, url)
        await home.twitch.lose(former)
        await home.all_heard(former)
        await till.ring(app)


# Revoked


async def test_a_type_that_twitch_ends_is_told_and_the_others_go_on(
    home: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        eventsub = app.platform.eventsub
        for status in ("user_removed", "version_removed", "moderator_removed", None):
            await till.ring(app)
            caplog.clear()
            ended = next(s for s in home.twitch.subscriptions.values() if s["type"] == "channel.follow")
            home.twitch.drop(ended["id"])
            former = home.session(CHEERS)
            for _ in range(2):
                await former.send(frames.revocation(ended | {"status": status}, datetime.now(UTC)))
            await till.ring(app)
            (refusal,) = eventsub.refusals
            assert str(status or "no reason") in str(refusal)
            assert str(refusal) in (await home.get(app, "/setup"))[1]
            assert sum("Twitch sends no" in record.message for record in caplog.records) == 1
            # On the next connection it is tried again.
            await former.close(4000)
            await home.all_heard(former)
            await listening(app)
            assert eventsub.refusals == []


async def test_a_sign_in_that_is_revoked_is_a_step_to_do_and_the_other_account_goes_on(home: Harness) -> None:
    async with signed_in(home) as app:
        home.world.revoke_user(BOT.id)
        async with asyncio.timeout(10):
            while app.platform.accounts.tokens_of("bot") is not None:
                await app.platform.accounts.next_change()
        assert "The sign-in of PixelBot has ended" in (await home.get(app, "/setup"))[1]
        status, page = await home.get(app, "/healthz")
        assert (status, "not signed in" in page) == (503, True)
        await home.cheer("alice", 10, "while-the-bot-is-away")
        await all_paid(app, 10)
        await home.sign_in(app, "bot", BOT)
        await home.all_heard()
        await home.say("alice", "hello")
        await all_paid(app, 11)


# The network


async def test_after_minutes_without_a_network_it_is_back_by_itself(home: Harness) -> None:
    till = Till(home)
    clock = SettableClock()
    async with home.signed_in(clock, points_chat_cooldown_seconds=0) as app:
        await till.ring(app)
        await home.leave()
        clock.advance(300)
        async with asyncio.timeout(10):
            while len(app.platform.problems()) < 2:
                await asyncio.sleep(0.01)
        status, page = await home.get(app, "/healthz")
        assert status == 503
        assert "The connection to Twitch as bot is down" in page
        assert "Twitch is not connected" in (await home.get(app, "/setup"))[1]
        await asyncio.sleep(1)  # many attempts
        await home.return_()
        await home.all_heard()
        await till.ring(app)
        await listening(app)
        assert (await home.get(app, "/healthz"))[0] == 200


async def test_a_bot_that_starts_without_a_network_says_so_and_comes_back_by_itself(home: Harness) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        await till.ring(app)
    await home.leave()
    async with home.bot(points_chat_cooldown_seconds=0) as app:
        async with asyncio.timeout(10):
            while not (problems := app.platform.problems()) or "no connection" not in problems[0]:
                await asyncio.sleep(0.01)
        status, page = await home.get(app, "/healthz")
        assert status == 503
        assert "no connection" in page
        assert "Twitch is not connected" in (await home.get(app, "/setup"))[1]
        await home.return_()
        await home.all_heard()
        await till.ring(app)
        assert (await home.get(app, "/healthz"))[0] == 200


async def test_names_that_cannot_be_resolved_at_the_start_are_tried_again(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        await till.ring(app)
    resolve = system.getaddrinfo
    works = False

    def lame(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if port == home.web.port and not works:
            raise system.gaierror(-3, "Temporary failure in name resolution")
        return resolve(host, port, *args, **options)

    monkeypatch.setattr(system, "getaddrinfo", lame)
    base = f"localhost:{home.web.port}{DOUBLE}"
    urls: Json = {
        "twitch_helix_url": f"http://{base}/helix/",
        "twitch_id_url": f"http://{base}/",
        "twitch_eventsub_url": f"ws://{base}/ws",
    }
    async with home.bot(None, points_chat_cooldown_seconds=0, **urls) as app:
        async with asyncio.timeout(10):
            while not (problems := app.platform.problems()) or "DNS" not in problems[0]:
                await asyncio.sleep(0.01)
        assert (await home.get(app, "/healthz"))[0] == 503
        works = True
        await home.all_heard()
        await till.ring(app)
