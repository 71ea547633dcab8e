"""What happens on Joystick: what it pays, and where it is told."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.model.channel_events import ChannelEvent, Entrance, Follow, Gift, Raid, Sub, Tip, WheelClaim
from pixel_bot.testing import SettableClock, Stage, stage, there
from tests.cogs.loaded import cog_class, thanks_said
from tests.harness.database import findings
from tests.harness.waiting import until
from tests.platforms.joystick.chat_helpers import JULES, notes_there, points


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
    assert await findings(chat) == []


async def test_an_anonymous_tip_pays_nobody(chat: Stage) -> None:
    channel_event = Tip("joystick:1", None, chat.clock.now(), tokens=50)
    await chat.happens_there(channel_event)
    assert await findings(chat) == []
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
    assert await findings(chat) == []


async def test_thanks_are_said_there(chat: Stage) -> None:
    said = notes_there(chat, "joystick")
    here = notes_there(chat, "twitch")
    await chat.happens_there(event(Tip, tokens=50, item="Hydrate"))
    await thanks_said(chat.bot)
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
        twitch, joystick = notes_there(chat, "twitch"), notes_there(chat, "joystick")
        await chat.happens_there(event(Tip, tokens=500))
        await until(lambda: joystick)  # the thanks, which nobody waits for
        joystick.clear()
        await chat.say_there("Jules", "!spin")
        assert twitch == []
        assert joystick[1:] == ["Jules won boo!", "@Jules boo!"]


async def test_a_level_that_a_mod_gives_is_told_where_its_viewer_is(tmp_path: Path) -> None:
    (tmp_path / "levels.json").write_text('{"2": {"message": "Go {user}!"}}', encoding="utf-8")
    async with stage(tmp_path, level_rewards_file=tmp_path / "levels.json") as chat:
        await chat.say_there("Jules", "hello")
        joystick = notes_there(chat, "joystick")
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

        cog_class(chat.bot, "Pixel").ai.answer = slow
        await chat.viewer("alice", points=100)
        for number in range(12):
            await chat.happens_there(Tip(f"joystick:{number}", there(f"fan{number}"), chat.clock.now(), tokens=100))
        for number in range(12):
            await chat.say_there(f"fan{number}", "!pixel slow", wait=False)
        said = notes_there(chat, "twitch")
        await chat.say("alice", "!pixel quick", wait=False)
        async with asyncio.timeout(10):
            while "AI: Because." not in said:
                await asyncio.sleep(0.01)
        hangs.set()
        await chat.settled()
