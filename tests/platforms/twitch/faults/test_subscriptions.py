"""Faults of Twitch at subscribing: chat is heard again."""

import asyncio
from typing import Any

import pytest

from pixel_bot.platforms.twitch.accounts import Tokens
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.session import SandboxSession
from pixel_bot.sandbox.twitch.tokens import ALL_SCOPES
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.harness.twitch_harness import (
    CHAT,
    CHEERS,
    DOUBLE,
    TYPES,
    Harness,
    all_paid,
    listening,
)
from tests.harness.waiting import until
from tests.platforms.twitch.faults.fault_helpers import NO_ANSWERS, SECONDS, signed_in

SUBSCRIPTIONS = "eventsub/subscriptions"


def of_type(home: Harness, kind: str) -> list[str]:
    """The ids of subscriptions to a type."""
    return [key for key, s in home.twitch.subscriptions.items() if s["type"] == kind]


# Subscriptions


async def test_whatever_twitch_answers_to_a_subscription_chat_is_heard_again(home: Harness) -> None:
    async with signed_in(home) as app:
        for number, (name, fault) in enumerate(NO_ANSWERS.items(), start=1):
            home.twitch.faults.add(SUBSCRIPTIONS, method="POST", times=2, **fault)
            home.twitch.faults.add(SUBSCRIPTIONS, method="GET", times=1, **fault)
            home.twitch.faults.add(SUBSCRIPTIONS, method="DELETE", times=1, **fault)
            lost = home.session(CHAT)
            home.twitch.linger = 30.0
            await home.twitch.lose(lost)
            await home.all_heard(lost)
            await listening(app)
            await home.say("alice", "hello", message_id=f"after {name}")
            await home.say("alice", "hello", message_id=f"after {name}")
            await all_paid(app, number)
            assert app.platform.eventsub.refusals == [], name
            home.twitch.faults.clear()


async def test_the_subscriptions_of_dead_connections_do_not_leave_the_bot_deaf(home: Harness) -> None:
    home.twitch.linger = 3_600.0
    async with signed_in(home) as app:
        for number, (kind, other_kind) in enumerate([(CHAT, CHEERS), (CHEERS, CHAT), (CHAT, CHEERS)], start=1):
            lost, other = home.session(kind), home.session(other_kind)
            held_by_other = home.on_session(other)
            await home.twitch.lose(lost)
            await home.all_heard(lost)
            assert home.on_session(lost) == set()
            assert home.on_session(other) == held_by_other
            await home.say("alice", "hello", message_id=str(number))
            await all_paid(app, number)
            assert home.session(other_kind) is other


async def test_the_same_where_dead_connections_use_up_what_twitch_allows(home: Harness) -> None:
    home.twitch.linger, home.twitch.equal_subscriptions = 3_600.0, 3
    async with signed_in(home) as app:
        dead: list[SandboxSession] = []
        for number in range(1, 5):
            dead.append(home.session(CHAT))
            await home.twitch.lose(dead[-1])
            await home.all_heard(dead[-1])
            await listening(app)
            await home.say("alice", "hello", message_id=str(number))
            await all_paid(app, number)
        app.platform.eventsub.reconcile_soon()
        await until(lambda: not home.on_session(*dead))


async def test_who_may_not_be_the_listener_any_more_deletes_nothing(home: Harness) -> None:
    home.twitch.linger, home.twitch.equal_subscriptions = 3_600.0, 3

    async def never() -> bool:
        return False

    async with signed_in(home) as app:
        for connection in app.platform.eventsub._connections:
            connection.subscriptions.may_delete = never
        lost = home.session(CHAT)
        before = home.on_session(lost)
        await home.twitch.lose(lost)
        await home.all_heard(lost)
        asked = home.twitch.requests.times(SUBSCRIPTIONS)
        app.platform.eventsub.reconcile_soon()
        async with asyncio.timeout(SECONDS):
            await home.twitch.request_count(SUBSCRIPTIONS, count=asked + 4)
        await listening(app)
        assert home.on_session(lost) == before
        assert home.twitch.requests.times(SUBSCRIPTIONS, "DELETE") == 0


async def test_the_same_where_one_account_is_both(home: Harness) -> None:
    home.twitch.linger = 3_600.0
    async with home.bot(points_chat_cooldown_seconds=0) as app:
        await home.sign_in(app, "bot", STREAMER)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        assert len(home.twitch.sessions) == 1
        lost = home.session(CHAT)
        await home.twitch.lose(lost)
        await home.all_heard(lost)
        await home.say("alice", "hello")
        await home.cheer("alice", 10, "cheer")
        await all_paid(app, 11)
        assert home.on_session(lost) == set()


async def test_what_twitch_holds_but_does_not_show_is_asked_for_until_it_is_free(home: Harness) -> None:
    async with signed_in(home) as app:
        home.twitch.faults.add(SUBSCRIPTIONS, method="POST", status=409, times=3 * TYPES)
        home.twitch.faults.add(SUBSCRIPTIONS, method="GET", body={"data": []}, times=3)
        lost = home.session(CHAT)
        await home.twitch.lose(lost)
        await home.all_heard(lost)
        await home.say("alice", "hello")
        await all_paid(app, 1)


