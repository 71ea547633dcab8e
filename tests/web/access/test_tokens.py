"""Tokens of scripts: what they may do, from when they are made until they are revoked."""

import json
from typing import Any

import aiohttp
import pytest

from pixel_bot.run.live_app import LiveApp
from pixel_bot.web.access.attempts import MOST
from pixel_bot.web.access.principal import NotAllowed, Principal
from pixel_bot.web.access.scopes import AREAS, EVERYTHING, SCOPES, UnknownScope, allows, checked
from pixel_bot.web.access.sessions import Purpose
from pixel_bot.web.access.tokens import TokenRefused
from tests.harness.database import rows
from tests.web.access.stranger import ask, sign_in


def bearer(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


async def test_a_token_gets_in_until_it_is_revoked(app: LiveApp, web: aiohttp.ClientSession) -> None:
    token = await app.access.tokens.make("deck")
    assert token.startswith("pb_")
    assert (await ask(web, app.access, "/setup", **bearer(token))).status == 200
    assert (await ask(web, app.access, "/api/v1/status", **bearer(token))).status == 200
    await app.access.tokens.revoke("deck")
    answer = await ask(web, app.access, "/setup", **bearer(token))
    assert (answer.status, json.loads(answer.text)["error"]) == (401, "This token is not right, or was revoked.")


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer ", "Bearer pb_x", "Bearer pb_" + "x" * 5_000, "Basic cGI6cGI=", "pb_x", "Bearer é"]
)
async def test_what_is_no_token_gets_nowhere(app: LiveApp, web: aiohttp.ClientSession, sent: str) -> None:
    await app.access.tokens.make("deck")
    headers = {"Authorization": sent.encode().decode("latin-1")}
    assert (await ask(web, app.access, "/setup", headers=headers)).status == 401


async def test_a_wrong_token_does_not_fall_back_to_the_cookie(app: LiveApp, web: aiohttp.ClientSession) -> None:
    cookie = await sign_in(app.access, await app.access.link(Purpose.START))
    assert (await ask(web, app.access, "/setup", headers=cookie | bearer("pb_x")["headers"])).status == 401


@pytest.mark.parametrize(
    ("scopes", "setup", "link"),
    [
        ((), 200, 200),
        (("settings:manage", "people:manage"), 200, 200),
        (("settings:manage",), 200, 403),
        (("settings:view",), 403, 403),
        (("people:manage",), 403, 200),
        (("viewers:manage", "points:view"), 403, 403),
    ],
)
async def test_a_token_sees_what_its_scopes_allow(
    app: LiveApp, web: aiohttp.ClientSession, scopes: tuple[str, ...], setup: int, link: int
) -> None:
    token = await app.access.tokens.make("deck", scopes)
    page = await ask(web, app.access, "/setup", **bearer(token))
    assert page.status == setup
    if setup == 403:
        assert "settings:manage" in json.loads(page.text)["error"]
    assert (await ask(web, app.access, "/setup/link", "POST", data={"x": "1"}, **bearer(token))).status == link


async def test_only_the_hash_of_a_token_is_kept_and_its_use_is_noted(app: LiveApp, web: aiohttp.ClientSession) -> None:
    token = await app.access.tokens.make("deck", ["viewers:manage", "points:view"])
    ((kept,),) = await rows(app, "SELECT hash FROM api_tokens")
    assert token not in repr(await rows(app, "SELECT * FROM api_tokens"))
    assert len(kept) == 64
    (facts,) = await app.access.tokens.all()
    assert (facts.name, facts.scopes, facts.used_at) == ("deck", ("points:view", "viewers:manage"), None)
    await ask(web, app.access, "/api/v1/status", **bearer(token))
    (facts,) = await app.access.tokens.all()
    assert facts.used_at == app.services.clock.now()


async def test_names_are_used_once_and_are_words(app: LiveApp) -> None:
    tokens = app.access.tokens
    await tokens.make("deck")
    with pytest.raises(TokenRefused, match="token revoke deck"):
        await tokens.make("deck")
    for name in ("", " ", "list", "revoke", "x" * 65, "a\nb"):
        with pytest.raises(TokenRefused):
            await tokens.make(name)
    with pytest.raises(TokenRefused, match="no token with the name other"):
        await tokens.revoke("other")
    await tokens.revoke("deck")
    await tokens.make("deck")


async def test_who_guesses_tokens_has_to_wait(app: LiveApp, web: aiohttp.ClientSession) -> None:
    token = await app.access.tokens.make("deck")
    statuses = [(await ask(web, app.access, "/setup", **bearer(f"pb_{n}"))).status for n in range(MOST + 1)]
    assert statuses == [401] * MOST + [429]
    assert (await ask(web, app.access, "/setup", **bearer(token))).status == 429
    await sign_in(app.access, await app.access.link(Purpose.START))  # links are counted apart


def test_each_area_has_two_scopes_and_to_manage_is_to_view() -> None:
    assert len(SCOPES) == 2 * len(AREAS)
    assert allows({"viewers:manage"}, "viewers:view")
    assert not allows({"viewers:view"}, "viewers:manage")
    assert not allows({"viewers:manage"}, "points:view")
    assert all(allows(EVERYTHING, scope) for scope in SCOPES)
    assert checked([]) == EVERYTHING


@pytest.mark.parametrize("scope", ["viewers", "viewers:", "viewer:manage", "viewers:delete", "*", "", "Viewers:view"])
def test_an_unknown_scope_is_named(scope: str) -> None:
    with pytest.raises(UnknownScope, match="There is no scope") as caught:
        checked(["points:view", scope])
    assert repr(scope) in str(caught.value)
    assert caught.value.exit_code == 2
    with pytest.raises(UnknownScope):
        Principal("x").may(scope)


def test_a_route_asks_for_its_scope() -> None:
    principal = Principal("token", scopes=frozenset({"points:view"}))
    principal.require("points:view")
    with pytest.raises(NotAllowed, match="points:manage"):
        principal.require("points:manage")
