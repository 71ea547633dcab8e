"""What viewers on Joystick type, in the same chat as Twitch's."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.bot.joystick import JoystickChannel
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.testing import SettableClock, Stage, stage
from tests.cogs.loaded import cog_class
from tests.harness.database import findings
from tests.platforms.joystick.chat_helpers import JULES, notes_there, points


async def test_a_viewer_is_named_by_platform_in_the_database_and_by_name_in_chat(rich: Stage) -> None:
    assert await rich.say_there("Jules", "!points") == ["@Jules You have 500 points."]
    viewer = await rich.bot.viewers.meet(JULES)
    assert (viewer.name, str(viewer)) == ("jules@joystick", "Jules")


async def test_the_same_name_on_twitch_is_somebody_else(rich: Stage) -> None:
    await rich.say("jules", "hello")
    assert await rich.say("jules", "!points") == ["You have 1 point."]
    assert await points(rich) == 500


async def test_chat_earns_once_in_the_cooldown(chat: Stage, clock: SettableClock) -> None:
    await chat.say_there("Jules", "one")
    await chat.say_there("Jules", "two")
    clock.advance(60)
    await chat.say_there("Jules", "three")
    assert await points(chat) == 2


async def test_a_message_that_comes_twice_counts_once(rich: Stage) -> None:
    said = [await rich.say_there("Jules", "!give @boss 10", message_id="same") for _ in range(2)]
    assert [len(lines) for lines in said] == [1, 0]
    # After a restart the memory is empty, and the database still knows.
    rich.joystick._seen.clear()
    assert await rich.say_there("Jules", "!give @boss 10", message_id="same") == []
    assert await points(rich) == 490


async def test_unknown_commands_are_left_to_others(chat: Stage) -> None:
    assert await chat.say_there("Jules", "!song") == []


@pytest.mark.parametrize(
    ("line", "cost", "what"), [("!tts hello there", 25, "speak"), ("!sound ding", 15, "sound"), ("!spin", 100, "art")]
)
async def test_effects_of_the_overlay(rich: Stage, line: str, cost: int, what: str) -> None:
    said = await rich.say_there("Jules", line)
    assert said[0].startswith("@Jules ")
    assert said[0].endswith(f"{500 - cost} points left.")
    assert (rich.overlay.played[0]["what"], rich.overlay.played[0]["by"]) == (what, "Jules")
    assert await findings(rich) == []


async def test_the_ai_answers_there(rich: Stage) -> None:
    said = await rich.say_there("Jules", "!pixel what is a pixel?")
    assert len(said) == 2
    assert all(line.startswith("@Jules ") for line in said)
    assert await points(rich) == 450


async def test_a_clip_that_fails_is_told_there(rich: Stage) -> None:
    """The wire of this test makes no clips."""

    async def refuse() -> str:
        raise RuntimeError("no clip")

    cog_class(rich.bot, "Clips").twitch.make = refuse
    said = await rich.say_there("Jules", "!clip")
    assert said == ["@Jules Saving it ...", "@Jules clip: Something went wrong on my side."]


async def test_a_refund_is_told_where_it_was_bought(rich: Stage) -> None:
    await rich.viewer("alice", points=100)
    rich.overlay.close()
    await rich.say("alice", "!tts one")
    await rich.say_there("Jules", "!tts two")
    rooms = {room: notes_there(rich, room) for room in ("twitch", "joystick")}
    await rich.passes(121)
    assert rooms == {
        "twitch": ["@alice tts: The overlay was away for too long. Your 25 points are back."],
        "joystick": ["@Jules tts: The overlay was away for too long. Your 25 points are back."],
    }
    assert await points(rich) == 500


async def test_while_one_platform_is_away_the_other_one_hears_its_news(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as chat:
        hangs = asyncio.Event()

        async def away(message: Outgoing) -> str:
            await hangs.wait()
            raise SendFailed("away", retry=False)

        await chat.say_there("Jules", "hello")
        await chat.say_there("Boss", "!points set @jules 500", streamer=True)
        await chat.viewer("alice", points=100)
        chat.overlay.close()
        await chat.say("alice", "!tts one")
        await chat.say_there("Jules", "!tts two")
        chat.bot.channels["joystick"] = JoystickChannel(chat.bot, away, limited=False)
        said = notes_there(chat, "twitch")
        clock.advance(121)
        chat.bot.dispatcher.wake()
        async with asyncio.timeout(10):
            while not said:
                await asyncio.sleep(0.01)
            assert said == ["@alice tts: The overlay was away for too long. Your 25 points are back."]
            hangs.set()
            await chat.settled()


async def test_mods_and_streamer_are_known_by_their_badges(rich: Stage) -> None:
    assert await rich.say_there("Jules", "!points add @jules 5") == ["@Jules Only mods can do that."]
    assert await rich.say_there("Mo", "!points add @jules 5", mod=True) == ["@Mo Added 5 points: Jules has 505."]
    assert await rich.say_there("Mo", "!cog list", mod=True) == ["@Mo Only the streamer can do that."]
    assert (await rich.say_there("Boss", "!cog list", streamer=True))[0].startswith("@Boss ")


async def test_one_leaderboard_and_one_queue_for_both(rich: Stage) -> None:
    await rich.viewer("alice", points=300)
    assert await rich.say("alice", "!top") == ["Most points: 1. Jules 500 · 2. alice 300"]
    rich.overlay.close()
    await rich.say("alice", "!tts one")
    await rich.say_there("Jules", "!tts two")
    assert (await rich.say_there("Jules", "!queue"))[0].startswith("@Jules Your tts: 1 ahead")


async def test_history_is_told_to_everybody_in_the_same_way(rich: Stage) -> None:
    (line,) = await rich.say_there("Jules", "!history")
    assert line.startswith("@Jules ")
    assert "+499" in line


async def test_a_level_is_told_where_it_was_reached(tmp_path: Path) -> None:
    (tmp_path / "levels.json").write_text('{"2": {"message": "{user} is level {level}!"}}', encoding="utf-8")
    options: dict[str, Any] = {"level_rewards_file": tmp_path / "levels.json", "xp_base": 1, "xp_exponent": 1}
    async with stage(tmp_path, **options) as chat:
        said = notes_there(chat, "joystick")
        await chat.say_there("Jules", "hello")
        assert said == ["Jules is level 2!"]
