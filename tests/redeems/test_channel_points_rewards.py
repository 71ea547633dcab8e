"""Rewards on Twitch are kept in step with the redeems."""

from pathlib import Path
from typing import Any

import pytest

from pixel_bot.bot.channel_points_admin import NoChannelPoints
from pixel_bot.errors import BadInput, ChatError
from pixel_bot.platforms.twitch.helix import HelixError, NotSignedIn
from pixel_bot.platforms.twitch.rewards import RewardRefused, RewardWaits
from tests.harness.waiting import until
from tests.redeems.channel_points import Channel, channel_in
from tests.redeems.near_twitch import REWARDS, NearTwitch

# Rewards


async def test_a_reward_says_what_its_redeem_is(channel: Channel) -> None:
    await channel.bot.redeems.set_cooldown("tts", 30, everyone=True)
    made = channel.twitch.rewards[await channel.offer("tts", 1_000)]
    assert made | {"id": ""} == {
        "id": "",
        "is_paused": False,
        "title": "Text-to-Speech",
        "prompt": "Have a text read out on stream.",
        "cost": 1_000,
        "is_enabled": True,
        "is_user_input_required": True,
        "should_redemptions_skip_request_queue": False,
        "global_cooldown_setting": {"is_enabled": True, "global_cooldown_seconds": 30},
        "background_color": "#8B5CF6",
    }


async def test_text_is_asked_for_where_the_command_takes_some(channel: Channel) -> None:
    channel.bot.redeems.open("pixel")
    asks = {
        key: channel.twitch.rewards[await channel.offer(key)]["is_user_input_required"]
        for key in ("tts", "pixel", "sound", "spin", "clip")
    }
    assert asks == {"tts": True, "pixel": True, "sound": True, "spin": False, "clip": False}


async def test_the_cooldown_of_each_viewer_stands_where_there_is_none_for_everyone(channel: Channel) -> None:
    made = channel.twitch.rewards[await channel.offer("sound")]
    assert made["global_cooldown_setting"] == {"is_enabled": True, "global_cooldown_seconds": 5}


async def test_changes_of_a_redeem_follow_and_only_what_differs_is_sent(channel: Channel) -> None:
    reward = channel.twitch.rewards[await channel.offer()]
    channel.twitch.asked.clear()

    async def patched(count: int) -> Any:
        await until(lambda: channel.twitch.count("PATCH", REWARDS) >= count)
        return [body for method, path, body in channel.twitch.asked if (method, path) == ("PATCH", REWARDS)][-1]

    await channel.bot.redeems.switch("sound", on=False)
    assert await patched(1) == {"is_enabled": False}
    await channel.bot.redeems.switch("sound", on=True)
    assert await patched(2) == {"is_enabled": True}
    await channel.bot.redeems.set_cooldown("sound", 0)
    assert await patched(3) == {"is_global_cooldown_enabled": False}
    await channel.bot.redeems.set_cooldown("sound", 90, everyone=True)
    assert await patched(4) == {"is_global_cooldown_enabled": True, "global_cooldown_seconds": 90}
    channel.bot.redeems.close("sound", "The loudspeaker is broken.")
    assert await patched(5) == {"is_enabled": False}
    channel.bot.redeems.open("sound")
    assert await patched(6) == {"is_enabled": True}
    await channel.bot.cogs.unload("sounds")
    assert await patched(7) == {"is_enabled": False}
    await channel.bot.cogs.load("sounds")
    assert await patched(8) == {"is_enabled": True}
    assert (await channel.rewards.switch_on("sound", 700)).cost == 700
    assert await patched(9) == {"cost": 700}
    assert (await channel.rewards.switch_off("sound")).enabled is False
    assert await patched(10) == {"is_enabled": False}
    assert reward["cost"] == 700


