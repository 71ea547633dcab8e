"""An event connection that ends is opened again."""

import pytest
from starlette.websockets import WebSocket

from pixel_bot.sandbox.twitch import eventsub
from pixel_bot.sandbox.twitch.session import SandboxSession
from tests.harness.twitch_harness import CHAT, CHEERS, Harness, listening
from tests.platforms.twitch.sockets.socket_helpers import Till, signed_in


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
    monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub.session.GRACE_SECONDS", -8.5)
    till = Till(home)
    async with signed_in(home) as app:
        await till.ring(app)
        alive, silent = home.session(CHEERS), home.session(CHAT)
        home.twitch.silence(silent)
        await home.all_heard(silent)
        assert not alive.ended.is_set()
        await till.ring(app)
        assert home.session(CHEERS) is alive
