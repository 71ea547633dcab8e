"""The same cogs on Joystick.tv: who types there is answered there, pays there, and shares everything else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.bot.joystick import JoystickChannel
from pixel_bot.model.channel_events import ChannelEvent, Entrance, Follow, Gift, Raid, Sub, Tip, WheelClaim
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.testing import SettableClock, Stage, stage, there
from pixel_bot.upkeep.check import check

JULES = there("Jules")


@pytest.fixture
async def rich(chat: Stage) -> Stage:
    """Jules has 500 points."""
    await chat.say_there("Jules", "hello")
    await chat.say_there("Boss", "!points set @jules 500", streamer=True)
    return chat


async def problems(chat: Stage) -> list[str]:
    """What is wrong with the ledger."""
    async with chat.services.database.readers() as session:
        return await check(session, chat.services.levels.curve.level_of)


async def points(chat: Stage, login: str = "jules") -> int:
    return (await chat.bot.viewers.find(login, "joystick")).points


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
    ("line", "cost", "what"), [("!tts hello there", 25, "speak"), ("!sound ding", 15, "sound"), ("!spin", 100, "wheel")]
)
async def test_effects_of_the_overlay(rich: Stage, line: str, cost: int, what: str) -> None:
    said = await rich.say_there("Jules", line)
    assert said[0].startswith("@Jules ")
    assert said[0].endswith(f"{500 - cost} points left.")
    assert (rich.overlay.played[0]["what"], rich.overlay.played[0]["by"]) == (what, "Jules")
    assert await problems(rich) == []


async def test_the_ai_answers_there(rich: Stage) -> None:
    said = await rich.say_there("Jules", "!pixel what is a pixel?")
    assert len(said) == 2
    assert all(line.startswith("@Jules ") for line in said)
    assert await points(rich) == 450


async def test_a_clip_that_fails_is_told_there(rich: Stage) -> None:
    """The wire of this test makes no clips."""

    async def refuse() -> str:
        raise RuntimeError("no clip")

    rich.bot.clips.save = refuse  # pyright: ignore[reportAttributeAccessIssue]
    said = await rich.say_there("Jules", "!clip")
    assert said == ["@Jules Saving it ...", "@Jules clip: Something went wrong on my side."]


async def test_a_refund_is_told_where_it_was_bought(rich: Stage) -> None:
    await rich.viewer("alice", points=100)
    rich.overlay.close()
    await rich.say("alice", "!tts one")
    await rich.say_there("Jules", "!tts two")
    rooms = {room: _notes(rich, room) for room in ("twitch", "joystick")}
    await rich.passes(121)
    assert rooms == {
        "twitch": ["@alice tts: The overlay was away for too long. Your 25 points are back."],
        "joystick": ["@Jules tts: The overlay was away for too long. Your 25 points are back."],
    }
    assert await points(rich) == 500


def _notes(chat: Stage, room: Any) -> list[str]:
    """What is said in one room from now on."""
    outbox, said = chat.bot.channels[room].outbox, list[str]()
    put = outbox.put

    async def note(message: Outgoing) -> str | None:
        said.append(message.text)
        return await put(message)

    outbox.put = note  # pyright: ignore[reportAttributeAccessIssue]
    return said


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
        said = _notes(chat, "twitch")
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
        said = _notes(chat, "joystick")
        await chat.say_there("Jules", "hello")
        assert said == ["Jules is level 2!"]


# Events


def event(kind: type[ChannelEvent], name: str = "1", at: Any = None, **more: Any) -> ChannelEvent:
    return kind(f"joystick:{name}", JULES, at or SettableClock().now(), **more)


@pytest.mark.parametrize(
    ("channel_event", "worth", "xp"),
    [
        (event(Follow), 50, 10),
        (event(Sub), 200, 50),
        (event(Sub, months=9), 200, 50),
        (event(Gift, total=3), 600, 150),
        (event(Tip, tokens=30), 30, 3),
        (event(Tip, tokens=9), 9, 0),
        (event(Raid, viewers=12), 100, 0),
        (event(Entrance), 25, 0),
        (event(WheelClaim, prize="a hat"), 0, 0),
    ],
)
async def test_what_events_pay_once(chat: Stage, channel_event: ChannelEvent, worth: int, xp: int) -> None:
    for _ in range(2):
        await chat.happens_there(channel_event)
    viewer = await chat.bot.viewers.meet(JULES)
    assert viewer.points == worth
    assert (await chat.bot.levels.standing(viewer)).xp == xp
    assert await problems(chat) == []


async def test_an_anonymous_tip_pays_nobody(chat: Stage) -> None:
    channel_event = Tip("joystick:1", None, chat.clock.now(), tokens=50)
    await chat.happens_there(channel_event)
    assert await problems(chat) == []
    assert chat.services.awards.totals.points == 0


async def test_who_comes_in_earns_once_an_hour(chat: Stage, clock: SettableClock) -> None:
    earned: list[int] = []
    for number, minutes in enumerate((0, 1, 59, 59, 2, 70)):
        clock.advance(minutes * 60)
        await chat.happens_there(event(Entrance, str(number), clock.now()))
        earned.append(await points(chat) // 25)
    assert earned == [1, 1, 2, 2, 3, 4]  # at 0, 1, 60, 119, 121 and 191 minutes


async def test_the_hour_outlives_a_restart(tmp_path: Path, clock: SettableClock) -> None:
    for number in range(2):
        async with stage(tmp_path, clock) as chat:
            await chat.happens_there(event(Entrance, str(number), clock.now()))
            clock.advance(60)
            assert await points(chat) == 25


async def test_a_crowd_that_comes_in_at_once(chat: Stage) -> None:
    people = [there(f"viewer{n}") for n in range(300)]
    for again in range(3):
        for number, person in enumerate(people):
            chat.joystick.on_channel_event(Entrance(f"joystick:{again}-{number}", person, chat.clock.now()))
    await chat.settled()
    assert chat.services.awards.totals.points == 300 * 25
    assert await problems(chat) == []


async def test_thanks_are_said_there(chat: Stage) -> None:
    said = _notes(chat, "joystick")
    here = _notes(chat, "twitch")
    await chat.happens_there(event(Tip, tokens=50, item="Hydrate"))
    await chat.joystick.thanks.close()
    assert said == ["Jules tipped 50 tokens. Thank you!"]
    assert here == []


async def test_cogs_hear_tips(tmp_path: Path) -> None:
    folder = tmp_path / "cogs"
    folder.mkdir()
    (folder / "glad.py").write_text(
        "from pixel_bot.plugin import Cog, PixelBot, Tip, on\n\n\n"
        "class Glad(Cog):\n"
        "    @on(Tip)\n"
        "    async def thank(self, tip: Tip) -> None:\n"
        "        await self.bot.say(f'{tip.tokens} for {tip.item}!', platform='joystick')\n\n\n"
        "async def setup(bot: PixelBot) -> None:\n"
        "    await bot.add_component(Glad(bot))\n",
        encoding="utf-8",
    )
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert "50 for Hydrate!" in await chat.happens_there(event(Tip, tokens=50, item="Hydrate"))


async def test_alerts_name_what_happened(chat: Stage) -> None:
    told: list[Any] = []

    async def note(*alert: Any) -> None:
        told.append(alert)

    chat.bot.overlay.alert = note  # pyright: ignore[reportAttributeAccessIssue]
    await chat.happens_there(event(Tip, "1", tokens=50, item="Hydrate"))
    await chat.happens_there(event(WheelClaim, "2", prize="a hat"))
    await chat.happens_there(event(Entrance, "3"))
    assert told == [
        ("tip", "Jules", "Jules tipped 50 tokens for Hydrate"),
        ("wheelclaim", "Jules", "Jules won a hat"),
    ]


async def test_news_wait_for_their_chat(rich: Stage) -> None:
    """The other platform is connected later: what it must hear is told then."""
    rich.overlay.close()
    await rich.say_there("Jules", "!tts one")
    room = rich.bot.channels.pop("joystick")
    assert await rich.passes(121) == []
    rich.bot.channels["joystick"] = room
    rich.bot.dispatcher.tell_news()
    assert await rich.passes(0) == ["@Jules tts: The overlay was away for too long. Your 25 points are back."]


async def test_what_follows_is_answered_there_too(tmp_path: Path) -> None:
    (tmp_path / "prizes.json").write_text('[{"name": "boo", "weight": 1, "effect": "run:boo"}]', encoding="utf-8")
    folder = tmp_path / "cogs"
    folder.mkdir()
    (folder / "boo.py").write_text(
        "from pixel_bot.plugin import Cog, Job, PixelBot, effect\n\n\n"
        "class Boo(Cog):\n"
        "    @effect('boo')\n"
        "    async def boo(self, job: Job) -> str:\n"
        "        return 'boo!'\n\n\n"
        "async def setup(bot: PixelBot) -> None:\n"
        "    await bot.add_component(Boo(bot))\n",
        encoding="utf-8",
    )
    async with stage(tmp_path, cogs_dir=folder, prizes_file=tmp_path / "prizes.json") as chat:
        await chat.happens_there(event(Tip, tokens=500))
        twitch, joystick = _notes(chat, "twitch"), _notes(chat, "joystick")
        await chat.say_there("Jules", "!spin")
        assert twitch == []
        assert joystick[1:] == ["Jules won boo!", "@Jules boo!"]


async def test_a_level_that_a_mod_gives_is_told_where_its_viewer_is(tmp_path: Path) -> None:
    (tmp_path / "levels.json").write_text('{"2": {"message": "Go {user}!"}}', encoding="utf-8")
    async with stage(tmp_path, level_rewards_file=tmp_path / "levels.json") as chat:
        await chat.say_there("Jules", "hello")
        joystick = _notes(chat, "joystick")
        await chat.say_there("Mo", "!xp add @jules 500", mod=True)
        assert "Go Jules!" in joystick


async def test_slow_answers_there_hold_up_no_effect_here(tmp_path: Path) -> None:
    """Each chat has places of its own for work under way."""
    async with stage(tmp_path) as chat:
        hangs = asyncio.Event()

        async def slow(asker: str, question: str) -> str:
            if question == "slow":
                await hangs.wait()
            return "Because."

        assert chat.bot.ai is not None
        chat.bot.ai.answer = slow  # pyright: ignore[reportAttributeAccessIssue]
        await chat.viewer("alice", points=100)
        for number in range(12):
            await chat.happens_there(Tip(f"joystick:{number}", there(f"fan{number}"), chat.clock.now(), tokens=100))
        for number in range(12):
            await chat.say_there(f"fan{number}", "!pixel slow", wait=False)
        said = _notes(chat, "twitch")
        await chat.say("alice", "!pixel quick", wait=False)
        async with asyncio.timeout(10):
            while "Because." not in said:
                await asyncio.sleep(0.01)
        hangs.set()
        await chat.settled()
