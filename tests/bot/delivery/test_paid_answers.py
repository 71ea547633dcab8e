"""Paid answers in a chat where the bot is no mod: they arrive, and nothing is refunded."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from pixel_bot.model.chat_rules import SendRules
from pixel_bot.sandbox.twitch.chat_settings import REASONS, ChatSettings
from pixel_bot.testing import Stage, stage
from tests.cogs.pixel.sage import stage_with
from tests.queue.test_promises_effects import cog_in, statuses

WHO = ("alice", "bob", "carol")


class QuickAi:
    """An AI that answers at once, and the same to everybody."""

    async def answer(self, asker: str, question: str) -> str:
        """Always the same."""
        return "A very small square."

    async def close(self) -> None:
        """Nothing is open."""


def enforce(chat: Stage) -> list[str]:
    """From now on Twitch's rules for a viewer apply to the bot. Returns what is dropped, as it comes."""
    settings, dropped, real = ChatSettings(), list[str](), chat.bot.twitch_http.post_chat_message
    settings.enforced = True
    chat.bot.outbox.rules = SendRules(gap=1.1)

    async def post(*, message: str, **more: Any) -> Any:
        code = settings.drop_code("1", "viewer", message)
        if code is None:
            return await real(message=message, **more)
        dropped.append(code)
        reason = {"code": code, "message": REASONS[code]}
        return {"data": [{"message_id": "", "is_sent": False, "drop_reason": reason}]}

    cast(Any, chat.bot.twitch_http).post_chat_message = post
    return dropped


async def test_a_quick_ai_s_answers_arrive(tmp_path: Path) -> None:
    async with stage_with(tmp_path, QuickAi()) as chat:
        for who in WHO:
            await chat.viewer(who, points=100)
        dropped = enforce(chat)
        await asyncio.gather(*(chat.say(who, "!pixel what is a pixel?") for who in WHO))
        answers = [text for text in chat.sent if "small square" in text]
        assert len(answers) == 3
        assert len(chat.sent) <= 4, "at most one interim word is said, while nobody waits"
        assert [await chat.points(who) for who in WHO] == [50] * 3
        assert dropped == []


async def test_the_wait_for_a_turn_in_chat_does_not_count_as_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path, cogs_dir=cog_in(tmp_path, seconds=20)) as chat:
        await chat.viewer("alice", points=100)
        real, loop = chat.bot.outbox.put, asyncio.get_running_loop()
        seconds = loop.time

        async def put(message: Any) -> str | None:
            if message.text == "Done for alice.":
                # Longer than the effect may take: its timer would ring in one of the next rounds of the loop.
                monkeypatch.setattr(loop, "time", lambda: seconds() + 40)
                for _ in range(3):
                    await asyncio.sleep(0)
            return await real(message)

        cast(Any, chat.bot.outbox).put = put
        assert await chat.say("alice", "!work well") == ["On it. 90 points left.", "Done for alice."]
        assert (set(await statuses(chat)), await chat.points("alice")) == ({"done"}, 90)
