"""Connections that move and are lost."""

import asyncio

from typing_extensions import override

from pixel_bot.run.sandbox_app import SANDBOX
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.double import SandboxSession
from pixel_bot.testing import Live
from tests.bot.sockets.frames import ALICE, CHAT, NOW, chat_session, fire, points
from tests.harness.waiting import until

# Connections


class Moving(dict[str, SandboxSession]):
    """The double's sessions; subscriptions move to a new session before it is welcomed, as Twitch moves them."""

    def __init__(self, show: Live, old: SandboxSession) -> None:
        super().__init__(show.twitch.sessions)
        self._show, self._old = show, old
        self.arrived = asyncio.Event()

    @override
    def __setitem__(self, key: str, session: SandboxSession) -> None:
        super().__setitem__(key, session)
        for subscription in self._show.twitch.subscriptions.values():
            if subscription["transport"]["session_id"] == self._old.id:
                subscription["transport"]["session_id"] = key
        session.subscribed.set()
        self.arrived.set()


def address(show: Live) -> str:
    return f"ws://{show.app.web.address}{SANDBOX}/ws"


async def test_the_bot_moves_when_twitch_asks(show: Live) -> None:
    old = chat_session(show)
    show.twitch.sessions = moving = Moving(show, old)
    await old.send(frames.reconnect(old.id, address(show), NOW))
    async with asyncio.timeout(10):
        await moving.arrived.wait()
    await until(lambda: old.id not in show.twitch.sessions, 10)
    assert chat_session(show) is not old
    assert await show.ask("alice", "!points") == "You have 0 points."
    await show.say("alice", "hello")
    assert await points(show, "alice") == 1
    assert chat_session(show).id in show.app.platform.eventsub.session_ids


async def test_the_sandbox_lets_subscriptions_move(show: Live) -> None:
    old = chat_session(show)
    await show.twitch.ask_to_move(old, address(show))
    await until(lambda: old.id not in show.twitch.sessions, 10)
    assert await show.ask("alice", "!points") == "You have 0 points."


async def test_nothing_is_lost_while_the_bot_moves(show: Live) -> None:
    old = chat_session(show)
    show.twitch.sessions = moving = Moving(show, old)
    await old.send(frames.reconnect(old.id, address(show), NOW))
    await show.say("alice", "between two sockets")
    assert not moving.arrived.is_set()
    await until(lambda: old.id not in show.twitch.sessions, 10)
    async with asyncio.timeout(5):
        assert await points(show, "alice") == 1


async def test_a_new_address_that_does_not_answer_is_survived(show: Live) -> None:
    old = chat_session(show)
    await old.send(frames.reconnect(old.id, "ws://127.0.0.1:9/", NOW))
    await until(lambda: old.id not in show.twitch.sessions and _subscribed(show), 10)
    assert await show.ask("alice", "!points") == "You have 0 points."


async def test_a_lost_connection_comes_back_subscribed(show: Live) -> None:
    old = chat_session(show)
    await old.socket.close(4000)
    await until(lambda: old.id not in show.twitch.sessions and _subscribed(show), 10)
    assert await show.ask("alice", "!points") == "You have 0 points."
    await fire(show, "channel.bits.use", frames.bits_use(ALICE, 5), "after")
    await fire(show, "channel.follow", frames.follow(ALICE, NOW), "after too")
    assert await points(show, "alice") == 55


def _subscribed(show: Live) -> bool:
    return CHAT in {s["type"] for s in show.twitch.subscriptions.values()}
