"""The ignore list and bans hold for all processes on one database."""

import asyncio

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from pixel_bot.testing import Stage
from tests.harness.database import findings
from tests.queue.cluster.two_bots import SECONDS, say_to


async def test_what_one_is_told_holds_for_the_other_at_once(both: tuple[Stage, Stage]) -> None:
    one, two = both
    await two.say("alice", "hello", message_id="m1")
    await one.say("mia", "!ignore @alice", "moderator")
    one.clock.advance(100)
    await two.say("alice", "hello again", message_id="m2")
    assert await two.points("alice") == 1
    assert await two.say("alice", "!top") == ["Nobody is on the board yet. Say something, and it is you!"]
    assert await two.say("alice", "!sound ding") == [
        "You do not play along here, so Play sound effect is not for you. Nothing was charged."
    ]
    assert await findings(two) == []


async def test_what_one_takes_back_reaches_the_other_although_nobody_else_chats(both: tuple[Stage, Stage]) -> None:
    one, two = both
    await two.say("alice", "hello", message_id="m1")
    await one.say("mia", "!ignore @alice", "moderator")
    await two.say("alice", "hello", message_id="m2")
    await two.say("alice", "closed now, without a look at the table", message_id="m3")
    assert two.services.awards.gate.ignored
    await one.say("mia", "!unignore @alice", "moderator")
    async with asyncio.timeout(SECONDS):
        while two.services.awards.gate.ignored:
            await asyncio.sleep(0)
    one.clock.advance(100)
    await two.say("alice", "hello again", message_id="m4")
    assert await one.points("alice") == 2


async def test_a_name_ahead_is_taken_over_by_whichever_hears_it(both: tuple[Stage, Stage]) -> None:
    await both[0].say("mia", "!ignore @ghost", "moderator")
    await say_to(both, "ghost", "hello", message_id="m1")
    assert await both[1].points("ghost") == 0
    (answer,) = await both[1].say("mia", "!unignore @ghost", "moderator")
    assert answer == "ghost plays again."
    both[0].clock.advance(100)
    await say_to(both, "ghost", "hello", message_id="m2")
    assert await both[0].points("ghost") == 1


async def test_a_ban_that_both_hear_counts_once_and_in_order(both: tuple[Stage, Stage]) -> None:
    one, two = both
    await one.viewer("alice", 10)
    alice, now = sandbox_user("alice"), one.clock.now()
    await asyncio.gather(*(each.hear("channel.ban", frames.ban(alice, STREAMER, now, None), "ban-1") for each in both))
    assert await two.say("bob", "!rank @alice") == ["alice is not on the board."]
    one.clock.advance(1)
    await two.hear("channel.unban", frames.unban(alice, STREAMER), "unban-1")
    assert await one.say("bob", "!rank @alice") == ["alice is 1st of 1 with 10 points; nobody has more."]
