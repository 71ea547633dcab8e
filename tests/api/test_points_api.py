"""Points and XP by the API: the same ledger rows as by chat, once for each idempotency key, in the audit log."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from pixel_bot.testing import Stage
from pixel_bot.testing.api_client import ApiClient
from pixel_bot.web.access.principal import Principal
from tests.harness.database import findings, rows


async def test_points_are_given_with_a_reason_and_taken_back(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice", points=10)
    given = await deck.post(f"/viewers/{alice.id}/points", {"amount": 25, "reason": "quiz"})
    assert given.status == 200
    assert (given.body["viewer"]["name"], given.body["viewer"]["points"]) == ("alice", 35)
    undone = await deck.post(f"/undo/{given.body['change']}")
    assert undone.body == {"summary": "add 25 points to alice", "actor": "deck", "missing": 0}
    again = await deck.post(f"/undo/{given.body['change']}")
    assert (again.status, again.body["type"]) == (409, "urn:pixel-bot:problem:nothing-to-undo")
    assert await chat.points("alice") == 10
    ledger = (await deck.get(f"/viewers/{alice.id}/ledger")).body["items"]
    assert [(row["amount"], row["reason"], row["words"]) for row in ledger[:2]] == [
        (-25, "undo", "undone by deck"),
        (25, "mod:add", "added by deck: quiz"),
    ]
    assert await findings(chat.bot) == []


async def test_chat_undoes_what_the_api_did(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice", points=10)
    await deck.put(f"/viewers/{alice.id}/points", {"points": 99})
    assert await chat.say("mila", "!undo", "moderator") == ["Undone: set alice to 99 points (+89) (by deck)."]


async def test_more_than_there_is_cannot_be_taken(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice", points=10)
    refused = await deck.post(f"/viewers/{alice.id}/points", {"amount": -11})
    assert (refused.status, refused.headers["content-type"]) == (409, "application/problem+json")
    assert refused.body == {
        "type": "urn:pixel-bot:problem:not-enough-points",
        "title": "Conflict",
        "status": 409,
        "detail": "That takes 11 points, you have 10 (1 short).",
        "needed": 11,
        "balance": 10,
    }
    assert await rows(chat, "SELECT * FROM audit") == []


async def test_a_request_that_is_sent_again_changes_nothing(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice", points=10)
    first = await deck.post(f"/viewers/{alice.id}/points", {"amount": 5}, key="k1")
    again = await deck.post(f"/viewers/{alice.id}/points", {"amount": 5}, key="k1")
    assert (again.status, again.body, again.headers["idempotent-replayed"]) == (200, first.body, "true")
    other = await deck.post(f"/viewers/{alice.id}/points", {"amount": 6}, key="k1")
    assert (other.status, other.body["type"]) == (422, "urn:pixel-bot:problem:idempotency-key")
    assert await chat.points("alice") == 15
    await deck.post(f"/viewers/{alice.id}/points", {"amount": 5}, key="k2")
    assert await chat.points("alice") == 20


async def test_the_keys_of_two_scripts_do_not_meet(
    chat: Stage, deck: ApiClient, client: Callable[..., ApiClient]
) -> None:
    alice = await chat.viewer("alice", points=10)
    for one in (deck, client(name="other")):
        await one.post(f"/viewers/{alice.id}/points", {"amount": 5}, key="k")
    assert await chat.points("alice") == 20


async def test_a_change_whose_answer_was_lost_in_a_crash_is_not_made_again(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice", points=10)
    await deck.post(f"/viewers/{alice.id}/points", {"amount": 5}, key="k")
    async with chat.services.database.write() as session:
        await session.execute(text("UPDATE answered_requests SET status = NULL, body = NULL"))
    again = await deck.post(f"/viewers/{alice.id}/points", {"amount": 5}, key="k")
    assert (again.status, again.body) == (200, {"repeated": True})
    assert await chat.points("alice") == 15


async def test_what_was_refused_may_be_sent_again_with_its_key(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice", points=1)
    assert (await deck.post(f"/viewers/{alice.id}/points", {"amount": -5}, key="k")).status == 409
    await deck.post(f"/viewers/{alice.id}/points", {"amount": 9})
    assert (await deck.post(f"/viewers/{alice.id}/points", {"amount": -5}, key="k")).status == 200
    assert await chat.points("alice") == 5


async def test_xp_and_its_levels(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice")
    done = await deck.post(f"/viewers/{alice.id}/xp", {"amount": 100})
    assert (done.body["viewer"]["xp"], done.body["viewer"]["level"]) == (100, 2)


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "/viewers", "viewers:view"),
        ("POST", "/viewers/1/points", "points:manage"),
        ("PUT", "/viewers/1/points", "points:manage"),
        ("POST", "/undo/1", "points:manage"),
        ("POST", "/queue/pause", "show:manage"),
        ("POST", "/panic", "show:manage"),
        ("PATCH", "/redeems/tts", "redeems:manage"),
        ("POST", "/cogs/lineup/unload", "cogs:manage"),
        ("POST", "/tokens", "people:manage"),
        ("GET", "/audit", "audit:view"),
    ],
)
async def test_a_scope_that_is_missing_is_named(
    chat: Stage, client: Callable[..., ApiClient], method: str, path: str, right: str
) -> None:
    refused = await client("overlay:manage").send(method, path, {})
    assert (refused.status, refused.body["scope"]) == (403, right)
    assert (await client(right).send(method, path, {})).status != 403


async def test_a_browser_must_send_the_token_of_its_page(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice")
    deck.principal = Principal("session", form_token="of the page")
    path = f"/viewers/{alice.id}/points"
    assert (await deck.post(path, {"amount": 5})).status == 403
    sent = await deck.send("POST", path, {"amount": 5}, headers={"X-Form-Token": "of the page"})
    assert (sent.status, sent.body["viewer"]["points"]) == (200, 5)
    assert await rows(chat, "SELECT actor, via FROM audit") == [("streamer", "page")]
    assert (await deck.get("/viewers")).status == 200
