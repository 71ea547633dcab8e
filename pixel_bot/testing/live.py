"""The whole bot against the sandbox, over real sockets."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixel_bot.clock import Clock
from pixel_bot.run.sandbox_app import App, running
from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.sandbox.twitch.users import STREAMER, Role, SandboxUser, sandbox_user
from pixel_bot.testing.settings import settings_in

ANSWER_SECONDS = 10.0


class Live:
    """A running bot and its sandbox."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.bot = app.bot
        self.twitch = app.twitch

    async def say(self, login: str, text: str, role: Role = "viewer", *, message_id: str = "") -> SandboxMessage:
        """Somebody writes in chat. Returns the message, at once."""
        return await self.twitch.say(self._who(login, role), text, message_id=message_id)

    async def ask(self, login: str, text: str, role: Role = "viewer") -> str:
        """Somebody types a command. Returns the bot's answer.

        Raises:
            TimeoutError: no answer came.
        """
        return (await self.ask_all([(login, text)], role))[0]

    async def ask_all(self, questions: list[tuple[str, str]], role: Role = "viewer") -> list[str]:
        """Many commands at once. Returns the answers in the order of the questions."""
        answers: dict[str, str] = {}
        complete = asyncio.Event()
        asked: list[str] = []

        def on_message(message: SandboxMessage) -> None:
            if message.reply_id is not None:
                answers[message.reply_id] = message.text
                complete.set()

        self.twitch.listeners.add(on_message)
        try:
            messages = await asyncio.gather(*(self.say(login, text, role) for login, text in questions))
            asked = [message.id for message in messages]
            async with asyncio.timeout(ANSWER_SECONDS):
                while not all(i in answers for i in asked):
                    complete.clear()
                    await complete.wait()
        finally:
            self.twitch.listeners.discard(on_message)
        return [answers[i] for i in asked]

    async def settled(self) -> None:
        """Wait until the bot has heard and worked everything, and all of it is durable."""
        await self.bot.notifications.received(self.twitch.notified)
        await self.bot.settled()

    def _who(self, login: str, role: Role) -> SandboxUser:
        if role == "broadcaster":
            return STREAMER
        known = self.twitch.users.existing(login)
        return self.twitch.users.settle(replace(known, role=role) if known else sandbox_user(login, role))


@asynccontextmanager
async def live(folder: Path, clock: Clock | None = None, **settings: Any) -> AsyncGenerator[Live]:
    """The bot on its sandbox, with its files in ``folder`` and on a free port.

    Args:
        folder: like pytest's ``tmp_path``.
        clock: another clock than the real one.
        settings: by their lower-case names.
    """
    async with running(settings_in(folder, **settings), clock) as app:
        yield Live(app)
