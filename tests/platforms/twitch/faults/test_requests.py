"""Faults of Twitch at tokens, chat and questions about the channel."""

import asyncio
import time
from typing import Any

import pytest

from pixel_bot.model.chat_rules import LIMIT_AS_MOD
from pixel_bot.platforms.twitch.helix_structs import StreamRow
from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.sandbox.twitch.users import STREAMER
from tests.harness.twitch_harness import (
    CHAT,
    CHEERS,
    Harness,
    all_paid,
    listening,
    the_bot,
)
from tests.harness.waiting import until
from tests.platforms.twitch.faults.fault_helpers import NO_ANSWERS, Fault, signed_in


def refreshes(home: Harness) -> int:
    """How often the bot asked to renew a user's token."""
    return sum(a.path == "oauth2/token" and a.body.get("grant_type") == "refresh_token" for a in home.twitch.requests)


# Tokens


async def test_twenty_requests_with_an_expired_token_renew_it_once(home: Harness) -> None:
    async with signed_in(home) as app:
        tokens = app.platform.accounts.tokens_of("broadcaster")
        assert tokens is not None
        home.world.expire(tokens.access)
        ask = app.platform.helix.get
        rows = await asyncio.gather(*(ask("streams", "broadcaster", StreamRow, user_id=STREAMER.id) for _ in range(20)))
        assert all(len(found) == 1 for found in rows)
        assert refreshes(home) == 1
    async with home.bot() as app:
        await listening(app)
        assert refreshes(home) == 1, "the new tokens were not kept"


async def test_an_expired_token_does_not_matter_to_chat(home: Harness) -> None:
    async with signed_in(home) as app:
        for role in app.platform.accounts.get("bot"), app.platform.accounts.get("broadcaster"):
            assert role is not None
            assert role.tokens is not None
            home.world.expire(role.tokens.access)
        home.twitch.faults.add("chat/messages", status=401, body={"message": "Invalid OAuth token"})
        for session in (home.session(CHAT), home.session(CHEERS)):
            await session.close(4000)
            await home.all_heard(session)
        assert await home.ask("alice", "!points") == "You have 0 points."
        assert refreshes(home) == 2


async def test_where_a_token_cannot_be_renewed_the_rest_goes_on(home: Harness) -> None:
    async with signed_in(home) as app:
        tokens = app.platform.accounts.tokens_of("broadcaster")
        assert tokens is not None
        assert home.world.renew(tokens.refresh) is not None
        home.world.expire(tokens.access)
        await home.session(CHEERS).close(4000)
        await until(lambda: app.platform.accounts.tokens_of("broadcaster") is None)
        _, page = await home.get(app, "/setup")
        assert "The sign-in of Pixel_Street has ended. Sign in again." in page
        await until(lambda: any("not signed in" in problem for problem in app.platform.problems()))
        assert (await home.get(app, "/healthz"))[0] == 503
        await home.say("alice", "hello")
        await all_paid(app, 1)
        assert await home.ask("alice", "!points") == "You have 1 point."


async def test_while_the_sign_in_server_is_away_nobody_is_signed_out(home: Harness) -> None:
    async with signed_in(home) as app:
        tokens = app.platform.accounts.tokens_of("bot")
        assert tokens is not None
        home.world.expire(tokens.access)
        home.twitch.faults.add("oauth2/token", status=500, times=3, body={"message": "oops"})
        home.twitch.faults.add("oauth2/token", drop=True, times=3)
        lost = home.session(CHAT)
        await lost.close(4000)
        await home.all_heard(lost)
        await home.say("alice", "hello")
        await all_paid(app, 1)


# Chat, and what is asked about the channel


def answers_to(home: Harness, line: SandboxMessage) -> list[str]:
    """What the bot replied to a line."""
    return [said.text for said in home.lines if said.reply_id == line.id]


async def test_an_answer_waits_until_twitch_takes_more_and_comes_once(home: Harness) -> None:
    async with signed_in(home):
        reset = time.time() + 1
        spent = {"Ratelimit-Remaining": "0", "Ratelimit-Reset": f"{reset:.3f}"}
        home.twitch.faults.add("chat/messages", status=429, headers=spent, times=2)
        sent = home.twitch.requests.times("chat/messages", "POST")
        assert await home.ask("alice", "!points") == "You have 0 points."
        assert time.time() > reset - 0.1
        assert home.twitch.requests.times("chat/messages", "POST") >= sent + 3
        assert [said.text for said in home.lines].count("You have 0 points.") == 1


async def test_after_a_fault_the_next_answer_comes(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.bot.delivery.outbox.RETRY_SECONDS", 0.1)
    async with signed_in(home) as app:
        faults: list[Fault] = [{"status": 500}, {"status": 503}, {"drop": True}, {"delay": 1.0}]
        bodies: list[Any] = ["no JSON", {}, {"data": None}, {"data": []}, {"data": [{}]}]
        faults += [{"body": body} for body in bodies]
        for fault in faults:
            sent = home.twitch.requests.times("chat/messages", "POST")
            home.twitch.faults.add("chat/messages", **fault)
            line = await home.say("bob", "!level")
            await home.twitch.request_count("chat/messages", "POST", sent + 1)
            assert (await home.ask("alice", "!points")).startswith("You have"), fault
            await the_bot(app).settled()
            assert len(answers_to(home, line)) <= 1, fault


async def test_the_channels_state_is_asked_until_twitch_knows(home: Harness) -> None:
    for name, fault in NO_ANSWERS.items():
        home.twitch.faults.add("streams", **fault)
        if name != "an empty row":  # there it means that somebody else is a mod
            home.twitch.faults.add("moderation/moderators", **fault)
    async with signed_in(home) as app:
        await until(lambda: app.services.stream.is_live, 30)
        await until(lambda: the_bot(app).outbox.limit == LIMIT_AS_MOD, 30)


async def test_a_fault_does_not_end_the_stream(home: Harness) -> None:
    async with signed_in(home) as app:
        await until(lambda: app.services.stream.is_live)
        changes: list[bool] = []
        app.services.stream.changed.add(lambda: changes.append(app.services.stream.is_live))
        asked = home.twitch.requests.times("streams")
        home.twitch.faults.add("streams", body={"data": None}, times=3)
        await home.session(CHAT).close(4000)
        await home.twitch.request_count("streams", count=asked + 4)
        assert changes == []