async def test_what_was_subscribed_by_others_on_a_dead_connection_is_left_alone(home: Harness) -> None:
    home.twitch.linger = 3_600.0
    async with signed_in(home) as app:
        lost = home.session(CHAT)
        condition = {"broadcaster_user_id": "12345", "user_id": BOT.id}
        foreign = home.twitch.subscribe(CHAT, "1", condition, lost.id, BOT.id)
        assert foreign is not None
        await home.twitch.lose(lost)
        await home.all_heard(lost)
        app.platform.eventsub.reconcile_soon()
        asked = home.twitch.requests.times(SUBSCRIPTIONS)
        await home.twitch.request_count(SUBSCRIPTIONS, count=asked + 4)
        assert home.on_session(lost) == {foreign["id"]}


async def test_a_minute_after_each_connect_twitchs_list_is_compared(
    home: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub.connection.RECONCILE_SOON_SECONDS", 0.5)
    async with signed_in(home) as app:
        for number in (1, 2):
            (chat,) = of_type(home, CHAT)
            home.twitch.drop(chat)
            await home.say("alice", "unheard")
            await until(lambda: of_type(home, CHAT))
            await listening(app)
            await home.say("alice", "heard")
            await all_paid(app, number)
            lost = home.session(CHAT)
            await home.twitch.lose(lost)
            await home.all_heard(lost)
        assert sum("no subscription to chat. Made again" in r.message for r in caplog.records) == 2


async def test_it_is_not_taken_for_lost_where_twitch_shows_it_under_the_former_connection(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signed_in(home) as app:
        former, requests, of = home.session(CHAT), home.twitch.requests, home.twitch.of

        def under_the_former_id(user_id: str) -> list[Any]:
            return [s | {"transport": {"session_id": former.id}} if user_id == BOT.id else s for s in of(user_id)]

        monkeypatch.setattr(home.twitch, "of", under_the_former_id)
        made, listed = requests.times(SUBSCRIPTIONS, "POST"), requests.times(SUBSCRIPTIONS)
        await home.twitch.ask_to_move(former, f"ws://{home.web.address}{DOUBLE}/ws")
        await home.all_heard(former)
        async with asyncio.timeout(SECONDS):
            await home.twitch.request_count(SUBSCRIPTIONS, count=listed + 2)
        await listening(app)
        assert requests.times(SUBSCRIPTIONS, "POST") == made
        assert requests.times(SUBSCRIPTIONS, "DELETE") == 0


# Refusals


async def test_a_scope_that_is_missing_is_named_and_asked_for_again_after_the_next_sign_in(
    home: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    async with signed_in(home) as app:
        await _renew_without(app, home, "bits:read")
    async with signed_in(home) as app:
        (refusal,) = app.platform.eventsub.refusals
        assert (refusal.type.type, "scope bits:read" in refusal.reason) == (CHEERS, True)
        page = ""

        async def told() -> bool:
            nonlocal page
            _, page = await home.get(app, "/setup")
            return "Some things are off until you allow them; all else works." in page

        await until(told)  # the tokens are validated beside the subscriptions
        assert "cheers and power-ups (bits:read)" in page
        assert "1 step to go" in page, "the overlay is to be opened, and nobody has to sign in"
        await home.say("alice", "the rest goes on")
        await all_paid(app, 1)
        lost = home.session("channel.follow")
        await home.twitch.lose(lost)
        async with asyncio.timeout(SECONDS):
            await home.twitch.subscribed(TYPES - 1)
        await listening(app)
        assert sum("Twitch sends no bits" in r.message for r in caplog.records) == 1
        await home.sign_in(app, "broadcaster", STREAMER)
        await home.all_heard()
        await listening(app)
        assert app.platform.eventsub.refusals == []
        await home.cheer("alice", 10, "at last")
        await all_paid(app, 11)


async def _renew_without(app: LiveApp, home: Harness, scope: str) -> None:
    """The broadcaster's tokens become those of an older version, which did not ask for that scope."""
    tokens = home.world.grant(STREAMER.id, set(ALL_SCOPES) - {scope})
    former = app.platform.accounts.tokens_of("broadcaster")
    assert former is not None
    await app.platform.accounts.replace_tokens("broadcaster", Tokens(*tokens), former)


@pytest.mark.parametrize(("status", "message"), [(400, "invalid condition"), (403, "not permitted"), (404, "gone")])
async def test_one_type_that_is_refused_does_not_stop_the_others(
    home: Harness, caplog: pytest.LogCaptureFixture, status: int, message: str
) -> None:
    async with signed_in(home) as app:
        home.twitch.faults.add(SUBSCRIPTIONS, method="POST", status=status, body={"message": message})
        lost = home.session(CHEERS)
        await lost.close(4000)
        async with asyncio.timeout(SECONDS):
            await lost.ended.wait()
            await home.twitch.subscribed(TYPES - 1)
        await until(lambda: app.platform.eventsub.refusals)
        (refusal,) = app.platform.eventsub.refusals
        assert message in str(refusal) or str(status) in str(refusal)
        app.platform.eventsub.reconcile_soon()
        await home.cheer("alice", 10, "c")
        await all_paid(app, 10)
        assert sum("Twitch sends no" in r.message for r in caplog.records) == 1
        await home.sign_in(app, "broadcaster", STREAMER)
        await home.all_heard()
        await listening(app)
        assert app.platform.eventsub.refusals == []
