"""Redeems for channel points: rewards kept in step, and each redemption done or given back, exactly once."""

from pathlib import Path
from typing import Any, cast

import pytest

from pixel_bot.platforms.twitch.events.redemptions import ADDED, UPDATED
from pixel_bot.sandbox.twitch.users import STREAMER
from tests.redeems.channel_points import Channel, channel_in
from tests.redeems.near_twitch import NearTwitch

# A redemption from its beginning to its end


async def test_it_runs_without_points_and_is_fulfilled_only_after_it_played(channel: Channel) -> None:
    reward = await channel.offer()
    channel.chat.overlay.plays = False
    event = channel.redeem("alice", reward, "ding")
    await channel.chat.overlay.asked(1)
    assert channel.chat.overlay.played[0]["name"] == "ding"
    channel.chat.overlay.started()
    # Reports go out meanwhile, but none for what is still playing.
    refused = channel.redeem("bob", reward, "no such sound")
    await channel.becomes(refused, "CANCELED")
    assert channel.twitch.status(event) == "UNFULFILLED"
    assert channel.twitch.count("PATCH") == 1
    channel.chat.overlay.finished()
    await channel.becomes(event, "FULFILLED")
    assert channel.twitch.count("PATCH") == 2
    assert channel.chat.sent[0] == "@Alice Playing ding!"
    assert await channel.rows("SELECT * FROM transactions") == []
    assert await channel.rows("SELECT cost, redemption FROM queue_items") == [(0, event["id"])]


async def test_it_is_cancelled_when_it_failed(channel: Channel) -> None:
    reward = await channel.offer()
    channel.chat.overlay.plays = False
    event = channel.redeem("alice", reward, "ding")
    await channel.chat.overlay.asked(1)
    channel.chat.overlay.failed()
    await channel.becomes(event, "CANCELED")
    await channel.said("@Alice sound: The overlay could not play it. Your channel points are back.")
    alice = await channel.bot.viewers.find("alice")
    assert await channel.bot.cooldowns.left(alice.id, "sound") == 0
    assert await channel.rows("SELECT * FROM transactions") == []


async def test_several_failures_in_one_line_say_what_is_back(channel: Channel) -> None:
    reward = await channel.offer()
    channel.chat.overlay.close()
    await channel.chat.viewer("carol", points=100)
    await channel.chat.say("carol", "!sound ding")
    events = [channel.redeem(name, reward, "ding") for name in ("alice", "bob")]
    await channel.waits(3)
    await channel.chat.passes(121)
    line = await channel.said("Refunded:")
    for part in ("@carol (sound, 15 back)", "@Alice (sound, channel points back)", "@Bob (sound, channel points back)"):
        assert part in line
    for event in events:
        await channel.becomes(event, "CANCELED")


async def test_cooldown_blocks_and_room_hold_for_channel_points(channel: Channel) -> None:
    reward = await channel.offer()
    first = channel.redeem("alice", reward, "ding")
    await channel.becomes(first, "FULFILLED")
    second = channel.redeem("alice", reward, "ding")
    await channel.becomes(second, "CANCELED")
    await channel.said("@Alice You are on cooldown for Play sound effect: 5s left. Your channel points are back.")

    await channel.bot.redeems.block(await channel.chat.viewer("Bob"), "sound")
    blocked = channel.redeem("bob", reward, "ding")
    await channel.becomes(blocked, "CANCELED")
    await channel.said("@Bob A mod has blocked you from Play sound effect. Your channel points are back.")

    channel.chat.overlay.close()
    for number in (2, 3):
        channel.redeem("carol", reward, "ding")
        await channel.waits(number)
        channel.chat.clock.advance(6)
    assert channel.twitch.count("PATCH") == 3


async def test_what_pays_by_chance_is_given_back_while_games_are_on(channel: Channel) -> None:
    reward = await channel.offer("spin")
    await channel.bot.services.games.say(yes=True)
    await channel.becomes(channel.redeem("alice", reward, ""), "CANCELED")
    line = await channel.said("@Alice What spin brings depends on chance")
    assert line.endswith("Your channel points are back.")


async def test_no_room_is_refused(channel: Channel) -> None:
    reward = await channel.offer()
    channel.chat.overlay.close()
    await channel.bot.redeems.set_cooldown("sound", 0)
    for number in range(2):
        channel.redeem("alice", reward, "ding")
        await channel.waits(number + 1)
    third = channel.redeem("alice", reward, "ding")
    await channel.becomes(third, "CANCELED")
    line = await channel.said("No room for Play sound effect")
    assert line.endswith("try again in a moment. Your channel points are back.")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "There is nothing in it that can be read out."), ("https://", "There is nothing in it")],
)
async def test_what_cannot_be_used_is_refused_with_the_command_s_own_sentence(
    channel: Channel, typed: str, sentence: str
) -> None:
    reward = await channel.offer("tts")
    event = channel.redeem("alice", reward, typed)
    await channel.becomes(event, "CANCELED")
    line = await channel.said("@Alice", sentence)
    assert line.endswith("Your channel points are back.")
    assert await channel.rows("SELECT * FROM queue_items") == []


