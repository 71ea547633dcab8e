"""What viewers see of the queue, and what mods do with it."""

import asyncio
from pathlib import Path

import pytest

from pixel_bot.testing import FakeOverlay, SettableClock, Stage, stage


@pytest.fixture
async def busy(chat: Stage) -> Stage:
    """The wheel of alice, and speech of bob and carol, wait for an overlay that is closed."""
    chat.overlay.close()
    for login, line in (("alice", "!spin"), ("bob", "!tts hi"), ("carol", "!tts good evening")):
        await chat.viewer(login, points=200)
        await chat.say(login, line)
    return chat


async def mod(chat: Stage, line: str) -> list[str]:
    return await chat.say("mila", line, "moderator")


async def test_the_overlay_is_closed_and_says_so(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    chat.overlay.close()
    assert await chat.say("alice", "!sound ding") == [
        "Playing ding! The overlay is closed right now: it plays when that changes, or you get it back in 2m. "
        "85 points left."
    ]


async def test_a_viewer_sees_their_place(busy: Stage) -> None:
    assert await busy.say("bob", "!queue") == ["Your tts is next."]
    assert await busy.say("carol", "!queue") == ["Your tts: 1 ahead, about 3s."]
    assert await busy.say("dave", "!queue") == ["Waiting: tts 2, wheel 1. The overlay is closed."]


async def test_waiting_items_play_in_order_when_the_overlay_opens(busy: Stage) -> None:
    await busy.overlay.open()
    await busy.settled()
    spoken = [m["by"] for m in busy.overlay.played if m["what"] == "speak"]
    assert spoken == ["bob", "carol"]
    assert await busy.say("dave", "!queue") == ["Nothing is waiting."]


async def test_what_waits_too_long_is_given_back_in_one_message(busy: Stage) -> None:
    assert await busy.passes(119) == []
    told = await busy.passes(1)
    # Two lanes give up in the same moment, each in its own transaction: chat hears of both at once or one by one.
    wheel = "@alice spin: The overlay was away for too long. Your 100 points are back."
    speech = "The overlay was away for too long. Refunded: @bob (tts, 25 back), @carol (tts, 25 back)."
    at_once = speech.replace("@bob", "@alice (spin, 100 back), @bob")
    assert sorted(told) in ([wheel, speech], [at_once])
    assert [await busy.points(login) for login in ("alice", "bob", "carol")] == [200, 200, 200]
    assert await busy.say("bob", "!tts once more") != []


async def test_the_wait_begins_when_the_overlay_goes(busy: Stage) -> None:
    await busy.passes(100)
    busy.overlay.plays = False
    await busy.overlay.open()
    await busy.bot.settled()
    busy.overlay.close()
    assert await busy.passes(100) == []
    told = " ".join(await busy.passes(20))
    assert all(f"@{login}" in told for login in ("alice", "bob", "carol"))


async def test_viewers_cancel_what_has_not_begun(busy: Stage) -> None:
    assert await busy.say("bob", "!cancel") == ["Cancelled tts: 25 points back."]
    assert await busy.points("bob") == 200
    assert await busy.say("bob", "!cancel") == ["You have nothing waiting that could be cancelled."]
    assert await busy.say("bob", "!tts a second try") != []
    assert await busy.points("bob") == 175


async def test_mods_clear_a_lane(busy: Stage) -> None:
    answer, told = await mod(busy, "!queue clear tts")
    assert answer == "Cleared 2 redeems; 50 points went back."
    assert told == "A mod cleared the queue. Refunded: @bob (tts, 25 back), @carol (tts, 25 back)."
    assert await busy.points("alice") == 100


async def test_mods_skip_the_next_that_waits(busy: Stage) -> None:
    assert await mod(busy, "!queue skip tts") == [
        "Skipped tts of bob.",
        "@bob tts: A mod skipped it. Your 25 points are back.",
    ]


async def test_mods_stop_the_speech_that_plays(chat: Stage) -> None:
    await chat.viewer("bob", points=100)
    chat.overlay.plays = False
    await say(chat, "bob", "!tts something long")
    chat.overlay.started(5)
    token = chat.overlay.played[-1]["id"]
    assert "Skipped tts of bob." in await mod(chat, "!queue skip tts")
    assert set(chat.overlay.stopped) == {token}
    assert await chat.points("bob") == 100


async def say(chat: Stage, login: str, line: str) -> None:
    """Somebody writes, and the effect begins but does not end."""
    count = len(chat.overlay.played) + 1
    async with asyncio.timeout(10):
        await asyncio.gather(chat.say(login, line, wait=False), chat.overlay.asked(count))


async def test_pause_and_resume(chat: Stage) -> None:
    await chat.viewer("alice", points=300)
    assert await mod(chat, "!queue pause wheel") == ["Paused: wheel. !queue resume goes on."]
    assert await chat.say("alice", "!spin") == [
        "The wheel is yours! A mod has paused the queue; it waits until that ends. 200 points left."
    ]
    assert await chat.passes(1_000) == []
    assert await chat.say("alice", "!sound ding") == ["Playing ding! 185 points left."]
    resumed = await mod(chat, "!queue resume")
    assert resumed[0] == "Going on: tts, wheel, effect."
    # The prize may be one more sound.
    assert [m["what"] for m in chat.overlay.played][:2] == ["sound", "art"]


async def test_a_pause_outlives_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=300)
        await mod(chat, "!queue pause")
        await chat.say("alice", "!sound ding")
    async with stage(tmp_path) as again:
        assert again.overlay.played == []
        await mod(again, "!queue resume")
        assert [m["what"] for m in again.overlay.played] == ["sound"]


