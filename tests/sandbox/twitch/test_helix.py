"""The double of Twitch: who may ask the API for what, and what it answers."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from pixel_bot.sandbox.twitch.tokens import ALL_SCOPES
from pixel_bot.sandbox.twitch.users import BOT, LURKER, PERSONAS, STREAMER, SandboxUser, sandbox_user
from tests.sandbox.twitch.client import ALICE, Double

CHATTERS = {"broadcaster_id": STREAMER.id, "moderator_id": BOT.id}


async def test_only_good_tokens_are_heard(double: Double) -> None:
    for token, message in (("wrong", "Invalid OAuth token"), ("", "OAuth token is missing")):
        answer = await double.ask("GET", "users", token, id=BOT.id)
        assert (answer.status, answer.message) == (401, message)
    headers = {"Authorization": f"Bearer {double.token_of(BOT)}", "Client-Id": "other"}
    answer = await double._ask("GET", f"{double.url}/helix/users", headers=headers)
    assert (answer.status, answer.message) == (401, "Client ID and OAuth token do not match")


async def test_users(double: Double) -> None:
    assert [u["login"] for u in (await double.ask("GET", "users", BOT)).data] == [BOT.login]
    double.world.settle(sandbox_user("night_owl"))
    answer = await double.ask("GET", "users", None, id=STREAMER.id, login=["Night_Owl", "nobody"])
    assert [(u["login"], u["broadcaster_type"]) for u in answer.data] == [
        (STREAMER.login, "affiliate"),
        ("night_owl", ""),
    ]
    assert (await double.ask("GET", "users", None)).message == "Must provide an ID, Login or OAuth Token"
    assert (await double.ask("GET", "users", None, id=[str(i) for i in range(101)])).status == 400


# Chat


def message(text: Any = "hello", sender: SandboxUser = BOT) -> dict[str, Any]:
    return {"broadcaster_id": STREAMER.id, "sender_id": sender.id, "message": text}


async def send(
    double: Double, who: SandboxUser | None, body: Any, scopes: Iterable[str] = ALL_SCOPES
) -> tuple[int, str]:
    answer = await double.ask("POST", "chat/messages", who, body, scopes)
    return answer.status, answer.message if answer.status != 200 else ""


async def test_the_application_writes_for_who_agreed(double: Double) -> None:
    assert await send(double, None, message()) == (401, "Missing scope: user:bot")
    double.token_of(BOT, ["user:bot"])
    assert await send(double, None, message()) == (401, "Missing scope: user:write:chat")
    double.token_of(BOT, ["user:write:chat"])
    assert await send(double, None, message()) == (200, "")
    double.world.moderators.clear()
    status, words = await send(double, None, message())
    assert (status, words[:27]) == (403, "The sender is not permitted")
    double.token_of(STREAMER, ["channel:bot"])
    assert await send(double, None, message()) == (200, "")
    assert [line.who for line in double.twitch.chat_log.lines] == [BOT, BOT]


async def test_a_user_writes_with_a_token_of_their_own(double: Double) -> None:
    assert await send(double, BOT, message(), ["user:write:chat"]) == (200, "")
    assert await send(double, BOT, message(), ["user:bot"]) == (401, "Missing scope: user:write:chat")
    status, _ = await send(double, BOT, message(sender=STREAMER))
    assert status == 401


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        message(""),
        message(" "),
        message("x" * 501),
        {"message": "hello"},
        message() | {"broadcaster_id": "1"},
    ],
)
async def test_what_is_no_message(double: Double, body: Any) -> None:
    status, _ = await send(double, BOT, body)
    assert status == 400
    assert double.twitch.chat_log.lines == []


# People


async def test_chatters_are_told_to_mods_page_by_page(double: Double) -> None:
    people = [double.world.settle(sandbox_user(f"fan_{i}")) for i in range(5)]
    double.twitch.present = {*people, PERSONAS[-1]}
    await double.twitch.say(ALICE, "me too")
    await double.twitch.say(sandbox_user("alice", "moderator"), "again, with another role")
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await double.ask("GET", "chat/chatters", BOT, first="4", **CHATTERS, **after)
        assert page.body["total"] == 6
        found += [row["user_login"] for row in page.data]
        if not (cursor := page.body["pagination"].get("cursor")):
            break
        after = {"after": cursor}
    assert sorted(found) == ["alice", *(f"fan_{i}" for i in range(5))]


async def test_who_may_not_see_the_chatters(double: Double) -> None:
    async def status(
        who: SandboxUser | None = BOT, scopes: Iterable[str] = ALL_SCOPES, **params: str
    ) -> tuple[int, str]:
        answer = await double.ask("GET", "chat/chatters", who, None, scopes, **(CHATTERS | params))
        return answer.status, answer.body.get("message", "")

    assert await status(None) == (401, "Missing User OAUTH Token")
    assert await status(BOT, ["user:bot"]) == (401, "Missing scope: moderator:read:chatters")
    assert (await status(STREAMER))[0] == 401
    assert (await status(first="1001"))[0] == 400
    assert (await status(first="x"))[0] == 400
    assert (await status(after="!"))[0] == 400
    assert (await status(broadcaster_id="1"))[0] == 403
    double.world.moderators.clear()
    assert (await status())[0] == 403


@pytest.mark.parametrize(
    ("path", "role", "scope"),
    [
        ("moderation/moderators", "moderator", "moderation:read"),
        ("channels/vips", "vip", "channel:read:vips"),
        ("subscriptions", "subscriber", "channel:read:subscriptions"),
    ],
)
async def test_who_is_what(double: Double, path: str, role: Any, scope: str) -> None:
    person = double.world.settle(sandbox_user("zoe", role))
    plain = double.world.settle(ALICE)

    async def those(**params: Any) -> list[str]:
        answer = await double.ask("GET", path, STREAMER, None, [scope], broadcaster_id=STREAMER.id, **params)
        return [row["user_login"] for row in answer.data]

    assert await those(user_id=[person.id, plain.id]) == ["zoe"]
    assert "zoe" in await those()
    assert len(await those(first="1")) == 1
    double.world.settle(sandbox_user("zoe"))
    assert await those(user_id=person.id) == []
    refused = await double.ask("GET", path, STREAMER, None, ["user:bot"], broadcaster_id=STREAMER.id)
    assert (refused.status, refused.message[: 15 + len(scope)]) == (401, f"Missing scope: {scope}")
    assert (await double.ask("GET", path, BOT, broadcaster_id=STREAMER.id)).status == 401, "the streamer alone may ask"
    assert (await double.ask("GET", path, STREAMER)).message == 'Missing required parameter "broadcaster_id"'


async def test_who_subscribes_keeps_that_whatever_else_they_are(double: Double) -> None:
    double.world.subscribers.add(double.world.settle(ALICE).id)
    double.world.settle(sandbox_user("alice", "vip"))
    assert double.world.badges_of(ALICE) == ("vip", "subscriber")


async def test_who_is_banned(double: Double) -> None:
    async def those(**params: Any) -> list[tuple[str, str]]:
        answer = await double.ask(
            "GET", "moderation/banned", STREAMER, None, ["moderation:read"], broadcaster_id=STREAMER.id, **params
        )
        return [(row["user_login"], row["expires_at"]) for row in answer.data]

    zoe = double.world.settle(sandbox_user("zoe"))
    assert await those() == []
    await double.twitch.ban(zoe)
    await double.twitch.time_out(ALICE)
    (banned, timed_out) = await those()
    assert banned == ("zoe", "")
    assert timed_out[0] == "alice"
    assert datetime.fromisoformat(timed_out[1]) > datetime.now(UTC)
    assert await those(user_id=[zoe.id, "1"]) == [("zoe", "")]
    await double.twitch.unban(zoe)
    await double.twitch.ban(ALICE, datetime.now(UTC))
    assert await those() == []
    refused = await double.ask("GET", "moderation/banned", STREAMER, None, ["user:bot"], broadcaster_id=STREAMER.id)
    assert (refused.status, refused.message[:30]) == (401, "Missing scope: moderation:read")


# Accounts


async def test_only_accounts_that_exist_are_listed(double: Double) -> None:
    answer = await double.ask("GET", "users", None, login=["lurker_louise", "yukidaruma", "nobody", "joy_jules"])
    assert [(u["login"], u["display_name"]) for u in answer.data] == [
        ("lurker_louise", "Lurker_Louise"),
        ("yukidaruma", "ゆきだるま"),
    ]
    assert [u["id"] for u in answer.data] == [LURKER.id, sandbox_user("yukidaruma").id]
    refused = await double.ask("GET", "users", None, login=["lurker_louise", "no such name"])
    assert (refused.status, refused.message) == (400, "Invalid login names, emails or IDs in request")


async def test_a_rename_keeps_the_id(double: Double) -> None:
    bob = double.world.settle(sandbox_user("bob", "moderator", "Bob"))
    robert = double.world.rename(bob, "robert", "Robert")
    assert (robert.id, robert.role, double.world.moderates(robert.id)) == (bob.id, "moderator", True)
    answer = await double.ask("GET", "users", None, login=["bob", "robert"])
    assert [(u["id"], u["display_name"]) for u in answer.data] == [(bob.id, "Robert")]
    assert (double.world.mentioned("Bob"), double.world.mentioned("robert")) == (None, robert)
    back = double.world.rename(robert, "bob", "Bob")
    assert (back.id, double.world.existing("robert")) == (bob.id, None)
