"""Connections that are open and lack subscriptions."""

import asyncio

import pytest

from tests.harness.twitch_harness import CHAT, CHEERS, Harness, all_paid, listening
from tests.harness.waiting import until
from tests.platforms.twitch.sockets.socket_helpers import signed_in

SUBSCRIPTIONS = "eventsub/subscriptions"


@pytest.fixture(autouse=True)
def in_more_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("LOOK_SECONDS", 0.02), ("GRACE_SECONDS", 0.2), ("REOPEN_SECONDS", 1.0)):
        monkeypatch.setattr(f"pixel_bot.platforms.twitch.eventsub.subscription_monitor.{name}", seconds)


async def test_a_connection_without_any_subscription_is_not_healthy_and_is_opened_anew(home: Harness) -> None:
    async with signed_in(home) as app:
        deaf, other = home.session(CHAT), home.session(CHEERS)
        for key in home.on_session(deaf):
            home.twitch.drop(key)
        home.twitch.faults.add(SUBSCRIPTIONS, method="POST", status=409, times=None)
        app.platform.eventsub.reconcile_soon()
        await until(lambda: app.platform.eventsub.problems())
        status, page = await home.get(app, "/healthz")
        assert status == 503
        assert "Twitch is connected as bot, but has sent nothing for" in page
        async with asyncio.timeout(10):
            await deaf.ended.wait()
        home.twitch.faults.clear()
        await home.all_heard(deaf)
        await listening(app)
        await until(lambda: not app.platform.eventsub.problems())
        await home.say("alice", "hello")
        await all_paid(app, 1)
        assert home.session(CHEERS) is other
        assert (await home.get(app, "/healthz"))[0] == 200


async def test_a_type_that_is_not_confirmed_is_named_and_the_connection_stays(home: Harness) -> None:
    async with signed_in(home) as app:
        session = home.session(CHAT)
        (chat,) = [key for key, s in home.twitch.subscriptions.items() if s["type"] == CHAT]
        home.twitch.drop(chat)
        home.twitch.faults.add(SUBSCRIPTIONS, method="POST", status=500, times=None)
        app.platform.eventsub.reconcile_soon()
        words = "Twitch has not confirmed chat for "
        await until(lambda: [problem.startswith(words) for problem in app.platform.eventsub.problems()] == [True])
        home.twitch.faults.clear()
        await home.all_heard()
        await until(lambda: not app.platform.eventsub.problems())
        assert home.session(CHAT) is session
