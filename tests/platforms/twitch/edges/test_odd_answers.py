"""Answers of Twitch that are lost, odd, or refusals for a while."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from pixel_bot.platforms.twitch.eventsub import connection as eventsub_connection
from pixel_bot.platforms.twitch.helix import HelixError, TwitchHelix
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.harness.twitch_harness import (
    CHAT,
    CHEERS,
    DOUBLE,
    TYPES,
    Harness,
    the_bot,
)
from tests.harness.waiting import until

DUPLICATE = {"code": "msg_duplicate", "message": "Your message is identical to the previous one."}


# Answers of Twitch that are lost, or odd


async def test_a_message_whose_answer_was_lost_is_said_once(home: Harness) -> None:
    async with home.signed_in(greeting="off") as app:
        home.twitch.faults.add("chat/messages", method="POST", drop=True, done=True)
        assert await the_bot(app).say("It is paid for.")
        assert [line.text for line in home.lines] == ["It is paid for."]
        assert await the_bot(app).say("It is paid for.")
        assert len(home.lines) == 2, "the same words later are another message"


async def test_a_message_that_twitch_has_is_not_taken_for_unsaid(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(_: object) -> bool:
        return True  # and what came back is not noted

    async with home.signed_in(greeting="off") as app:
        monkeypatch.setattr(the_bot(app).notifications._sender, "is_own", taken)
        home.twitch.faults.add("chat/messages", method="POST", drop=True, done=True)
        dropped = {"data": [{"message_id": "", "is_sent": False, "drop_reason": DUPLICATE}]}
        home.twitch.faults.add("chat/messages", method="POST", body=dropped)
        assert await the_bot(app).say("It is paid for.")


ODD: list[dict[str, Any]] = [
    {"data": []},
    {"data": [{}]},
    {"data": None},
    {},
    {"data": [{"message_id": "x", "is_sent": False, "drop_reason": None}]},
]


@pytest.mark.parametrize("body", ODD)
async def test_an_odd_answer_costs_one_message_and_not_the_voice(home: Harness, body: Any) -> None:
    async with home.signed_in(greeting="off") as app:
        home.twitch.faults.add("chat/messages", method="POST", body=body)
        assert not await the_bot(app).say("first")
        assert await home.ask("alice", "!points") == "You have 0 points."


# What is refused for a while


async def test_a_type_that_twitch_ended_is_tried_again(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventsub_connection, "RECONCILE_SOON_SECONDS", 1.0)
    async with home.signed_in(greeting="off") as app:
        chat = next(s for s in home.twitch.subscriptions.values() if s["type"] == CHAT)
        home.twitch.drop(chat["id"])
        banned = frames.revocation(chat | {"status": "chat_user_banned"}, datetime.now(UTC))
        await _session_of_chat(home, chat).send(banned)
        await until(lambda: app.platform.eventsub.refusals)
        status, said = await home.get(app, "/healthz")
        assert status == 503
        assert "chat_user_banned" in said
        _, page = await home.get(app, "/setup")
        assert "/oauth?account=bot" in page
        async with asyncio.timeout(10):
            await home.twitch.subscribed(TYPES)
        assert await home.ask("alice", "!points") == "You have 0 points."


def _session_of_chat(home: Harness, subscription: Any) -> Any:
    return home.twitch.sessions[subscription["transport"]["session_id"]]


async def test_a_move_while_a_type_is_undecided_decides_it_all_the_same(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, away = TwitchHelix.create, True

    async def create(self: Any, path: str, role: Any, row: Any, body: Any, **params: Any) -> Any:
        if away and body.get("type") == "channel.ban":
            raise HelixError(500, "later")
        return await real(self, path, role, row, body, **params)

    monkeypatch.setattr(TwitchHelix, "create", create)
    async with home.bot(greeting="off") as app:
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        async with asyncio.timeout(10):
            await home.twitch.subscribed(TYPES - 1)
        old = home.session(CHEERS)
        await home.twitch.ask_to_move(old, f"ws://{home.web.address}{DOUBLE}/ws")
        await until(lambda: home.session(CHEERS) is not old)
        away = False
        async with asyncio.timeout(15):
            await home.twitch.subscribed(TYPES)
        await until(lambda: not app.platform.problems())
