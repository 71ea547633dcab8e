"""Tokens of an application without a secret: each refresh token works once, and ends after 30 days without use."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.platforms.twitch.accounts import SignInState
from pixel_bot.platforms.twitch.signing_in import token_renewal
from pixel_bot.platforms.twitch.token_store import INTERRUPTED, UNUSED
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.testing import SettableClock
from tests.harness.postgres import Databases
from tests.harness.twitch_harness import Harness
from tests.platforms.twitch.public.processes import (
    DAY,
    HOUR,
    SIGNED_IN,
    kill_before_the_write,
    process,
    sign_in,
    states,
    why_ended,
    works,
)


async def test_forty_days_with_restarts_stay_signed_in(home: Harness, clock: SettableClock) -> None:
    chance = random.Random(7)
    async with process(home, clock) as platform:
        await sign_in(home, platform)
    began = clock.now()
    while clock.now() < began + timedelta(days=40):
        async with process(home, clock) as platform:
            for _ in range(chance.randrange(1, 30)):
                await platform.token_refresh.check()
                assert await works(home, platform)
                clock.advance(chance.choice([HOUR, 3 * HOUR, 3 * HOUR]))
        clock.advance(chance.choice([HOUR, DAY, 9 * DAY]))
    async with process(home, clock) as platform:
        assert await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN
        assert await works(home, platform)
    assert home.world.spent_again == []


async def test_tokens_that_last_are_renewed_every_few_days_all_the_same(home: Harness, clock: SettableClock) -> None:
    home.world.token_seconds = 90 * DAY
    async with process(home, clock) as platform:
        await sign_in(home, platform)
        for _ in range(40):
            await platform.token_refresh.check()
            clock.advance(DAY)
        renewed = home.twitch.requests.times("oauth2/token", "POST")
        assert 2 * 10 <= renewed <= 2 * 14
    home.world.token_seconds = 0
    clock.advance(25 * DAY)
    home.world.token_seconds = 4 * HOUR
    async with process(home, clock) as platform:
        await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN


async def test_off_for_29_days_is_signed_in_and_off_for_31_is_told_why_not(home: Harness, clock: SettableClock) -> None:
    async with process(home, clock) as platform:
        await sign_in(home, platform)
    clock.advance(29 * DAY)
    async with process(home, clock) as platform:
        await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN
    clock.advance(31 * DAY)
    for _ in range(2):  # also after another restart
        async with process(home, clock) as platform:
            assert await platform.token_refresh.check()
            assert states(platform) == [SignInState.ENDED] * 2
            assert why_ended(platform) == [UNUSED] * 2
    tried = home.twitch.requests.times("oauth2/token", "POST")
    async with process(home, clock) as platform:
        await platform.token_refresh.check()
    assert home.twitch.requests.times("oauth2/token", "POST") == tried, "it is tried for ever"


@pytest.mark.repeated
async def test_a_kill_between_answer_and_write_ends_one_sign_in_and_nothing_else(
    home: Harness, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a server another process, which may only be slow, has this long to store what Twitch answered.
    monkeypatch.setattr(token_renewal, "UNDER_WAY_SECONDS", 0.0)
    async with process(home, clock) as platform:
        await sign_in(home, platform)
        await kill_before_the_write(platform, "bot")
    clock.advance(5 * HOUR)
    async with process(home, clock) as platform:
        await platform.token_refresh.check()
        assert states(platform) == [SignInState.ENDED, SignInState.SIGNED_IN]
        assert why_ended(platform) == [INTERRUPTED]
        await platform.token_refresh.check()
    assert home.world.spent_again == []
    async with process(home, clock) as platform:
        assert why_ended(platform) == [INTERRUPTED], "after another restart, too"
        await sign_in(home, platform)
        assert await works(home, platform)


async def test_a_token_is_noted_as_spent_before_it_is_sent(home: Harness, clock: SettableClock) -> None:
    async with process(home, clock) as first, process(home, clock) as second:
        await sign_in(home, first)
        tokens = first.accounts.tokens_of("bot")
        assert tokens is not None
        home.twitch.faults.add("oauth2/token", delay=0.5)
        renewal = asyncio.create_task(first.http.renew("bot", tokens.access))
        await home.twitch.request_count("oauth2/token", "POST")
        await second.accounts.load()
        assert (account := second.accounts.get("bot")) is not None
        assert account.is_spent
        await renewal
        await second.accounts.reload("bot")
        assert (account := second.accounts.get("bot")) is not None
        assert not account.is_spent


async def test_a_token_that_cannot_be_noted_as_spent_is_not_sent(
    home: Harness, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("disk is full"))

    async with process(home, clock) as platform:
        await sign_in(home, platform)
        clock.advance(5 * HOUR)
        with monkeypatch.context() as patch:
            patch.setattr("pixel_bot.platforms.twitch.token_store.TokenStore.note_spent", full)
            assert not await platform.token_refresh.check()
            assert home.twitch.requests.times("oauth2/token", "POST") == 0
        assert await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN


@pytest.mark.parametrize("status", [0, 500, 503], ids=["no answer", "500", "503"])
async def test_a_renewal_that_failed_for_the_moment_is_tried_again(
    home: Harness, clock: SettableClock, status: int
) -> None:
    async with process(home, clock) as platform:
        await sign_in(home, platform)
        clock.advance(5 * HOUR)
        home.twitch.faults.add("oauth2/token", status=status, drop=not status, times=2)
        assert not await platform.token_refresh.check()
        assert await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN
    assert home.world.spent_again == []


async def test_a_kill_before_the_answer_costs_nothing(home: Harness, clock: SettableClock) -> None:
    async with process(home, clock) as platform:
        await sign_in(home, platform)
        home.twitch.faults.add("oauth2/token", drop=True)
        tokens = platform.accounts.tokens_of("bot")
        assert tokens is not None
        with pytest.raises(NoAnswer):
            await platform.http.renew("bot", tokens.access)
    async with process(home, clock) as platform:
        clock.advance(5 * HOUR)
        await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN
    assert home.world.spent_again == []


async def test_an_orderly_end_keeps_tokens_that_are_on_the_way(home: Harness, clock: SettableClock) -> None:
    async with process(home, clock) as platform:
        await sign_in(home, platform)
        tokens = platform.accounts.tokens_of("bot")
        assert tokens is not None
        home.twitch.faults.add("oauth2/token", done=True, delay=0.5)
        renewal = asyncio.create_task(platform.http.renew("bot", tokens.access))
        await home.twitch.request_count("oauth2/token", "POST")
        renewal.cancel()
    clock.advance(5 * HOUR)
    async with process(home, clock) as platform:
        assert platform.accounts.tokens_of("bot") != tokens
        await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN
    assert home.world.spent_again == []


async def test_tokens_that_cannot_be_written_are_not_spent_until_they_are(
    home: Harness, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap = "pixel_bot.platforms.twitch.token_store.TokenStore.swap"

    async def full(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("disk is full"))

    async with process(home, clock) as platform:
        await sign_in(home, platform)
        clock.advance(5 * HOUR)
        with monkeypatch.context() as patch:
            patch.setattr(swap, full)
            assert not await platform.token_refresh.check()
            assert await works(home, platform), "the new access token is good"
            clock.advance(5 * HOUR)
            assert not await platform.token_refresh.check()
            assert home.twitch.requests.times("oauth2/token", "POST") == 2
        assert await platform.token_refresh.check()
        assert await works(home, platform)
    async with process(home, clock) as platform:
        clock.advance(5 * HOUR)
        await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN
    assert home.world.spent_again == []


async def test_an_application_without_a_secret_has_no_token_and_sends_no_secret(
    home: Harness, clock: SettableClock
) -> None:
    async with process(home, clock) as platform:
        await sign_in(home, platform)
        clock.advance(5 * HOUR)
        assert await platform.token_refresh.check()
        assert platform.http.app_problem == ""
    asked = [request.body for request in home.twitch.requests if request.path == "oauth2/token"]
    assert {form["grant_type"] for form in asked} == {"refresh_token"}
    assert [form for form in asked if "client_secret" in form] == []


async def test_an_application_that_has_a_secret_after_all_is_told_and_nobody_is_signed_out(
    home: Harness, clock: SettableClock
) -> None:
    async with process(home, clock) as platform:
        await sign_in(home, platform)
        home.world.is_public = False
        clock.advance(5 * HOUR)
        await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN
        assert "set TWITCH_CLIENT_SECRET" in platform.http.app_problem


# Two processes on one database


async def both_check(home: Harness, clock: SettableClock, url: str, rounds: int) -> None:
    where = {"database_url": url}
    async with process(home, clock, **where) as first, process(home, clock, **where) as second:
        await sign_in(home, first)
        for _ in range(rounds):
            clock.advance(3.8 * HOUR)
            await asyncio.gather(first.token_refresh.check(), second.token_refresh.check())
            assert (states(first), states(second)) == (SIGNED_IN, SIGNED_IN)
            assert first.accounts.tokens_of("bot") == second.accounts.tokens_of("bot")


async def test_two_processes_never_spend_one_token_twice(
    home: Harness, clock: SettableClock, databases: Databases, tmp_path: Path
) -> None:
    url = databases.of(tmp_path, "tokens")
    try:
        await both_check(home, clock, url, rounds=20)
    finally:
        databases.drop_all()
    assert home.world.spent_again == []


async def test_who_lost_the_race_takes_what_the_other_one_wrote(home: Harness, clock: SettableClock) -> None:
    # One file and no lease between them: the worst that can happen where the lease's connection is lost.
    async with process(home, clock) as first, process(home, clock) as second:
        await sign_in(home, first)
        await second.accounts.load()
        old = second.accounts.get("bot")
        assert old is not None
        assert old.tokens is not None
        await first.http.renew("bot", old.tokens.access)
        await second.accounts.end_sign_in("bot", old.tokens)
        assert states(second) == SIGNED_IN
        assert second.accounts.tokens_of("bot") == first.accounts.tokens_of("bot") != old.tokens
        await second.accounts.update(old)
        assert second.accounts.tokens_of("bot") == first.accounts.tokens_of("bot")
    async with process(home, clock) as later:
        clock.advance(5 * HOUR)
        await later.token_refresh.check()
        assert states(later) == SIGNED_IN
    assert home.world.spent_again == []


async def test_new_tokens_also_replace_a_blank_that_another_process_wrote(home: Harness, clock: SettableClock) -> None:
    async with process(home, clock) as first, process(home, clock) as second:
        await sign_in(home, first)
        await second.accounts.load()
        old = second.accounts.tokens_of("bot")
        assert old is not None
        home.twitch.faults.add("oauth2/token", done=True, delay=0.3)
        renewal = asyncio.create_task(first.http.renew("bot", old.access))
        await home.twitch.request_count("oauth2/token", "POST")
        await second.accounts.end_sign_in("bot", old)
        await renewal
        assert states(first) == SIGNED_IN
        await second.token_refresh.check()
        assert states(second) == SIGNED_IN