async def test_a_start_with_all_in_step_changes_nothing(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        await channel.offer()
    twitch.asked.clear()
    async with channel_in(tmp_path, twitch) as channel:
        await channel.rewards.align()
    assert {method for method, _, _ in twitch.asked} == {"GET"}


async def test_a_change_by_hand_on_twitch_is_taken_back_at_the_start(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = twitch.rewards[await channel.offer()]
    reward.update(title="Cheap", cost=1, should_redemptions_skip_request_queue=True, is_paused=True)
    async with channel_in(tmp_path, twitch) as channel:
        await channel.rewards.align()
    assert (reward["title"], reward["cost"]) == ("Play sound effect", 500)
    assert reward["should_redemptions_skip_request_queue"] is False
    assert reward["is_paused"] is True, "a pause is the streamer's own"


async def test_a_channel_without_such_rewards_is_never_asked(channel: Channel) -> None:
    await channel.bot.redeems.switch("sound", on=False)
    await channel.rewards.align()
    assert channel.twitch.asked == []


async def test_a_reward_deleted_by_hand_is_made_anew_if_it_is_on(channel: Channel) -> None:
    first = await channel.offer()
    del channel.twitch.rewards[first]
    await channel.rewards.align()
    (second,) = channel.twitch.rewards
    assert second != first
    assert await channel.channel_points.by_reward(second) is not None

    await channel.rewards.switch_off("sound")
    del channel.twitch.rewards[second]
    await channel.rewards.align()
    assert channel.twitch.rewards == {}


async def test_a_reward_deleted_at_the_very_moment_is_made_anew_once(channel: Channel) -> None:
    first = await channel.offer()
    channel.twitch.fail("PATCH", REWARDS, HelixError(404, "not found"))
    channel.twitch.rewards[first]["title"] = "Before"
    made = await channel.rewards.switch_on("sound", 700)
    assert made.reward_id not in {None, first}
    assert channel.twitch.count("POST", REWARDS) == 2


async def test_a_title_that_somebody_has_taken_is_named_and_nothing_is_kept(channel: Channel) -> None:
    channel.twitch.rewards["by-hand"] = {"id": "by-hand", "title": "Play sound effect"}
    channel.twitch.foreign.add("by-hand")
    with pytest.raises(RewardRefused, match="There is a reward named Play sound effect already that I did not make"):
        await channel.offer()
    assert await channel.channel_points.all() == []
    assert channel.twitch.rewards["by-hand"] == {"id": "by-hand", "title": "Play sound effect"}


async def test_a_reward_whose_answer_was_lost_is_found_again(channel: Channel) -> None:
    channel.twitch.fail("POST", REWARDS, HelixError(0, "timed out"), when="after")
    with pytest.raises(RewardWaits, match=r"Twitch does not answer right now\. I keep it in mind\."):
        await channel.offer()
    (made,) = channel.twitch.rewards
    await until(lambda: is_kept(channel, made))
    assert channel.twitch.rewards.keys() == {made}


async def is_kept(channel: Channel, reward_id: str) -> bool:
    return await channel.channel_points.by_reward(reward_id) is not None


@pytest.mark.parametrize("error", [HelixError(500, "down"), NotSignedIn("broadcaster")])
async def test_a_wish_is_kept_until_twitch_can_be_asked(channel: Channel, error: HelixError) -> None:
    channel.twitch.fail("GET", REWARDS, error, times=2)
    with pytest.raises(RewardWaits, match=r"I keep it in mind\.$"):
        await channel.offer()
    channel.rewards.catch_up()
    await until(lambda: channel.twitch.rewards)
    assert [n.enabled for n in await channel.channel_points.all()] == [True]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (HelixError(403, "channel points are not available"), "for affiliates and partners only"),
        (HelixError(400, "CREATE_CUSTOM_REWARD_TOO_MANY_REWARDS"), "as many rewards as Twitch allows"),
        (HelixError(400, "hm"), "Twitch did not take the reward"),
    ],
)
async def test_what_twitch_refuses_is_said_and_not_kept(channel: Channel, error: HelixError, sentence: str) -> None:
    channel.twitch.fail("POST", REWARDS, error)
    with pytest.raises(RewardRefused, match=sentence):
        await channel.offer()
    assert await channel.channel_points.all() == []


async def test_a_refused_change_keeps_what_was_before(channel: Channel) -> None:
    await channel.offer(cost=500)
    channel.twitch.fail("PATCH", REWARDS, HelixError(403, "no"))
    with pytest.raises(RewardRefused):
        await channel.offer(cost=600)
    assert [n.cost for n in await channel.channel_points.all()] == [500]


@pytest.mark.parametrize(("key", "cost"), [("nothing", 5), ("*", 5), ("sound", 0), ("sound", 10**12)])
async def test_wishes_that_cannot_be(channel: Channel, key: str, cost: int) -> None:
    with pytest.raises(BadInput):
        await channel.rewards.switch_on(key, cost)
    assert channel.twitch.asked == []


async def test_the_streamer_manages_rewards_in_chat(channel: Channel) -> None:
    async def streamer(words: str) -> str:
        (answer,) = await channel.chat.say("pixel_street", words, "broadcaster")
        return answer

    assert await streamer("!redeem native list") == "Nothing is for channel points yet."
    assert await streamer("!redeem native on SOUND 1,500") == "sound is a reward now, for 1,500 channel points."
    assert await streamer("!redeem native") == "For channel points: sound 1,500"
    assert await streamer("!redeem native off sound") == "sound is no reward any more; it stays on Twitch, disabled."
    assert await streamer("!redeem native off tts") == "tts is no Channel Points reward of mine."
    assert "Type it like this" in await streamer("!redeem native on sound")
    assert "a number" in await streamer("!redeem native on sound many")
    (answer,) = await channel.chat.say("maria", "!redeem native on sound 5", "moderator")
    assert answer == "Only the streamer can do that."


async def test_while_games_are_on_no_chance_can_be_had_for_channel_points(channel: Channel) -> None:
    """A reward that is there is paused, not deleted, and comes back with the end of games."""
    reward = channel.twitch.rewards[await channel.offer("spin", 500)]
    assert reward["is_enabled"]
    await channel.bot.services.games.say(yes=True)
    await channel.rewards.align()
    assert not reward["is_enabled"]
    with pytest.raises(BadInput, match=r"^What spin brings depends on chance, so channel points do not pay for it"):
        await channel.offer("spin", 600)
    await channel.offer("sound", 600)
    await channel.bot.services.games.say(yes=False)
    await channel.rewards.align()
    assert (reward["is_enabled"], reward["cost"]) == (True, 500)


async def test_without_twitch_mods_hear_that() -> None:
    nobody = NoChannelPoints()
    for wish in (nobody.switch_on("sound", 5), nobody.switch_off("sound")):
        with pytest.raises(ChatError, match="not connected"):
            await wish
    assert await nobody.list() == []