async def test_a_lane_that_is_not_there(chat: Stage) -> None:
    assert await mod(chat, "!queue pause tea") == ["There is no lane tea. There are: tts, wheel, effect."]


async def test_panic_stops_hides_and_pauses(chat: Stage) -> None:
    for login in ("alice", "bob"):
        await chat.viewer(login, points=300)
    chat.overlay.plays = False
    await say(chat, "bob", "!tts something rude")
    chat.overlay.started(5)
    answers = await mod(chat, "!panic")
    assert answers[0] == "Everything is stopped and hidden. !calm goes on."
    assert "@bob tts: A mod stopped the show for a moment. Your 25 points are back." in answers
    assert chat.overlay.stopped[0] == ""
    await chat.say("alice", "!sound ding")
    assert len(chat.overlay.played) == 1
    chat.overlay.plays = True
    await mod(chat, "!calm")
    assert [m["what"] for m in chat.overlay.played] == ["speak", "sound"]


async def test_a_mod_gives_back_what_was_played(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!sound ding")
    assert await mod(chat, "!refund @alice") == ["alice gets 15 points back for sound."]
    assert await mod(chat, "!refund @alice") == ["There is no redeem of alice that could be given back."]
    assert await chat.points("alice") == 100


async def test_a_mod_gives_back_what_waits(busy: Stage) -> None:
    assert await mod(busy, "!refund @bob") == ["bob gets 25 points back for tts."]
    assert await busy.say("bob", "!queue") == ["Waiting: tts 1, wheel 1. The overlay is closed."]


async def test_deleted_messages_are_not_read_out(busy: Stage) -> None:
    await busy.say("carol", "!tts second", "moderator", message_id="m2")
    told = await busy.hear("channel.chat.message_delete", {"message_id": "m2", "target_user_id": "1"})
    assert told == ["@carol tts: The message was deleted. Your 25 points are back."]
    assert await busy.points("carol") == 175


async def test_whoever_is_sent_off_is_not_read_out(busy: Stage) -> None:
    from pixel_bot.sandbox.twitch.users import sandbox_user

    told = await busy.hear("channel.chat.clear_user_messages", {"target_user_id": sandbox_user("bob").id})
    assert told == ["@bob tts: A mod sent you off. Your 25 points are back."]
    assert await busy.points("alice") == 100, "only speech is dropped"


async def test_a_cleared_chat_is_not_read_out(busy: Stage) -> None:
    await busy.hear("channel.chat.clear", {})
    assert [await busy.points(login) for login in ("alice", "bob", "carol")] == [100, 200, 200]


async def test_blocked_viewers_hear_why(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    assert await mod(chat, "!block @alice sound") == ["alice cannot redeem sound any more."]
    assert await chat.say("alice", "!sound ding") == ["A mod has blocked you from Play sound effect."]
    assert await mod(chat, "!unblock @alice") == ["alice is welcome again."]
    assert await mod(chat, "!unblock @alice") == ["alice was not blocked from that."]
    assert await mod(chat, "!unblock @alice sound") == ["alice was not blocked from that."]
    assert await chat.say("alice", "!sound ding") == ["Playing ding! 85 points left."]


async def test_a_block_of_everything_is_not_lifted_for_one_redeem(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await mod(chat, "!block @alice")
    everything = ["alice is blocked from everything. !unblock @alice lifts that."]
    assert await mod(chat, "!unblock @alice sound") == everything
    await mod(chat, "!block @alice sound")
    assert await mod(chat, "!unblock @alice sound") == everything
    assert await chat.say("alice", "!sound ding") == ["A mod has blocked you from Play sound effect."]
    assert await mod(chat, "!unblock @alice") == ["alice is welcome again."]
    assert await chat.say("alice", "!sound ding") == ["Playing ding! 85 points left."]


async def test_mods_set_up_redeems(chat: Stage, clock: SettableClock) -> None:
    await chat.viewer("alice", points=100)
    assert await mod(chat, "!redeem cost sound 40") == ["Play sound effect (sound) costs 40 points now."]
    assert await mod(chat, "!redeem cooldown sound 90") == [
        "Play sound effect (sound) rests 1m 30s for each viewer after a use."
    ]
    assert await chat.say("alice", "!sound ding") == ["Playing ding! 60 points left."]
    clock.advance(89)
    (answer,) = await chat.say("alice", "!sound ding")
    assert "1s left" in answer
    assert await mod(chat, "!redeem off sound") == ["Play sound effect (sound) is off."]
    clock.advance(1)
    assert await chat.say("alice", "!sound ding") == ["Play sound effect is switched off right now."]
    assert "!sound" not in (await chat.say("alice", "!redeems"))[0]
    assert await mod(chat, "!redeem on sound") == ["Play sound effect (sound) is on, for 40 points."]
    assert "!sound 40" in (await chat.say("alice", "!redeems"))[0]
    assert await mod(chat, "!redeem cost tea 1") == [
        "There is no redeem tea. There are: clip, pixel, sound, spin, tts."
    ]
    assert await chat.say("alice", "!redeem cost sound 0") == ["Only mods can do that."]


async def test_only_one_of_several_pages_plays(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    in_obs = FakeOverlay(chat.bot.overlay, "obs", obs=True)
    await in_obs.open()
    await chat.say("alice", "!sound ding")
    assert (len(in_obs.played), len(chat.overlay.played)) == (1, 0)
