"""A chat whose page, voice and AI do what the test wants."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from pixel_bot.backends.build import Backends, build_backends
from pixel_bot.backends.tts.speech import Speech
from pixel_bot.platforms.twitch.events.frames import Frame, frame_of
from pixel_bot.queue.limits import Limits
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Stage, settings_in, stage
from tests.cogs.pixel.sage import use_ai
from tests.harness.database import findings
from tests.harness.waiting import until
from tests.redeems.page_model import NearPage

SECONDS = 10.0
WIN = [{"name": "Win", "weight": 1, "grant_points": 70}]
BY_HAND = [{"name": "A hug", "weight": 1}]


# A chat whose page, voice and AI do what the test wants


class Gate:
    """A voice, or an AI, that is asked and then waits until it may answer."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.asked = asyncio.Event()
        self.may = asyncio.Event()
        if is_open:
            self.may.set()

    async def speak(self, text: str, voice: str = "") -> Speech:
        await self._pass()
        return Speech(b"RIFF", 1.0)

    async def answer(self, asker: str, question: str) -> str:
        await self._pass()
        return f"You asked: {question}"

    async def check(self, text: str, voice: str = "") -> None:
        """Every text can be read."""

    async def voices(self) -> Sequence[str]:
        return ["robot"]

    async def close(self) -> None:
        """Nothing is held."""

    async def _pass(self) -> None:
        self.asked.set()
        await self.may.wait()


class Scene:
    """A chat with a page that remembers. ``voice`` and ``ai`` are gates."""

    def __init__(self, chat: Stage, page: NearPage, voice: Gate, ai: Gate) -> None:
        self.chat, self.page, self.voice, self.ai = chat, page, voice, ai
        self.bot = chat.bot

    async def mod(self, line: str, message_id: str = "") -> list[str]:
        """A mod types a command. Returns all that the bot said until it had answered."""
        return await self.chat.say("mila", line, "moderator", message_id=message_id, wait=False)

    async def buy(self, login: str, line: str, message_id: str = "") -> None:
        """Somebody with points types a command; whatever it starts goes on."""
        await self.chat.say(login, line, message_id=message_id, wait=False)

    async def asked(self, count: int = 1) -> str:
        """Wait until the page was asked to play so many times. Returns the id of the last."""
        await until(lambda: len(self.page.asked) >= count)
        return self.page.asked[-1]["id"]

    async def playing(self, login: str, line: str) -> str:
        """A redeem that the page has begun. Returns its id, when that is durable."""
        count = len(self.page.asked) + 1
        await self.buy(login, line)
        token = await self.asked(count)
        self.page.begin(token)
        query = "SELECT COUNT(*) FROM queue_items WHERE page IS NOT NULL AND (kind <> 'wheel' OR begun_at IS NOT NULL)"
        await self.becomes(f"{query} AND token = '{token}'", 1)
        return token

    async def becomes(self, query: str, value: object) -> None:
        """Wait until the database says so."""
        changed = asyncio.Event()
        self.bot.services.database.committed.add(changed.set)
        try:
            async with asyncio.timeout(SECONDS):
                while await self.scalar(query) != value:
                    await changed.wait()
                    changed.clear()
        finally:
            self.bot.services.database.committed.discard(changed.set)

    async def scalar(self, query: str) -> Any:
        async with self.bot.readers() as session:
            return (await session.execute(text(query))).scalar()

    async def statuses(self) -> list[str]:
        async with self.bot.readers() as session:
            return list((await session.execute(text("SELECT status FROM queue_items ORDER BY id"))).scalars())

    async def ended(self) -> list[str]:
        """The statuses, when all is done that could be."""
        async with asyncio.timeout(SECONDS):
            await self.chat.settled()
        return await self.statuses()

    async def stays_right(self) -> None:
        """The books balance; each item was given back or not, as its status says; no prize beside its price."""
        assert await findings(self.bot) == []
        async with self.bot.readers() as session:
            wrong = await session.execute(
                text("SELECT id FROM queue_items WHERE (status = 'failed') AND refunded_at IS NULL")
            )
            assert wrong.all() == []
            both = "SELECT id FROM draws WHERE landed_at IS NOT NULL AND cancelled_at IS NOT NULL"
            assert (await session.execute(text(both))).all() == []
            paid = await session.execute(
                text(
                    "SELECT (SELECT COUNT(*) FROM transactions WHERE reason LIKE 'redeem:%'), "
                    "(SELECT COUNT(*) FROM queue_items WHERE cost > 0), "
                    "(SELECT COUNT(*) FROM transactions WHERE reason LIKE 'refund:%'), "
                    "(SELECT COUNT(*) FROM queue_items WHERE cost > 0 AND refunded_at IS NOT NULL)"
                )
            )
            bought, items_, given, refunded = paid.one()
        assert (bought, given) == (items_, refunded)
        assert all(count == 1 for count in self.page.ended.values())


@asynccontextmanager
async def scene(
    folder: Path, page: NearPage | None = None, limits: Limits | None = None, **settings: Any
) -> AsyncGenerator[Scene]:
    """A chat; alice, bob and carol have 300 points each, unless they had been here before."""
    voice, ai = Gate(), Gate()
    backends: Backends = replace(build_backends(settings_in(folder)), speech=voice)
    page = page or NearPage(by_itself=False)
    async with stage(folder, backends=backends, limits=limits or Limits(grace=1.0), **settings) as chat:
        use_ai(chat, ai)
        chat.overlay.close()
        one = Scene(chat, page, voice, ai)
        await page.connect(chat.bot.overlay)
        for login in ("alice", "bob", "carol"):
            if (await chat.viewer(login)).points == 0:
                await chat.viewer(login, points=300)
        try:
            yield one
            await one.stays_right()
        finally:
            voice.may.set()
            ai.may.set()
            page.lose()


def prizes(folder: Path, wheel: list[dict[str, Any]]) -> None:
    (folder / "prizes.json").write_text(json.dumps(wheel), encoding="utf-8")


def hears(chat: Stage, login: str, line: str, message_id: str) -> None:
    """A chat message arrives; nobody waits for what comes of it."""
    payload = frames.chat_message(sandbox_user(login, name=login), line, message_id)
    chat.bot.notifications.on_notification(notification(chat, "channel.chat.message", payload, message_id))


def notification(chat: Stage, kind: str, event: frames.Json, message_id: str) -> Frame:
    subscription: frames.Json = {"id": "1", "type": kind, "version": "1", "condition": {}, "status": "enabled"}
    return frame_of(frames.notification(subscription, event, message_id, chat.clock.now()))


async def deleted(chat: Stage, message_id: str) -> list[str]:
    event = {"message_id": message_id, "target_user_id": sandbox_user("alice").id}
    return await chat.hear("channel.chat.message_delete", event, wait=False)