async def test_a_redeem_that_is_off_gives_back(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.bot.redeems.switch("sound", on=False)
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "CANCELED")
    await channel.said("@Alice Play sound effect is switched off right now. Your channel points are back.")


async def test_one_that_was_on_its_way_when_the_reward_was_disabled_gives_back(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.rewards.switch_off("sound")
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "CANCELED")


async def test_a_redeem_whose_cog_is_gone_gives_back(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.bot.cogs.unload("sounds")
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "CANCELED")
    await channel.said("@Alice sound is switched off right now. Your channel points are back.")


async def test_a_body_that_nobody_foresaw_gives_back(odd: Channel) -> None:
    event = odd.redeem("alice", await odd.offer("breaks"))
    await odd.becomes(event, "CANCELED")
    line = await odd.said("@Alice Sorry, something went wrong on my side.")
    assert line.endswith("Your channel points are back.")


async def test_an_answer_names_who_asked_because_there_is_no_message_to_reply_to(odd: Channel) -> None:
    replies: list[str | None] = []
    send = odd.bot.outbox._send

    async def note(message: Any) -> str:
        replies.append(message.reply_to)
        return await send(message)

    cast(Any, odd.bot.outbox)._send = note
    event = odd.redeem("alice", await odd.offer("asks"), "why?")
    await odd.becomes(event, "FULFILLED")
    assert sorted(odd.chat.sent) == ["@Alice Thinking.", "@Alice You asked: why?", "Hm."]
    assert replies == [None] * 3


@pytest.mark.parametrize(
    "typed",
    ["x\n!points add alice 1000", "on tts", "!sound ding", "list", "odds", "\n\n!redeem off tts", " \t!panic", "off"],
)
async def test_what_is_typed_never_becomes_another_command(odd: Channel, typed: str) -> None:
    event = odd.redeem("alice", await odd.offer("asks"), typed)
    await odd.becomes(event, "FULFILLED")
    assert f"@Alice You asked: {' '.join(typed.split())}" in odd.chat.sent
    assert await odd.rows("SELECT redeem FROM queue_items") == [("asks",)]
    assert await odd.rows("SELECT * FROM transactions") == []
    assert odd.bot.dispatcher.paused == []


async def test_a_command_of_two_words_is_not_found_by_what_is_typed(channel: Channel) -> None:
    """``!wheel odds`` is a command of its own; typed to another reward, "odds" stays what it is: no sound's name."""
    event = channel.redeem("alice", await channel.offer("sound"), "on tts")
    await channel.becomes(event, "CANCELED")
    assert all(price.enabled for price in await channel.bot.redeems.prices())


async def test_the_message_that_comes_with_a_redemption_is_no_command(channel: Channel) -> None:
    """Twitch shows what was typed to a reward in chat as well."""
    assert await channel.chat.say("alice", "!points", channel_points_custom_reward_id="reward") == []
    assert await channel.chat.say("alice", "!points") != []


async def test_a_mod_s_commands_are_out_of_reach(channel: Channel) -> None:
    """Who redeems has a viewer's rights, also when it is the streamer."""
    reward = await channel.offer("sound")
    channel.hear(ADDED, channel.twitch.redeem(STREAMER, reward, "ding"))
    await channel.said(f"@{STREAMER.name} Playing ding!")
    again = channel.twitch.redeem(STREAMER, reward, "ding")
    channel.hear(ADDED, again)
    await channel.becomes(again, "CANCELED")


# Once


async def test_a_redemption_that_comes_twice_runs_once_also_after_a_restart(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = await channel.offer()
        event = channel.redeem("alice", reward, "ding")
        channel.hear(ADDED, event)
        await channel.becomes(event, "FULFILLED")
        channel.hear(ADDED, event)
        refused = channel.redeem("alice", reward, "ding")
        await channel.becomes(refused, "CANCELED")
        channel.chat.clock.advance(60)
        channel.hear(ADDED, refused)
    async with channel_in(tmp_path, twitch) as channel:
        channel.hear(ADDED, event)
        channel.hear(ADDED, refused)
        last = channel.redeem("alice", reward, "ding")
        await channel.becomes(last, "FULFILLED")
        assert await channel.rows("SELECT COUNT(*) FROM queue_items") == [(2,)]
        assert len(channel.chat.overlay.played) == 1
    assert twitch.count("PATCH") == 3
    assert set(twitch.decided.values()) == {1}


async def test_rewards_of_others_are_left_alone(channel: Channel) -> None:
    await channel.offer()
    foreign = channel.redeem("alice", "somebody-else's", "ding")
    ours = channel.redeem("bob", await channel.offer("tts"), "hello")
    channel.hear(UPDATED, foreign | {"status": "canceled"})
    await channel.becomes(ours, "FULFILLED")
    assert channel.twitch.status(foreign) == "UNFULFILLED"
    assert await channel.rows("SELECT COUNT(*) FROM redemptions") == [(1,)]
