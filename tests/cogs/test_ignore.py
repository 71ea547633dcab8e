"""The cog `ignore`, and everything else that chat sees of who does not play."""

import json
from pathlib import Path

import pytest

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from pixel_bot.testing import Stage, live, stage
from pixel_bot.texts import CHAT_LIMIT
from tests.harness.database import findings


async def test_service_bots_chat_and_get_nothing(tmp_path: Path) -> None:
    rewards = {"2": {"points": 50, "message": "{user} reached level {level}!"}}
    (tmp_path / "level_rewards.json").write_text(json.dumps(rewards), encoding="utf-8")
    async with stage(
        tmp_path, xp_base=1, level_rewards_file=tmp_path / "level_rewards.json", cogs_off="commands"
    ) as chat:
        for number in range(4):
            for who in ("nightbot", "StreamElements", "carol"):
                await chat.say(who, f"hello {number}")
            chat.clock.advance(61)
        assert chat.sent == ["carol reached level 2!"]
        assert await chat.say("", "!points addall 10", "broadcaster") == ["10 points for each of 1 viewer."]
        assert await chat.say("carol", "!top") == ["Most points: 1. carol 64"]
        assert await chat.say("carol", "!top xp") == ["Most XP: 1. carol 4"]
        assert (await chat.points("nightbot"), await chat.points("streamelements")) == (0, 0)
        assert await findings(chat) == []


async def test_ignore_and_unignore(chat: Stage) -> None:
    await chat.viewer("Dave", 30)
    await chat.viewer("alice", 10)
    assert await chat.say("mia", "!ignore @Dave", "moderator") == [
        "Dave does not play any more: no points, no XP, no boards, no redeems."
    ]
    assert await chat.say("mia", "!ignore dave", "moderator") == ["Dave is ignored already."]
    assert await chat.say("alice", "!top") == ["Most points: 1. alice 10"]
    assert await chat.say("mia", "!unignore @Dave", "moderator") == ["Dave plays again."]
    assert await chat.say("mia", "!unignore @Dave", "moderator") == ["Dave is not ignored."]
    assert await chat.say("alice", "!top") == ["Most points: 1. Dave 30 · 2. alice 10"]


async def test_a_name_ahead(chat: Stage) -> None:
    assert await chat.say("mia", "!ignore @Ghost", "moderator") == [
        "I have not seen ghost here yet. Who comes by that name will be ignored."
    ]
    await chat.say("ghost", "hello")
    assert await chat.points("ghost") == 0


@pytest.mark.parametrize("typed", ["!ignore @alice", "!unignore @nightbot", "!ignored"])
async def test_it_is_for_mods(chat: Stage, typed: str) -> None:
    await chat.viewer("alice", 10)
    (answer,) = await chat.say("bob", typed)
    assert "mods" in answer
    assert await chat.say("bob", "!top") == ["Most points: 1. alice 10"]


async def test_the_list(chat: Stage) -> None:
    assert await chat.say("mia", "!ignored", "moderator") == ["Ignored: 23 known service bots and myself"]
    await chat.viewer("Dave")
    for name in ("dave", "ghost", "nightbot"):
        await chat.say("mia", f"!ignore @{name}", "moderator")
    await chat.say("mia", "!unignore @moobot", "moderator")
    assert await chat.say("mia", "!ignored", "moderator") == [
        "Ignored: Dave · ghost · 22 known service bots and myself · moobot may play"
    ]


async def test_a_redeem_is_refused_before_and_while_it_is_bought(chat: Stage) -> None:
    await chat.viewer("alice", 100)
    await chat.viewer("nightbot", 100)
    await chat.say("nightbot", "hi")
    await chat.say("mia", "!ignore @alice", "moderator")
    refused = "You do not play along here, so Play sound effect is not for you. Nothing was charged."
    for who in ("alice", "nightbot"):
        assert await chat.say(who, "!sound ding") == [refused]
        assert await chat.points(who) == 100
    await chat.say("mia", "!unignore @alice", "moderator")
    await chat.say("mia", "!unignore @nightbot", "moderator")
    for who in ("alice", "nightbot"):
        assert await chat.say(who, "!sound ding") != [refused]
        assert await chat.points(who) == 85


async def test_undo_takes_back_points_and_not_the_list(chat: Stage) -> None:
    await chat.viewer("alice")
    await chat.say("mia", "!points add @alice 10", "moderator")
    await chat.say("mia", "!ignore @alice", "moderator")
    assert await chat.say("mia", "!undo", "moderator") == ["Undone: add 10 points to alice (by mia)."]
    assert await chat.say("alice", "!rank") == ["You are not on the board."]


# Places and ranks


async def test_equals_share_a_place(chat: Stage) -> None:
    for name, points in (("a", 500), ("b", 500), ("c", 500), ("d", 400)):
        await chat.viewer(name, points)
    assert await chat.say("a", "!top") == ["Most points: 1. a 500 · 1. b 500 · 1. c 500 · 4. d 400"]
    assert await chat.say("a", "!rank") == ["You share 1st place with 2 others, of 4 with 500 points; nobody has more."]
    assert await chat.say("d", "!rank") == ["You are 4th of 4 with 400 points; 101 more to pass c."]
    assert await chat.say("d", "!rank @b") == [
        "b shares 1st place with 2 others, of 4 with 500 points; nobody has more."
    ]


