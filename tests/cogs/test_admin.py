"""The cog `admin`."""

from pathlib import Path

import pytest

from pixel_bot.sandbox.twitch.users import Role
from pixel_bot.testing import SettableClock, Stage, stage

COMMANDS_OF_MODS = [
    "!points add @bob 5",
    "!points remove @bob 5",
    "!points set @bob 5",
    "!points addall 5",
    "!xp add @bob 5",
    "!xp set @bob 5",
    "!undo",
    "!cooldowns reset @bob",
]


@pytest.mark.parametrize("role", ["viewer", "subscriber", "vip"])
async def test_only_mods_change_things(chat: Stage, role: Role) -> None:
    await chat.viewer("bob", 50)
    for number, typed in enumerate(COMMANDS_OF_MODS):
        assert await chat.say(f"alice{number}", typed, role) == ["Only mods can do that."], typed
        assert await chat.points("bob") == 50, typed


async def test_only_the_streamer_manages_cogs(chat: Stage) -> None:
    for typed in ("!cog list", "!cog load points", "!cog unload points", "!cog reload points"):
        assert await chat.say("mila", typed, "moderator") == ["Only the streamer can do that."], typed


@pytest.mark.parametrize("role", ["moderator", "broadcaster"])
async def test_add_with_a_reason(chat: Stage, role: str) -> None:
    await chat.viewer("bob")
    answer = await chat.say("mila", "!points add @bob 1,500 won the quiz", role)  # pyright: ignore[reportArgumentType]
    assert answer == ["Added 1,500 points: bob has 1,500."]
    who = "pixel_street" if role == "broadcaster" else "mila"
    told = f"bob, newest first: +1,500 added by {who}: won the quiz · 1,500 points now."
    assert await chat.say("bob", "!history") == [told]


async def test_remove_takes_what_is_there_or_says_what_is(chat: Stage) -> None:
    await chat.viewer("bob", 30)
    assert await chat.say("mila", "!points remove @bob 31", "moderator") == ["bob has only 30 points."]
    assert await chat.say("mila", "!points remove @bob 10", "moderator") == ["Removed 10 points: bob has 20."]
    assert await chat.say("mila", "!points remove @bob all", "moderator") == ["Removed 20 points: bob has 0."]


async def test_set_says_the_difference(chat: Stage) -> None:
    await chat.viewer("bob", 30)
    assert await chat.say("mila", "!points set @bob 10", "moderator") == ["bob has 10 points now (-20)."]
    assert await chat.say("mila", "!points set @bob 0", "moderator") == ["bob has 0 points now (-10)."]


async def test_all_makes_no_sense_out_of_nothing(chat: Stage) -> None:
    await chat.viewer("bob", 30)
    assert await chat.say("mila", "!points add @bob all", "moderator") == ["I need a number there, like 50."]


async def test_addall_reaches_who_chatted_in_the_last_30_minutes(chat: Stage, clock: SettableClock) -> None:
    await chat.say("early", "hi")
    clock.advance(31 * 60)
    await chat.say("alice", "hi")
    await chat.say("bob", "hi")
    assert await chat.say("mila", "!points addall 100", "moderator") == ["100 points for each of 2 viewers."]
    assert [await chat.points(name) for name in ("early", "alice", "bob")] == [1, 101, 101]


async def test_addall_knows_chatters_of_before_a_restart(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as before:
        await before.say("alice", "hi")
    clock.advance(60)
    async with stage(tmp_path, clock) as after:
        assert await after.say("mila", "!points addall 5", "moderator") == ["5 points for each of 1 viewer."]
        assert await after.points("alice") == 6


async def test_addall_of_nobody(chat: Stage) -> None:
    assert await chat.say("mila", "!points addall 100", "moderator") == ["100 points for each of 0 viewers."]


async def test_undo_takes_back_the_last_change_then_the_one_before(chat: Stage) -> None:
    await chat.viewer("bob")
    await chat.say("mila", "!points add @bob 100", "moderator")
    await chat.say("mila", "!points set @bob 7", "moderator")
    undone = await chat.say("mo", "!undo", "moderator")
    assert undone == ["Undone: set bob to 7 points (-93) (by mila)."]
    assert await chat.points("bob") == 100
    assert await chat.say("mo", "!undo", "moderator") == ["Undone: add 100 points to bob (by mila)."]
    assert await chat.points("bob") == 0
    assert await chat.say("mo", "!undo", "moderator") == ["There is no change by a mod left to undo."]


async def test_undo_cannot_take_what_was_spent(chat: Stage) -> None:
    await chat.viewer("bob")
    await chat.viewer("carol")
    await chat.say("mila", "!points add @bob 100", "moderator")
    await chat.say("bob", "!give @carol 70")
    undone = await chat.say("mila", "!undo", "moderator")
    assert undone == ["Undone: add 100 points to bob (by mila). 70 points had been spent and cannot be taken back."]
    assert (await chat.points("bob"), await chat.points("carol")) == (0, 70)


async def test_xp_is_added_set_and_undone(chat: Stage) -> None:
    await chat.viewer("bob")
    assert await chat.say("mila", "!xp add @bob 150", "moderator") == ["bob has 150 XP now (+150)."]
    assert await chat.say("bob", "!level") == ["You are level 2 with 150 XP; 198 XP to level 3."]
    assert await chat.say("mila", "!xp set @bob 10", "moderator") == ["bob has 10 XP now (-140)."]
    assert await chat.say("mila", "!undo", "moderator") == ["Undone: -140 XP for bob (by mila)."]
    assert await chat.say("bob", "!level") == ["You are level 2 with 150 XP; 198 XP to level 3."]


async def test_history_of_others_is_for_mods(chat: Stage) -> None:
    await chat.viewer("bob", 30)
    assert (await chat.say("mila", "!history @bob", "moderator"))[0].startswith("bob, newest first: +30 added by")
    assert await chat.say("alice", "!history @bob") == ["Nothing has happened to the points of alice yet."]


async def test_history_names_both_sides_of_a_gift(chat: Stage) -> None:
    await chat.viewer("bob", 30)
    await chat.viewer("carol")
    await chat.say("bob", "!give carol 5")
    assert "-5 to carol" in (await chat.say("bob", "!history"))[0]
    assert "+5 from bob" in (await chat.say("carol", "!history"))[0]


async def test_a_command_that_is_delivered_again_after_a_restart_changes_nothing(
    tmp_path: Path, clock: SettableClock
) -> None:
    async with stage(tmp_path, clock) as before:
        await before.viewer("bob", 100)
        await before.viewer("carol")
        await before.say("bob", "!give carol 30", message_id="m1")
        await before.say("mila", "!points add @bob 5", "moderator", message_id="m2")
        assert await before.say("bob", "!give carol 30", message_id="m1") == []
    async with stage(tmp_path, clock) as after:
        assert await after.say("bob", "!give carol 30", message_id="m1") == []
        assert await after.say("mila", "!points add @bob 5", "moderator", message_id="m2") == []
        assert (await after.points("bob"), await after.points("carol")) == (75, 30)


@pytest.mark.sqlite  # of several processes the one that took it answered it
async def test_a_refused_command_may_be_delivered_again(chat: Stage, tmp_path: Path, clock: SettableClock) -> None:
    await chat.viewer("bob", 10)
    await chat.viewer("carol")
    assert await chat.say("bob", "!give carol 30", message_id="m1") == ["That takes 30 points, you have 10 (20 short)."]
    await chat.viewer("bob", 90)
    async with stage(tmp_path, clock) as after:
        assert "You gave carol 30 points" in (await after.say("bob", "!give carol 30", message_id="m1"))[0]
