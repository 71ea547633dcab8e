"""Twitch's double: signing in with a browser."""

from urllib.parse import parse_qs, urlsplit

import pytest

from pixel_bot.sandbox.twitch.users import BOT
from tests.sandbox.twitch.client import HERE, Double, validate


async def sign_in(double: Double, **params: str) -> dict[str, list[str]]:
    """Go through the sign-in. Returns the parameters of where it leads back."""
    usual = {"client_id": double.world.client_id, "redirect_uri": HERE, "response_type": "code", "state": "s 1"}
    answer = await double.oauth("GET", "authorize", **(usual | params))
    assert answer.status == 302
    back = urlsplit(answer.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == HERE
    return parse_qs(back.query)


async def test_a_code_becomes_tokens_with_the_scopes_that_were_asked(double: Double) -> None:
    double.world.next_login = BOT.login
    back = await sign_in(double, scope="user:bot user:read:chat")
    assert (back["state"], back["scope"]) == (["s 1"], ["user:bot user:read:chat"])
    grant = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": HERE}
    answer = await double.token(**grant)
    assert sorted(answer.body) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    assert (answer.status, answer.body["scope"]) == (200, ["user:bot", "user:read:chat"])
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("bearer", 14_400)
    worth = await validate(double, answer.body["access_token"])
    assert (worth.body["user_id"], worth.body["login"]) == (BOT.id, BOT.login)
    assert worth.body["scopes"] == ["user:bot", "user:read:chat"]
    again = await double.token(**grant)
    assert (again.status, again.message) == (400, "Invalid authorization code")


async def test_who_signs_in_can_be_said_in_the_address(double: Double) -> None:
    back = await sign_in(double, login="alice")
    answer = await double.token(grant_type="authorization_code", code=back["code"][0], redirect_uri=HERE)
    assert (await validate(double, answer.body["access_token"])).body["login"] == "alice"


async def test_a_refusal_leads_back_with_the_state(double: Double) -> None:
    double.world.refuses = True
    back = await sign_in(double)
    assert back == {
        "error": ["access_denied"],
        "error_description": ["The user denied you access"],
        "state": ["s 1"],
    }


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"client_id": "other"}, "invalid client"),
        ({"redirect_uri": "http://localhost/else"}, "Parameter redirect_uri does not match registered URI"),
        ({"response_type": "token"}, "invalid response type"),
        ({"scope": "user:bot nonsense"}, "invalid scope requested: 'nonsense'"),
    ],
)
async def test_a_wrong_sign_in_leads_nowhere(double: Double, params: dict[str, str], message: str) -> None:
    double.world.redirect_uris = {HERE}
    usual = {"client_id": double.world.client_id, "redirect_uri": HERE, "response_type": "code"}
    answer = await double.oauth("GET", "authorize", **(usual | params))
    assert (answer.status, answer.message) == (400, message)
    assert ("redirect_uri" in params) == (answer.body["error"] == "redirect_mismatch")


async def test_a_code_is_bound_to_its_address(double: Double) -> None:
    back = await sign_in(double)
    answer = await double.token(grant_type="authorization_code", code=back["code"][0], redirect_uri=f"{HERE}/2")
    assert (answer.status, answer.message) == (400, "Parameter redirect_uri does not match registered URI")
