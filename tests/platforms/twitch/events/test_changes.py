"""What events that pay nothing change."""

from datetime import UTC, datetime, timedelta

import pytest

from pixel_bot.model.chat_rules import LIMIT, LIMIT_AS_MOD
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.testing import SettableClock
from tests.harness.twitch_harness import Harness
from tests.platforms.twitch.events.event_cases import ALICE, NOW, scene


async def test_moderator_changes_set_how_much_the_bot_may_say(home: Harness) -> None:
    home.world.moderators.discard(BOT.id)
    async with scene(home) as show:
        assert show.bot.outbox.limit == LIMIT
        added, removed = "channel.moderator.add", "channel.moderator.remove"
        await show.sends(added, frames.moderator_change(ALICE), "event-1")
        assert show.bot.outbox.limit == LIMIT
        home.world.moderators.add(BOT.id)
        await show.sends(added, frames.moderator_change(BOT), "event-2")
        assert show.bot.outbox.limit == LIMIT_AS_MOD
        await show.sends(removed, frames.moderator_change(ALICE), "event-3")
        assert show.bot.outbox.limit == LIMIT_AS_MOD
        home.world.moderators.discard(BOT.id)
        await show.sends(removed, frames.moderator_change(BOT), "event-4")
        assert show.bot.outbox.limit == LIMIT
        await show.sends(added, frames.moderator_change(BOT), "event-2")
        assert show.bot.outbox.limit == LIMIT, "an old event that comes again is no news"


SENT_OFF = {
    "ban": ("channel.ban", frames.ban(ALICE, STREAMER, NOW, None)),
    "timeout": ("channel.ban", frames.ban(ALICE, STREAMER, NOW, NOW + timedelta(seconds=1))),
    "messages cleared": ("channel.chat.clear_user_messages", frames.clear_user_messages(ALICE)),
}


@pytest.mark.parametrize("name", SENT_OFF)
async def test_who_is_sent_off_is_not_read_out_and_has_the_points_back(home: Harness, name: str) -> None:
    kind, event = SENT_OFF[name]
    clock = SettableClock(datetime.now(UTC))
    async with scene(home, clock) as show:
        await home.ask("", "!queue pause", "broadcaster")
        for who in ("alice", "bob"):
            await home.ask(who, "!points")
            await home.ask("", f"!points add @{who} 100", "broadcaster")
            await home.ask(who, "!tts hello")
        await show.sends(kind, event, "event-1")
        assert [item.user_id for item in await show.bot.queue.items()] == [(await show.viewer("bob")).id]
        assert [row for row in await show.ledger() if row[1] == "refund:tts"] == [("alice", "refund:tts", 25)]
        # They are back, and Twitch repeats itself.
        clock.advance(60)
        await home.ask("alice", "!tts I am back")
        await show.sends(kind, event, "event-1")
        assert len(await show.bot.queue.items()) == 2
        await show.sends(kind, event, "event-2")
        assert len([row for row in await show.ledger() if row[1] == "refund:tts"]) == 2


async def test_a_deleted_message_is_not_read_out(home: Harness) -> None:
    async with scene(home) as show:
        await home.ask("", "!queue pause", "broadcaster")
        await home.ask("alice", "!points")
        await home.ask("", "!points add @alice 100", "broadcaster")
        line = await home.say("alice", "!tts hello")
        await home.said(lambda said: said.reply_id == line.id)
        await home.twitch.delete(line)
        await show.worked()
        assert await show.bot.queue.items() == []
        assert (await show.viewer("alice")).points == 100


async def test_the_stream_s_state_follows_its_events(home: Harness) -> None:
    await home.twitch.go_offline()
    async with scene(home) as show:
        assert "offline" in await home.ask("mod_mila", "!status", "moderator")
        on = frames.stream_online("stream-7", datetime.now(UTC) - timedelta(minutes=3))
        await show.sends("stream.online", on, "event-1")
        assert "live for 3m" in await home.ask("mod_mila", "!status", "moderator")
        assert (await home.get(show.app, "/healthz"))[0] == 200
        await show.sends("stream.offline", frames.stream_offline("stream-7"), "event-2")
        await show.sends("stream.online", on, "event-1")
        assert "offline" in await home.ask("mod_mila", "!status", "moderator")
        assert (await home.get(show.app, "/healthz"))[0] == 200
