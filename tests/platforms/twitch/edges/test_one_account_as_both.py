"""One account as the bot and as the broadcaster."""

import pytest

from pixel_bot.sandbox.twitch.users import STREAMER
from tests.harness.twitch_harness import (
    Harness,
    listening,
    the_bot,
)
from tests.harness.waiting import until


async def test_one_account_as_both_makes_clips_with_the_right_consent(home: Harness) -> None:
    home.twitch.live = True
    async with home.bot(greeting="off") as app:
        await home.sign_in(app, "bot", STREAMER)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        await home.say("alice", "!clip")
        await until(lambda: any("Here is the clip" in said.text for said in home.twitch.chat_log.lines))


@pytest.mark.parametrize("words", ["The show goes on.", "/me dances", "two  spaces", "!points"])
async def test_one_account_as_both_does_not_hear_itself(home: Harness, words: str) -> None:
    async with home.bot(points_chat_cooldown_seconds=0, greeting="off") as app:
        await home.sign_in(app, "bot", STREAMER)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        heard = the_bot(app).notifications.count
        for _ in range(3):
            assert await the_bot(app).say(words)
        await the_bot(app).notifications.received(heard + 3)
        await the_bot(app).settled()
        assert app.services.awards.totals.messages == 0
        assert [line.text for line in home.lines if line.reply_id] == []
