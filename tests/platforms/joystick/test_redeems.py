"""The whole way of each redeem from a viewer of Joystick.tv, over real sockets: paid for what happened, else not."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from pixel_bot.errors import EffectFailed
from pixel_bot.sandbox.joystick.double import SentByBot
from pixel_bot.testing import FakeOverlay, Live, live, there
from pixel_bot.upkeep.check import check
from tests.cogs.loaded import cog_class

SECONDS = 15.0
MONEY = 1_000


class Visit:
    """Jules, who has money, on Joystick.tv."""

    def __init__(self, show: Live, page: FakeOverlay) -> None:
        self.show = show
        self.joystick = show.app.joystick
        self.page = page

    async def said(self, fits: Callable[[SentByBot], bool]) -> str:
        """Wait until the bot has said something there that fits."""
        told = asyncio.Event()
        self.joystick.listeners.add(lambda _: told.set())
        async with asyncio.timeout(SECONDS):
            while True:
                told.clear()
                if found := next((said for said in self.joystick.said if fits(said)), None):
                    return found.text
                await told.wait()

    async def redeems(self, line: str, answer: str, more: str = "") -> str:
        """Jules types a redeem; the bot answers, and later says something more."""
        await self.joystick.say("Jules", line)
        receipt = await self.said(lambda said: said.text.startswith("@Jules ") and answer in said.text)
        later = await self.said(lambda said: more in said.text) if more else ""
        await self.show.bot.dispatcher.settled()
        await self.settled()
        return later or receipt

    async def settled(self) -> None:
        await self.show.app.joystick_platform.connection.drain()
        await self.show.bot.settled()

    async def points(self) -> int:
        """The balance of Jules; the whole ledger is right, too."""
        await self.settled()
        async with self.show.bot.readers() as session:
            assert await check(session, self.show.bot.levels.curve.level_of) == []
        return (await self.show.bot.viewers.meet(there("Jules"))).points


@pytest.fixture
async def jules(tmp_path: Path) -> AsyncGenerator[Visit]:
    prizes = tmp_path / "prizes.json"
    prizes.write_text(json.dumps([{"name": "Nothing at all", "weight": 1, "grant_points": 0}]), encoding="utf-8")
    async with live(tmp_path, prizes_file=prizes) as show:
        visit = Visit(show, FakeOverlay(show.bot.overlay))
        await visit.page.open()
        await show.app.joystick.tip("Jules", MONEY)
        assert await visit.points() == MONEY
        yield visit


async def test_tts(jules: Visit) -> None:
    await jules.redeems("!tts hello there", "Coming up!")
    assert [(m["what"], m["by"]) for m in jules.page.played] == [("speak", "Jules")]
    assert await jules.points() == MONEY - 25


async def test_pixel(jules: Visit) -> None:
    await jules.redeems("!pixel what is a pixel?", "Let me think.")
    answers = [said for said in jules.joystick.said if said.text.startswith("@Jules ")]
    assert len(answers) == 2
    assert answers[1].by == "rest"
    assert await jules.points() == MONEY - 50


async def test_sound(jules: Visit) -> None:
    await jules.redeems("!sound ding", "Playing ding!")
    assert [(m["what"], m["by"]) for m in jules.page.played] == [("sound", "Jules")]
    assert await jules.points() == MONEY - 15


async def test_spin(jules: Visit) -> None:
    await jules.redeems("!spin", "The wheel is yours!")
    assert [(m["what"], m["by"]) for m in jules.page.played] == [("art", "Jules")]
    assert await jules.points() == MONEY - 100


async def test_clip(jules: Visit) -> None:
    told = await jules.redeems("!clip", "Saving it", "Here is the clip")
    assert told.startswith("@Jules Here is the clip: http")
    assert await jules.points() == MONEY


@pytest.mark.parametrize(("line", "answer"), [("!tts hello", "Coming up!"), ("!sound ding", "Playing ding!")])
async def test_what_the_page_cannot_play_is_given_back_there(jules: Visit, line: str, answer: str) -> None:
    jules.page.plays = False
    redeem = line[1:].split()[0]
    await jules.joystick.say("Jules", line)
    await jules.said(lambda said: answer in said.text)
    async with asyncio.timeout(SECONDS):
        await jules.page.asked(1)
    jules.page.failed()
    told = await jules.said(lambda said: f"@Jules {redeem}: " in said.text)
    assert told.endswith("points are back.")
    assert await jules.points() == MONEY
    assert not any(redeem in line.text for line in jules.show.twitch.chat_log.lines)


async def test_an_ai_that_fails_is_given_back_there(jules: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(asker: str, question: str) -> str:
        raise EffectFailed("The AI did not answer.")

    monkeypatch.setattr(cog_class(jules.show.bot, "Pixel").ai, "answer", fail)
    told = await jules.redeems("!pixel why?", "Let me think.", "@Jules pixel: ")
    assert told == "@Jules pixel: The AI did not answer. Your 50 points are back."
    assert await jules.points() == MONEY


async def test_a_clip_of_an_offline_stream_is_told_there(jules: Visit) -> None:
    await jules.show.twitch.go_offline()
    told = await jules.redeems("!clip", "Saving it", "@Jules clip: ")
    assert told == "@Jules clip: The stream is offline, so Twitch has nothing to clip."
    assert await jules.points() == MONEY


async def test_a_chat_that_refuses_the_answer_gives_it_back(jules: Visit) -> None:
    jules.joystick.faults.add("api/v1/chat/messages", status=404, times=None)
    await jules.redeems("!points", "You have 1,000 points.")
    jules.joystick.gateway.errors += ["", "you are muted"]
    told = await jules.redeems("!pixel why?", "Let me think.", "@Jules pixel: ")
    assert told == "@Jules pixel: Chat did not take the answer. Your 50 points are back."
    assert await jules.points() == MONEY


async def test_who_is_on_cooldown_pays_nothing(jules: Visit) -> None:
    await jules.redeems("!sound ding", "Playing ding!")
    await jules.redeems("!sound ding", "You are on cooldown")
    assert await jules.points() == MONEY - 15
