"""The double of Twitch: moderation, title and category, announcements, shout-outs, followers."""

from typing import Any

import pytest

from pixel_bot.sandbox.twitch.users import BOT, STREAMER, sandbox_user
from tests.sandbox.twitch.client import ALICE, Double

MODERATOR = {"broadcaster_id": STREAMER.id, "moderator_id": STREAMER.id}
SHOUT = {"from_broadcaster_id": STREAMER.id, "to_broadcaster_id": ALICE.id, "moderator_id": STREAMER.id}
MILA = sandbox_user("mod_mila", "moderator")
CASES: list[tuple[str, str, str, dict[str, Any], Any]] = [
    ("DELETE", "moderation/chat", "moderator:manage:chat_messages", MODERATOR, None),
    ("POST", "moderation/bans", "moderator:manage:banned_users", MODERATOR, {"data": {"user_id": ALICE.id}}),
    ("POST", "moderation/warnings", "moderator:manage:warnings", MODERATOR, {"data": {"user_id": ALICE.id}}),
    ("PATCH", "channels", "channel:manage:broadcast", {"broadcaster_id": STREAMER.id}, {"title": "x"}),
    ("POST", "chat/announcements", "moderator:manage:announcements", MODERATOR, {"message": "x"}),
    ("POST", "chat/shoutouts", "moderator:manage:shoutouts", SHOUT, None),
    (
        "GET",
        "channels/followers",
        "moderator:read:followers",
        {"broadcaster_id": STREAMER.id, "user_id": ALICE.id},
        None,
    ),
]


@pytest.mark.parametrize(("method", "path", "scope", "params", "body"), CASES, ids=[case[1] for case in CASES])
async def test_each_needs_its_scope_and_a_mod(
    double: Double, method: str, path: str, scope: str, params: dict[str, Any], body: Any
) -> None:
    double.world.settle(ALICE)
    answer = await double.ask(method, path, STREAMER, body, ["user:read:chat"], **params)
    assert answer.status == 401
    assert scope in answer.message
    as_alice = {**params, **({"moderator_id": ALICE.id} if "moderator_id" in params else {})}
    refused = await double.ask(method, path, ALICE, body, **as_alice)
    assert refused.status in {401, 403}
    double.twitch.faults.add(path, method=method, status=429)
    assert (await double.ask(method, path, STREAMER, body, **params)).status == 429


async def test_messages_are_deleted_and_those_of_mods_only_by_the_streamer(double: Double) -> None:
    line = await double.twitch.say(double.world.settle(ALICE), "hello")
    assert (await double.ask("DELETE", "moderation/chat", message_id=line.id, **MODERATOR)).status == 204
    assert double.twitch.chat_log.find(line.id) != line
    assert (await double.ask("DELETE", "moderation/chat", message_id=line.id, **MODERATOR)).status == 404
    theirs = await double.twitch.say(double.world.settle(MILA), "hello")
    as_bot = {**MODERATOR, "moderator_id": BOT.id}
    assert (await double.ask("DELETE", "moderation/chat", BOT, message_id=theirs.id, **as_bot)).status == 400
    assert (await double.ask("DELETE", "moderation/chat", message_id=theirs.id, **MODERATOR)).status == 204


async def test_timeouts_and_warnings(double: Double) -> None:
    double.world.settle(ALICE)

    async def ban(**data: Any) -> tuple[int, Any]:
        answer = await double.ask("POST", "moderation/bans", STREAMER, {"data": data}, **MODERATOR)
        return answer.status, answer.body

    status, body = await ban(user_id=ALICE.id, duration=60, reason="spam")
    assert (status, body["data"][0]["user_id"]) == (200, ALICE.id)
    assert double.twitch.bans[ALICE.id].until is not None
    assert [(await ban(user_id=ALICE.id, duration=seconds))[0] for seconds in (0, 1_209_601)] == [400, 400]
    assert (await ban(user_id=ALICE.id, duration=60, reason="x" * 501))[0] == 400
    assert (await ban(user_id=STREAMER.id, duration=60))[0] == 400
    assert (await ban(user_id="12"))[0] == 400
    assert (await ban(user_id=ALICE.id))[1]["data"][0]["end_time"] is None
    assert "already banned" in (await ban(user_id=ALICE.id))[1]["message"]
    body = {"data": {"user_id": ALICE.id, "reason": "Be kind."}}
    assert (await double.ask("POST", "moderation/warnings", STREAMER, body, **MODERATOR)).status == 200
    body["data"]["reason"] = ""
    assert (await double.ask("POST", "moderation/warnings", STREAMER, body, **MODERATOR)).status == 400


async def test_title_category_and_announcement(double: Double) -> None:
    async def change(**fields: Any) -> int:
        return (await double.ask("PATCH", "channels", STREAMER, fields, broadcaster_id=STREAMER.id)).status

    found = await double.ask("GET", "search/categories", query="tetris")
    assert [row["name"] for row in found.data] == ["Tetris", "Tetris Effect"]
    assert await change(title="New", game_id=found.data[0]["id"]) == 204
    (row,) = (await double.ask("GET", "channels", None, broadcaster_id=STREAMER.id)).data
    assert (row["title"], row["game_name"]) == ("New", "Tetris")
    assert [await change(title=""), await change(title="x" * 141), await change(game_id="no"), await change()] == [
        400
    ] * 4
    for body, status in (({"message": "Hi"}, 204), ({"message": "Hi", "color": "pink"}, 400), ({"message": ""}, 400)):
        assert (await double.ask("POST", "chat/announcements", STREAMER, body, **MODERATOR)).status == status


async def test_shoutouts_have_their_limits(double: Double) -> None:
    for who in (ALICE, MILA):
        double.world.settle(who)
    assert (await double.ask("POST", "chat/shoutouts", **{**SHOUT, "to_broadcaster_id": STREAMER.id})).status == 400
    assert (await double.ask("POST", "chat/shoutouts", **SHOUT)).status == 204
    assert (await double.ask("POST", "chat/shoutouts", **{**SHOUT, "to_broadcaster_id": MILA.id})).status == 429
    await double.twitch.go_offline()
    assert "not streaming live" in (await double.ask("POST", "chat/shoutouts", **SHOUT)).message


async def test_followers(double: Double) -> None:
    double.world.begins_to_follow(double.world.settle(ALICE))
    asked = {"broadcaster_id": STREAMER.id, "user_id": ALICE.id}
    (row,) = (await double.ask("GET", "channels/followers", **asked)).data
    assert row["user_login"] == "alice"
    assert (await double.ask("GET", "channels/followers", **{**asked, "user_id": BOT.id})).data == []
