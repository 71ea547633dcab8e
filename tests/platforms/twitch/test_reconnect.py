"""The event socket breaks; the bot comes back by itself, and nothing is paid twice."""

import asyncio
from pathlib import Path

import pytest

from pixel_bot.model.chat_rules import LIMIT, LIMIT_AS_MOD, SendRules
from pixel_bot.platforms.twitch.subscription_types import subscription_types
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT
from pixel_bot.testing import Live, Stage, live
from pixel_bot.upkeep.check import check

pytestmark = pytest.mark.sqlite

SUBSCRIPTIONS = sum(not kind.instead_of for kind in subscription_types("1", "2"))
BACK_SECONDS = 20


async def cut(room: Live, code: int) -> None:
    """Close every session from Twitch's side, and wait until the bot listens again."""
    before = set(room.twitch.sessions)
    for session in list(room.twitch.sessions.values()):
        await session.socket.close(code)
    async with asyncio.timeout(BACK_SECONDS):
        while before & set(room.twitch.sessions):
            await asyncio.sleep(0.01)
        await room.twitch.subscribed(SUBSCRIPTIONS)


@pytest.mark.parametrize("code", [4000, 4007, 1006])
async def test_a_closed_socket_is_opened_again(tmp_path: Path, code: int) -> None:
    async with live(tmp_path, points_chat_cooldown_seconds=0) as room:
        await room.say("bob", "before", message_id="m1")
        await room.settled()
        await cut(room, 1011 if code == 1006 else code)
        await room.say("bob", "before", message_id="m1")
        await room.say("bob", "after", message_id="m2")
        await room.settled()
        assert await room.ask("bob", "!points") == "You have 2 points."
        async with room.bot.readers() as session:
            assert await check(session, room.bot.levels.curve.level_of) == []


async def test_moderators_may_send_more(chat: Stage) -> None:
    chat.bot.outbox.rules = SendRules()

    async def own_message(*badges: str) -> None:
        event = frames.chat_message(BOT, "hello", f"own-{badges}")
        event["badges"] = [{"set_id": badge, "id": "1", "info": ""} for badge in badges]
        await chat.hear("channel.chat.message", event, f"own-{badges}")

    await own_message("moderator")
    assert chat.bot.outbox.limit == LIMIT_AS_MOD
    await own_message("subscriber")
    assert chat.bot.outbox.limit == LIMIT


async def test_the_bot_does_not_hear_itself(chat: Stage) -> None:
    assert await chat.say(BOT.login, "!points") == []
    await chat.say(BOT.login, "hello")
    assert await chat.say("bob", "!top") == ["Nobody is on the board yet. Say something, and it is you!"]
