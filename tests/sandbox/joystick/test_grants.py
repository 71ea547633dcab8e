"""Joystick's double: installing the bot, and its tokens."""

import base64
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from pixel_bot.sandbox.joystick import grants
from tests.sandbox.joystick.client import HERE, Double


def parameters(location: str) -> dict[str, str]:
    """What a redirect brings along."""
    query = parse_qs(urlsplit(location).query, keep_blank_values=True)
    return {name: values[0] for name, values in query.items()}


# Installing


async def test_who_agrees_comes_back_with_a_code_and_the_state(double: Double) -> None:
    answer = await double.authorize()
    assert answer.status == 302
    assert answer.location.startswith(f"{HERE}?")
    back = parameters(answer.location)
    assert (set(back), back["state"]) == ({"code", "state"}, "s t")
    tokens = (await double.exchange(back["code"])).body
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 864_000)
    assert len(tokens["access_token"].split(".")) == 3
    assert (await double.api("GET", "me/identity", token=tokens["access_token"])).status == 200


async def test_who_does_not_agree_comes_back_with_an_error(double: Double) -> None:
    double.joystick.refuses = True
    assert parameters((await double.authorize()).location) == {"error": "access_denied", "state": "s t"}


@pytest.mark.parametrize(
    "wrong", [{"client_id": "other"}, {"response_type": "token"}, {"redirect_uri": "http://elsewhere.example/"}]
)
async def test_a_link_that_is_wrong_leads_nowhere(double: Double, wrong: dict[str, str]) -> None:
    double.joystick.redirect_uris.add(HERE)
    answer = await double.authorize(**wrong)
    assert (answer.status, answer.location) == (400, "")
    assert (await double.authorize()).status == 302


async def test_a_code_works_once(double: Double) -> None:
    code = double.joystick.install_code()
    assert (await double.exchange(code)).status == 200
    again = await double.exchange(code)
    assert (again.status, again.body) == (400, {"error": "invalid_grant"})


async def test_a_code_works_only_where_it_was_sent_to(double: Double) -> None:
    code = parameters((await double.authorize()).location)["code"]
    assert (await double.exchange(code, "http://localhost:8080/other")).status == 400
    assert (await double.exchange(code)).status == 400


async def test_a_code_works_for_ten_minutes(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    assert grants.CODE_SECONDS == 600
    monkeypatch.setattr(grants, "CODE_SECONDS", 0.0)
    answer = await double.exchange(double.joystick.install_code())
    assert (answer.status, answer.body) == (400, {"error": "invalid_grant"})


async def test_codes_and_tokens_are_given_to_our_bot_alone(double: Double) -> None:
    wrong = base64.b64encode(f"{double.joystick.client_id}:guess".encode()).decode()
    for key in (wrong, "", "no base64", base64.b64encode(b"\xff").decode()):
        fields = {"grant_type": "refresh_token", "refresh_token": double.refresh}
        answer = await double.oauth("POST", "token", key=key, **fields)
        assert (answer.status, answer.body) == (401, {"error": "invalid_client"})
        assert (await double.oauth("POST", "introspect", key=key, token=double.access)).status == 401
    assert (await double.renew(double.refresh)).status == 200


async def test_other_grants_are_not_known(double: Double) -> None:
    answer = await double.oauth("POST", "token", grant_type="password")
    assert (answer.status, answer.body) == (400, {"error": "unsupported_grant_type"})


# Tokens


async def test_a_refresh_gives_a_new_pair_and_ends_the_old_one(double: Double) -> None:
    pair = (await double.renew(double.refresh)).body
    assert pair["refresh_token"] != double.refresh
    assert (await double.api("GET", "me/identity")).status == 401
    assert (await double.api("GET", "me/identity", token=pair["access_token"])).status == 200
    assert (await double.renew(pair["refresh_token"])).status == 200


async def test_a_refresh_token_used_again_ends_everything(double: Double) -> None:
    pair = (await double.renew(double.refresh)).body
    double.access = pair["access_token"]
    async with double.subscribed() as cable:
        answer = await double.renew(double.refresh)
        assert (answer.status, answer.body) == (400, {"error": "invalid_grant"})
        assert await cable.end() == 4401
    assert double.joystick.grants.withdrawn == 1
    assert (await double.api("GET", "me/identity")).status == 401
    assert (await double.renew(pair["refresh_token"])).body == {"error": "invalid_grant"}


async def test_a_refresh_token_that_never_was_ends_nothing(double: Double) -> None:
    assert (await double.renew("made up")).body == {"error": "invalid_grant"}
    assert (await double.api("GET", "me/identity")).status == 200


@pytest.mark.parametrize("life", [60, 14_400, None])
async def test_a_life_may_be_told_in_seconds_or_not_at_all(double: Double, life: int | None) -> None:
    double.joystick.grants.expires_in = life
    pair = (await double.renew(double.refresh)).body
    assert pair.get("expires_in") == life
    ends = (await double.oauth("POST", "introspect", token=pair["access_token"])).body["exp"]
    assert ends - time.time() == pytest.approx(864_000 if life is None else life, abs=10)


async def test_a_life_may_be_told_as_the_time_of_its_end(double: Double) -> None:
    double.joystick.grants.expires_in = end = int(time.time()) + 500
    pair = (await double.renew(double.refresh)).body
    assert pair["expires_in"] == end
    assert (await double.oauth("POST", "introspect", token=pair["access_token"])).body["exp"] == end
    double.joystick.grants.expires_in = int(time.time()) - 1
    over = (await double.renew(pair["refresh_token"])).body
    assert (await double.api("GET", "me/identity", token=over["access_token"])).status == 401


async def test_tokens_that_ended_can_be_refreshed(double: Double) -> None:
    double.joystick.expire_tokens()
    answer = await double.api("GET", "me/identity")
    assert (answer.status, answer.body) == (401, {"error": "unauthorized"})
    assert (await double.oauth("POST", "introspect", token=double.access)).body == {"active": False}
    assert (await double.renew(double.refresh)).status == 200


async def test_introspection_says_whose_token_it_is(double: Double) -> None:
    body = (await double.oauth("POST", "introspect", token=double.access)).body
    assert body.pop("exp") > time.time()
    assert body == {"active": True, "client_id": double.joystick.client_id, "username": "Pixel_Street"}
    assert (await double.oauth("POST", "introspect", token="other")).body == {"active": False}


async def test_a_token_is_given_back_and_that_always_works(double: Double) -> None:
    for token in ("other", double.access, double.access):
        assert (await double.oauth("POST", "revoke", token=token)).status == 200
    assert (await double.api("GET", "me/identity")).status == 401
    assert (await double.renew(double.refresh)).status == 400


async def test_an_uninstalled_bot_loses_tokens_and_sockets(double: Double) -> None:
    async with double.subscribed() as cable:
        await double.joystick.uninstall()
        assert await cable.end() == 4401
    assert (await double.api("GET", "me/identity")).status == 401
    assert (await double.renew(double.refresh)).status == 400
