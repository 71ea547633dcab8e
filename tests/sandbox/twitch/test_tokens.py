"""Twitch's double: tokens."""

import pytest

from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.sandbox.twitch.client import ALICE, DEVICE, Double, validate


async def test_an_application_has_a_token_without_a_user(double: Double) -> None:
    answer = await double.token(grant_type="client_credentials")
    assert sorted(answer.body) == ["access_token", "expires_in", "token_type"]
    worth = await validate(double, answer.body["access_token"])
    assert sorted(worth.body) == ["client_id", "expires_in", "scopes"]


@pytest.mark.parametrize(
    ("params", "status", "message"),
    [
        ({"client_id": "other"}, 400, "invalid client"),
        ({"client_secret": "wrong"}, 403, "invalid client secret"),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, 400, "Invalid refresh token"),
        ({"grant_type": "authorization_code", "code": "wrong"}, 400, "Invalid authorization code"),
        ({"grant_type": DEVICE, "device_code": "wrong"}, 400, "invalid device code"),
        ({"grant_type": ""}, 400, "missing grant type"),
    ],
)
async def test_wrong_ways_to_a_token(double: Double, params: dict[str, str], status: int, message: str) -> None:
    answer = await double.token(**({"grant_type": "client_credentials"} | params))
    assert (answer.status, answer.message) == (status, message)


async def test_parameters_may_travel_in_the_address(double: Double) -> None:
    client = {"client_id": double.world.client_id, "client_secret": double.world.client_secret}
    answer = await double.oauth("POST", "token", grant_type="client_credentials", **client)
    assert answer.status == 200


async def test_an_expired_token_is_refreshed(double: Double) -> None:
    access, refresh = double.world.grant(BOT.id, ["user:bot"])
    double.world.expire(access)
    assert (await validate(double, access)).message == "invalid access token"
    assert (await double.ask("GET", "users", access)).status == 401
    answer = await double.token(grant_type="refresh_token", refresh_token=refresh)
    assert (answer.status, answer.body["scope"]) == (200, ["user:bot"])
    assert (await double.ask("GET", "users", answer.body["access_token"])).data[0]["id"] == BOT.id
    assert (await double.token(grant_type="refresh_token", refresh_token=refresh)).message == "Invalid refresh token"


async def test_a_token_ends_by_itself(double: Double) -> None:
    double.world.token_seconds = 0
    access, _ = double.world.grant(BOT.id)
    assert (await validate(double, access)).status == 401


async def test_validation_tells_the_time_that_is_left(double: Double) -> None:
    double.world.token_seconds = 3_600
    access, _ = double.world.grant(BOT.id)
    assert 3_590 <= (await validate(double, access)).body["expires_in"] <= 3_600


async def test_a_user_who_disconnects_the_bot_ends_all_tokens(double: Double) -> None:
    access, refresh = double.world.grant(BOT.id)
    other, _ = double.world.grant(STREAMER.id)
    double.world.revoke_user(BOT.id)
    assert (await validate(double, access)).status == 401
    assert (await double.token(grant_type="refresh_token", refresh_token=refresh)).status == 400
    assert (await validate(double, other)).status == 200


async def test_a_token_that_is_given_back(double: Double) -> None:
    access, _ = double.world.grant(BOT.id)
    client_id = double.world.client_id
    assert (await double.oauth("POST", "revoke", client_id=client_id, token=access)).status == 200
    assert (await validate(double, access)).status == 401
    assert (await double.oauth("POST", "revoke", client_id=client_id, token=access)).message == "Invalid token"
    assert (await double.oauth("POST", "revoke", client_id="other", token=access)).status == 404


async def test_a_machine_without_a_browser(double: Double) -> None:
    begun = await double.oauth("POST", "device", client_id=double.world.client_id, scopes="user:bot channel:bot")
    assert sorted(begun.body) == ["device_code", "expires_in", "interval", "user_code", "verification_uri"]
    assert (begun.body["expires_in"], begun.body["interval"]) == (1_800, 1)
    poll = {"grant_type": DEVICE, "device_code": begun.body["device_code"], "scopes": "user:bot channel:bot"}
    answer = await double.token(**poll)
    assert (answer.status, answer.message) == (400, "authorization_pending")
    assert not double.world.approve("NOTACODE", ALICE)
    assert double.world.approve(begun.body["user_code"], ALICE)
    answer = await double.oauth("POST", "token", client_id=double.world.client_id, **poll)
    assert answer.body["scope"] == ["user:bot", "channel:bot"]
    assert (await validate(double, answer.body["access_token"])).body["login"] == "alice"
    assert (await double.token(**poll)).message == "invalid device code"


async def test_a_device_code_ends(double: Double) -> None:
    begun = await double.oauth("POST", "device", client_id=double.world.client_id, scopes="user:bot")
    double.world.devices.expire(begun.body["user_code"])
    answer = await double.token(grant_type=DEVICE, device_code=begun.body["device_code"])
    assert (answer.status, answer.message) == (400, "invalid device code")
