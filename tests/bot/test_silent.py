"""``SILENT``: everything is counted and paid, and nothing is said."""

from pathlib import Path

from pixel_bot.model.channel_events import Follow
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import stage
from pixel_bot.testing.stage import there
from tests.cogs.loaded import thanks_said
from tests.cogs.pixel.sage import Sage, stage_with
from tests.harness.database import rows

ALICE = sandbox_user("alice", name="Alice")


async def test_it_counts_and_pays_and_says_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, silent=True) as chat:
        await chat.say("alice", "hello")
        await chat.hear("channel.follow", frames.follow(ALICE, chat.clock.now()))
        await chat.happens_there(Follow("joystick:follow:1", there("Bea"), chat.clock.now()))
        await chat.viewer("bob", 100)
        assert await chat.say("bob", "!give @alice 40") == []
        await chat.say("bob", "!sound ding")
        await thanks_said(chat.bot)
        assert chat.sent == []
        assert (await chat.points("alice"), await chat.points("bob")) == (91, 45)
        assert [p["name"] for p in chat.overlay.played] == ["ding"]


async def test_what_answers_in_chat_alone_costs_nothing(tmp_path: Path) -> None:
    sage = Sage("never asked")
    async with stage_with(tmp_path, sage, silent=True) as chat:
        await chat.viewer("bob", 100)
        await chat.say("bob", "!pixel hello?")
        assert (await chat.points("bob"), sage.asked) == (100, [])


async def test_refunds_are_made_and_wait_for_nobody(tmp_path: Path) -> None:
    async with stage(tmp_path, silent=True) as chat:
        await chat.viewer("bob", 100)
        chat.overlay.plays = False
        await chat.say("bob", "!sound ding", wait=False)
        await chat.overlay.asked(1)
        chat.overlay.failed()
        await chat.settled()
        assert await chat.points("bob") == 100
        assert await rows(chat.bot, "SELECT COUNT(*) FROM queue_items WHERE NOT told") == [(0,)]


async def test_the_status_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, silent=True) as chat:
        assert "silent" in await chat.bot.status.words()
    async with stage(tmp_path) as chat:
        assert "silent" not in await chat.bot.status.words()
