"""Requests to Twitch carry the right token, and renew it once."""

import asyncio

import pytest
from twitchio import HTTPException

from pixel_bot.platforms.twitch.accounts import Tokens
from pixel_bot.platforms.twitch.token_refresh import TokenRefresh
from pixel_bot.platforms.wire import Answer, NoAnswer
from tests.platforms.twitch.http.bench import BOT, FINE, Bench, answer


def granted(number: int) -> Answer:
    """New tokens of a user, or of the application."""
    return answer(200, {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expires_in": 9})


def final(status: int = 400) -> Answer:
    return answer(status, "Invalid refresh token")


async def test_a_request_carries_the_token_of_its_role(bench: Bench) -> None:
    bench.wire.sign_in = [granted(7)]
    assert await bench.ask() == FINE
    assert await bench.ask(who="1") == FINE
    assert await bench.ask(who="None") == FINE
    assert bench.wire.tokens == ["access-1", "access-1", "access-7"]


async def test_a_token_that_is_worth_nothing_is_renewed_once_and_kept(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [granted(2)]
    assert await bench.ask() == FINE
    assert await bench.ask() == FINE
    assert bench.wire.tokens == ["access-1", "access-2", "access-2"]
    assert [grant["refresh_token"] for grant in bench.wire.grants] == ["refresh-1"]
    assert bench.accounts.tokens_of("bot") == Tokens("access-2", "refresh-2")
    assert bench.pauses == []


async def test_twenty_requests_at_once_renew_once(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [granted(2)]
    assert await asyncio.gather(*(bench.ask() for _ in range(20))) == [FINE] * 20
    assert len(bench.wire.grants) == 1
    assert bench.asked == 40


async def test_who_hears_late_that_the_token_is_worth_nothing_takes_the_new_one(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [granted(2)]
    await bench.http.renew("bot", "access-1")
    await bench.http.renew("bot", "access-1")
    assert len(bench.wire.grants) == 1


async def test_the_hourly_check_and_a_request_share_one_renewal(bench: Bench) -> None:
    bench.wire.sign_in = [granted(9)]
    assert await bench.http.check_app()
    bench.wire.grants.clear()
    bench.wire.good = {"access-2"}
    bench.wire.hold.clear()
    expired = answer(200, {"user_id": "1", "login": "bot", "scopes": [], "expires_in": 5})
    bench.wire.sign_in = [expired, granted(2), final()]
    care = asyncio.create_task(TokenRefresh(bench.accounts, bench.oauth, bench.http).run())
    asking = asyncio.create_task(bench.ask())
    while not bench.wire.grants or not bench.asked:
        await asyncio.sleep(0)
    bench.wire.hold.set()
    assert await asking == FINE
    care.cancel()
    await asyncio.gather(care, return_exceptions=True)
    assert len(bench.wire.grants) == 1
    assert bench.accounts.tokens_of("bot") == Tokens("access-2", "refresh-2")


async def test_new_tokens_are_kept_also_where_the_request_was_given_up(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.hold.clear()
    bench.wire.sign_in = [granted(2)]
    asking = asyncio.create_task(bench.ask())
    while not bench.wire.grants:
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    bench.wire.hold.set()
    assert await bench.ask() == FINE
    assert len(bench.wire.grants) == 1
    assert bench.accounts.tokens_of("bot") == Tokens("access-2", "refresh-2")


async def test_a_token_that_is_refused_also_when_new_is_no_reason_for_another_one(bench: Bench) -> None:
    bench.wire.good = {"access-3"}
    bench.wire.sign_in = [granted(2)]
    with pytest.raises(HTTPException) as refused:
        await bench.ask()
    assert refused.value.status == 401
    assert len(bench.wire.grants) == 1


async def test_a_missing_scope_is_no_reason_to_renew(bench: Bench) -> None:
    bench.wire.api = [answer(401, "Missing scope: bits:read")]
    with pytest.raises(HTTPException) as refused:
        await bench.ask()
    assert refused.value.extra == {"message": "Missing scope: bits:read"}
    assert bench.wire.grants == []


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_where_the_renewal_is_refused_the_sign_in_is_over(bench: Bench, status: int) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [final(status)]
    with pytest.raises(HTTPException):
        await bench.ask()
    assert bench.accounts.get("bot") is not None
    assert bench.accounts.tokens_of("bot") is None
    with pytest.raises(HTTPException, match="401"):
        await bench.ask()
    assert (bench.asked, len(bench.wire.grants)) == (1, 1)


@pytest.mark.parametrize("away", [None, answer(500, "oops"), answer(200, {"access_token": None}), answer(200, [1])])
async def test_where_the_sign_in_server_is_away_nobody_is_signed_out(bench: Bench, away: Answer | None) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [away, granted(2)]
    with pytest.raises(NoAnswer):
        await bench.ask()
    assert bench.accounts.tokens_of("bot") == BOT.tokens
    assert await bench.ask() == FINE


async def test_a_wrong_client_secret_signs_nobody_out_and_is_over_when_it_is_right(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [answer(403, "invalid client secret"), granted(2)]
    with pytest.raises(HTTPException):
        await bench.ask()
    assert bench.accounts.tokens_of("bot") == BOT.tokens
    assert "TWITCH_CLIENT_SECRET" in bench.http.app_problem
    assert await bench.ask() == FINE
    assert bench.http.app_problem == ""


async def test_the_token_of_the_application_is_fetched_once_and_renewed_like_others(bench: Bench) -> None:
    bench.wire.sign_in = [granted(5), granted(6)]
    await asyncio.gather(*(bench.ask(who="") for _ in range(5)))
    assert [grant["grant_type"] for grant in bench.wire.grants] == ["client_credentials"]
    bench.wire.good = {"access-6"}
    await asyncio.gather(*(bench.ask(who="") for _ in range(5)))
    assert len(bench.wire.grants) == 2


async def test_nobody_asks_for_somebody_who_is_not_signed_in(bench: Bench) -> None:
    for who in ("broadcaster", "12345"):
        with pytest.raises(HTTPException, match="401"):
            await bench.ask(who=who)
    assert bench.asked == 0