async def test_ranks(chat: Stage) -> None:
    assert await chat.say("alice", "!rank") == ["Nobody is on the board yet. Say something, and it is you!"]
    await chat.viewer("bob", 1_250)
    await chat.viewer("nightbot", 9_000)
    assert await chat.say("alice", "!rank") == ["You have no points yet, so no place on the board."]
    assert await chat.say("bob", "!rank @alice") == ["alice has no points yet, so no place on the board."]
    await chat.viewer("alice", 1_234)
    assert await chat.say("alice", "!rank") == ["You are 2nd of 2 with 1,234 points; 17 more to pass bob."]
    assert await chat.say("alice", "!rank @bob") == ["bob is 1st of 2 with 1,250 points; nobody has more."]
    assert await chat.say("alice", "!rank @nightbot") == ["nightbot is not on the board."]
    assert await chat.say("", "!rank", "broadcaster") == ["You are not on the board."]
    assert await chat.say("alice", "!rank @ghost") == ["I have not seen ghost here yet."]


async def test_ranks_by_xp(chat: Stage) -> None:
    for who, xp in (("alice", 4), ("bob", 9)):
        await chat.viewer(who)
        await chat.say("mia", f"!xp add @{who} {xp}", "moderator")
    assert await chat.say("alice", "!rank xp") == ["You are 2nd of 2 with 4 XP; 6 more to pass bob."]
    for typed in ("!rank xp @bob", "!rank @bob XP"):
        assert await chat.say("alice", typed) == ["bob is 1st of 2 with 9 XP; nobody has more."]
    assert await chat.say("alice", "!rank") == ["Nobody is on the board yet. Say something, and it is you!"]


@pytest.mark.parametrize(
    ("typed", "size"),
    [("", 5), (" 10", 10), (" 3", 3), (" 1", 1), (" 0", 1), (" 99", 10), (" points 10", 10), (" 10 points", 10)],
)
async def test_top_has_as_many_as_asked_for(chat: Stage, typed: str, size: int) -> None:
    for number in range(12):
        await chat.viewer(f"viewer{number}", 100 - number)
    (answer,) = await chat.say("alice", f"!top{typed}")
    assert answer.count(" · ") + 1 == size
    assert answer.startswith("Most points: 1. viewer0 100")


@pytest.mark.parametrize("typed", ["!top xp 7", "!top 7 XP", "!leaderboard xp 7"])
async def test_top_by_xp_in_any_order(chat: Stage, typed: str) -> None:
    for number in range(9):
        await chat.say(f"viewer{number}", "hello")
    (answer,) = await chat.say("viewer1", typed)
    assert answer.startswith("Most XP: 1. viewer0 1 · 1. viewer1 1 ")
    assert answer.count(" · ") == 6


async def test_top_is_cut_at_a_whole_entry(chat: Stage) -> None:
    for number in range(10):
        await chat.viewer(f"{'viewer_' * 3}{number:04}", 10**12 - number)
    (answer,) = await chat.say("alice", "!top 10")
    assert len(answer) <= CHAT_LIMIT
    entries = answer.removeprefix("Most points: ").split(" · ")
    assert 5 < len(entries) < 10
    assert all(entry.split()[-1].startswith(("999,999,", "1,000,")) for entry in entries)


async def test_level_is_still_the_level(chat: Stage) -> None:
    assert await chat.say("bob", "!level") == ["You are level 1 with 0 XP; 100 XP to level 2."]


# Bans


async def test_who_is_banned_leaves_the_board_and_comes_back(chat: Stage) -> None:
    dave = sandbox_user("dave")
    await chat.viewer("dave", 20)
    await chat.viewer("alice", 10)
    now = chat.clock.now()
    await chat.hear("channel.ban", frames.ban(dave, STREAMER, now, now.replace(year=2027)))
    assert await chat.say("alice", "!top") == ["Most points: 1. dave 20 · 2. alice 10"], "a timeout"
    await chat.hear("channel.ban", frames.ban(dave, STREAMER, now, None))
    assert await chat.say("alice", "!top") == ["Most points: 1. alice 10"]
    assert await chat.say("alice", "!rank") == ["You are 1st of 1 with 10 points; nobody has more."]
    assert await chat.say("alice", "!rank @dave") == ["dave is not on the board."]
    await chat.passes(10)
    await chat.hear("channel.unban", frames.unban(dave, STREAMER))
    assert await chat.say("alice", "!rank @dave") == ["dave is 1st of 2 with 20 points; nobody has more."]
    assert await findings(chat) == []


async def test_the_sandbox_tells_of_bans_and_their_ends(tmp_path: Path) -> None:
    async with live(tmp_path) as room:
        dave = sandbox_user("dave")
        await room.say("dave", "hello")
        assert await room.ask("dave", "!rank") == "You are 1st of 1 with 1 point; nobody has more."
        await room.twitch.ban(dave)
        await room.settled()
        assert await room.ask("dave", "!rank") == "You are not on the board."
        await room.twitch.unban(dave)
        await room.settled()
        assert await room.ask("dave", "!rank") == "You are 1st of 1 with 1 point; nobody has more."
