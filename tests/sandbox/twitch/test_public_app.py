"""Twitch's double: an application of the type Public."""

import pytest

from pixel_bot.sandbox.twitch.tokens import UNUSED_SECONDS
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.sandbox.twitch.client import DEVICE, Answer, Double, validate


@pytest.fixture
def public(double: Double) -> Double:
    """The double of an application without a secret, whose clock stands still."""
    double.world.is_public = True
    double.world.now = lambda: 1_000.0
    return double


async def token(double: Double, **params: str) -> Answer:
    return await double.oauth("POST", "token", client_id=double.world.client_id, **params)


async def refreshed(double: Double, refresh: str) -> Answer:
    return await token(double, grant_type="refresh_token", refresh_token=refresh)


async def test_it_has_no_token_of_its_own(public: Double) -> None:
    answer = await token(public, grant_type="client_credentials")
    assert (answer.status, answer.message) == (400, "missing client secret")
    assert (await public.token(grant_type="client_credentials")).message == "invalid client secret"
    assert (await token(public, grant_type="authorization_code", code="x")).message == "missing client secret"


async def test_a_refresh_token_works_once(public: Double) -> None:
    access, refresh = public.world.grant(BOT.id, ["user:bot"])
    first = await refreshed(public, refresh)
    assert (first.status, first.body["scope"]) == (200, ["user:bot"])
    again = await refreshed(public, refresh)
    assert (again.status, again.message) == (400, "Invalid refresh token")
    assert public.world.spent_again == [BOT.id]
    assert (await refreshed(public, "made up")).status == 400
    assert public.world.spent_again == [BOT.id]
    assert (await validate(public, access)).status == 200
    assert (await refreshed(public, first.body["refresh_token"])).status == 200


@pytest.mark.parametrize(("seconds", "status"), [(UNUSED_SECONDS - 1, 200), (UNUSED_SECONDS, 400)])
async def test_a_refresh_token_that_is_not_used_ends_after_30_days(public: Double, seconds: float, status: int) -> None:
    assert UNUSED_SECONDS == 30 * 24 * 3_600
    _, refresh = public.world.grant(BOT.id)
    public.world.now = lambda: 1_000.0 + seconds
    assert (await refreshed(public, refresh)).status == status
    assert public.world.spent_again == []


async def test_each_use_begins_the_30_days_anew(public: Double) -> None:
    _, refresh = public.world.grant(BOT.id)
    for day in (29, 58, 87):
        now = 1_000.0 + day * 86_400.0
        public.world.now = lambda now=now: now
        answer = await refreshed(public, refresh)
        assert answer.status == 200
        refresh = answer.body["refresh_token"]


async def test_two_accounts_sign_in_by_codes(public: Double) -> None:
    begun = [await public.oauth("POST", "device", client_id=public.world.client_id, scopes="user:bot") for _ in "12"]
    assert begun[0].body["user_code"] != begun[1].body["user_code"]
    polls = [{"grant_type": DEVICE, "device_code": answer.body["device_code"]} for answer in begun]
    assert public.world.approve(begun[1].body["user_code"], STREAMER)
    assert (await token(public, **polls[0])).message == "authorization_pending"
    assert public.world.approve(begun[0].body["user_code"], BOT)
    logins = [
        (await validate(public, (await token(public, **poll)).body["access_token"])).body["login"] for poll in polls
    ]
    assert logins == [BOT.login, STREAMER.login]


async def test_another_application_cannot_use_its_tokens(public: Double) -> None:
    former = public.world.client_id
    access, refresh = public.world.grant(BOT.id)
    public.world.client_id = "another"
    assert (await validate(public, access)).body["client_id"] == former
    assert (await refreshed(public, refresh)).status == 400
    assert (await public.ask("GET", "users", access)).message == "Client ID and OAuth token do not match"
