"""A refund counts as told only when chat took the message."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pixel_bot.db.models import QueueItem
from pixel_bot.queue import refund_notifier
from pixel_bot.testing import Stage, stage
from tests.harness.waiting import until

AWAY = "The overlay was away for too long."


async def refunds_of(chat: Stage, *logins: str) -> None:
    """Each of them buys a sound that is never played, and gets the points back."""
    chat.overlay.close()
    for login in logins:
        await chat.viewer(login, points=100)
        await chat.say(login, "!sound")
    chat.sent.clear()
    await chat.passes(120)


async def told(chat: Stage) -> list[bool]:
    """Of each item, whether it counts as told."""
    async with chat.bot.readers() as session:
        return list((await session.execute(select(QueueItem.told).order_by(QueueItem.id))).scalars())


async def test_what_chat_refused_is_told_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refund_notifier, "FIRST_PAUSE", 0.02)
    async with stage(tmp_path) as chat:
        real, refused = chat.bot.outbox.put, list[str]()

        async def put(message: Any) -> str | None:
            if AWAY in message.text and len(refused) < 3:
                assert True not in await told(chat)
                refused.append(message.text)
                return None
            return await real(message)

        monkeypatch.setattr(chat.bot.outbox, "put", put)
        await refunds_of(chat, "alice")
        await until(lambda: chat.sent)
        assert chat.sent == [f"@alice sound: {AWAY} Your 15 points are back."]
        await until(lambda: told_all(chat))


async def test_a_name_that_chat_never_takes_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refund_notifier, "FIRST_PAUSE", 0.02)
    async with stage(tmp_path) as chat:
        real = chat.bot.outbox.put

        async def put(message: Any) -> str | None:
            return None if AWAY in message.text and "rude" in message.text else await real(message)

        monkeypatch.setattr(chat.bot.outbox, "put", put)
        await refunds_of(chat, "alice", "rude", "bob")
        await until(lambda: len(chat.sent) == 2)
        assert sorted(chat.sent) == [f"@{who} sound: {AWAY} Your 15 points are back." for who in ("alice", "bob")]
        assert (await told(chat))[1] is False


async def told_all(chat: Stage) -> bool:
    """Whether all count as told."""
    return all(await told(chat))
