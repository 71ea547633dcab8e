"""scratch"""
import asyncio
import pytest
from pixel_bot.testing import stage
from pixel_bot.chat.outbox import Outbox

pytestmark = pytest.mark.asyncio


async def test_slow_receipt(tmp_path, monkeypatch):
    monkeypatch.setattr("pixel_bot.chat.ears.COMMAND_SECONDS", 0.5)
    async with stage(tmp_path) as s:
        await s.viewer("bob", 100)
        bot = s.bot
        bot.outbox._limit = 1          # a busy chat: one message a window, and it is used up
        bot.outbox._window = 3.0
        t = asyncio.create_task(bot.say("something else"))
        await asyncio.sleep(0.1)
        await s.say("bob", "!tts hello there", wait=False)
        await asyncio.sleep(4)
        await s.settled()
        print(s.sent, await s.points("bob"))
        await t
