"""What a mod removed from chat stays unsaid: it stops, nothing is said or shown, and the points come back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typing_extensions import override

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from pixel_bot.testing import Stage, stage
from tests.cogs.pixel.sage import Sage, use_ai
from tests.queue.funded import rich

ALICE = sandbox_user("alice", name="alice")
CARD = '''
"""A card."""

from pixel_bot.plugin import Cog, Context, Outcome, PixelBot, ShowOverlay, redeem


class Hydrate(Cog):
    @redeem(cost=50, cooldown=300)
    async def hydrate(self, ctx: Context) -> Outcome:
        """Ask the streamer to take a sip."""
        return Outcome("Cheers!", ShowOverlay("Drink!", seconds=5))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Hydrate(bot))
'''


class Thinker(Sage):
    """An AI that thinks until it may answer."""

    def __init__(self) -> None:
        super().__init__("A rude answer.")
        self.thinks, self.may = asyncio.Event(), asyncio.Event()

    @override
    async def answer(self, asker: str, question: str) -> str:
        self.thinks.set()
        await self.may.wait()
        return await super().answer(asker, question)


@asynccontextmanager
async def scene(folder: Path, ai: Sage | None = None) -> AsyncGenerator[Stage]:
    """A chat with a cog that shows a card."""
    own = folder / "own"
    own.mkdir()
    (own / "hydrate.py").write_text(CARD, encoding="utf-8")
    async with stage(folder, cogs_dir=own) as chat:
        if ai is not None:
            use_ai(chat, ai)
        await rich(chat)
        yield chat


async def removes(chat: Stage, how: str) -> None:
    """A mod takes a message, or its author, or everything out of chat."""
    events = {
        "message": ("channel.chat.message_delete", frames.message_delete(ALICE, "m1")),
        "timeout": ("channel.chat.clear_user_messages", frames.clear_user_messages(ALICE)),
        "ban": ("channel.ban", frames.ban(ALICE, STREAMER, chat.clock.now(), None)),
        "chat": ("channel.chat.clear", frames.chat_clear()),
    }
    await chat.hear(*events[how], wait=False)
    await chat.bot.channels["twitch"].tasks.idle()


@pytest.mark.parametrize("how", ["message", "timeout", "ban", "chat"])
async def test_an_ai_that_still_thinks_says_nothing(tmp_path: Path, how: str) -> None:
    thinker = Thinker()
    async with scene(tmp_path, thinker) as chat:
        await chat.say("alice", "!pixel something rude", message_id="m1", wait=False)
        await thinker.thinks.wait()
        await removes(chat, how)
        thinker.may.set()
        await chat.settled()
        assert await chat.points("alice") == 100
        assert not [line for line in chat.sent if "rude" in line]
        assert "Your 50 points are back." in chat.sent[-1]


@pytest.mark.parametrize("how", ["message", "timeout", "ban"])
@pytest.mark.parametrize("typed", ["!sound ding", "!spin", "!hydrate", "!tts something rude"])
async def test_what_waits_is_given_back(tmp_path: Path, how: str, typed: str) -> None:
    async with scene(tmp_path) as chat:
        chat.overlay.close()
        await chat.say("alice", typed, message_id="m1")
        assert await chat.points("alice") < 100
        await removes(chat, how)
        await chat.overlay.open()
        await chat.settled()
        assert (await chat.points("alice"), chat.overlay.played) == (100, [])


@pytest.mark.parametrize("typed", ["!sound ding", "!hydrate"])
async def test_what_plays_stops(tmp_path: Path, typed: str) -> None:
    async with scene(tmp_path) as chat:
        chat.overlay.plays = False
        await chat.say("alice", typed, message_id="m1", wait=False)
        await chat.overlay.asked(1)
        chat.overlay.started()
        await removes(chat, "message")
        await chat.settled()
        assert await chat.points("alice") == 100


async def test_a_cleared_chat_takes_words_away_and_no_sounds(tmp_path: Path) -> None:
    async with scene(tmp_path) as chat:
        chat.overlay.close()
        await chat.viewer("bob", 100)
        await chat.say("alice", "!hydrate", message_id="m1")
        await chat.say("bob", "!sound ding", message_id="m2")
        await removes(chat, "chat")
        await chat.settled()
        assert (await chat.points("alice"), await chat.points("bob")) == (100, 85)


async def test_others_go_on(tmp_path: Path) -> None:
    async with scene(tmp_path) as chat:
        chat.overlay.close()
        await chat.viewer("bob", 100)
        await chat.say("bob", "!sound ding", message_id="m2")
        await removes(chat, "ban")
        await chat.settled()
        assert await chat.points("bob") == 85
