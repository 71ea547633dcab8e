"""Tries a loaded cog: its commands with whatever people type, each message twice, then its events and its timers."""

import asyncio
import inspect
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twitchio.ext import commands

from pixel_bot.bot.cogs.hearing import EVENTS, subscriptions_of
from pixel_bot.cog_tools.findings import Findings, causes, place_of
from pixel_bot.cog_tools.watching import NoNetwork, Stuck, Watchdog
from pixel_bot.concurrency.open_writers import HeldTooLong, NestedWriter, SpokeTooSoon
from pixel_bot.db.json_rows import sql
from pixel_bot.model.channel_events import Cheer, Gift
from pixel_bot.model.heard_chat import ChatMessage
from pixel_bot.sandbox.twitch.users import Role
from pixel_bot.testing.stage import Stage

ANONYMOUS = (Cheer, Gift)
"""What people can do on Twitch without telling who they are: then the event has no ``person``."""

PEOPLE: Sequence[tuple[str, Role]] = (
    ("alice", "viewer"),
    ("bob", "subscriber"),
    ("mod_mila", "moderator"),
    ("pixel_street", "broadcaster"),
)
TYPED = (
    "", "5", "@bob", "@bob 5", "5 @bob", "0", "-1", "1", "half", "50%", "@nobody_of_that_name", "alice", "hello you",
    "99999999999999999999999", "1.5", '"', "\\", "'; DROP TABLE users; --", "\N{DOG FACE} \u202e\u0130", "x" * 400,
    "all",
)  # fmt: skip
PIECES = ("@bob", "@alice", "bob", "1", "7", "-3", "all", "half", "25%", "yes", "off", "!", "=", "ß", "two words", "")
RANDOM_TRIES = 12
PATIENCE = 20.0
"""Seconds in which a command must have ended."""

KINDS: dict[type[BaseException], str] = {NestedWriter: "writer", SpokeTooSoon: "speech", HeldTooLong: "held"}

TWICE = (
    "The command !{name} moves points again when its message is delivered again. Give bot.transaction the ctx; a key "
    "of your own must be the same each time."
)


class Trial:
    """Tries the classes of one cog.

    Args:
        chat: where it is loaded.
        name: of the cog.
        folder: where its code is.
        findings: what is wrong goes there.
    """

    def __init__(self, chat: Stage, name: str, folder: Path, findings: Findings) -> None:
        self._chat = chat
        self._name = name
        self._folder = folder
        self._findings = findings
        self._typed = ""
        self._watchdog = Watchdog(folder)
        # What the loader would do after three crashes is left out: all of the cog is to be tried.
        chat.bot.runtime.faults.count = self._on_crash

    async def run(self, components: Sequence[commands.Component]) -> None:
        """Try everything that these classes offer; what blocks ends it."""
        with self._watchdog.watched():
            await self._chat.goes_live()
            for component in components:
                for command in dict.fromkeys(component.__all_commands__.values()):
                    await self._try_command(command)
            for component in components:
                await self._try_events(component)
            if not self._watchdog.found:
                await self._patiently("in its timers", self._chat.passes(600))
            await self._chat.goes_offline()
        for file, line in self._watchdog.found:
            words = "This keeps the event loop for half a second or more, and the whole bot waits for it."
            self._findings.add("blocking", words, file, line)

    async def _try_command(self, command: commands.Command[Any, ...]) -> None:
        chance = random.Random(command.name)  # noqa: S311 - test inputs, the same in each check
        some = [" ".join(chance.choices(PIECES, k=chance.randint(1, 4))) for _ in range(RANDOM_TRIES)]
        for number, typed in enumerate([*TYPED, *some]):
            if self._watchdog.found:
                return
            login, role = PEOPLE[number % len(PEOPLE)]
            if number % 8 == 0:
                await self._fill_purses()
            await self._say_twice(command, login, role, f"{self._chat.bot.prefix}{command.name} {typed}".strip())

    async def _say_twice(self, command: commands.Command[Any, ...], login: str, role: Role, text: str) -> None:
        """The second time as after a crash: the bot has forgotten what it heard, and the database has not."""
        chat, message_id = self._chat, f"try-{random.getrandbits(64):x}"
        self._typed = text
        chat.clock.advance(3_600)
        await self._patiently(f"after {text!r}", chat.say(login, text, role, message_id=message_id))
        before = await self._ledger()
        chat.bot.channels["twitch"].forget_messages()
        chat.clock.advance(1)
        await self._patiently(f"after {text!r}", chat.say(login, text, role, message_id=message_id))
        if await self._ledger() != before:
            self._findings.add("twice", TWICE.format(name=command.name), *self._place_of(command))
        self._typed = ""

    def _place_of(self, command: commands.Command[Any, ...]) -> tuple[Path | None, int]:
        """Where a command's method stands."""
        code: Any = getattr(inspect.unwrap(command.callback), "__code__", None)
        if code is None or not Path(code.co_filename).is_relative_to(self._folder):
            return None, 0
        return Path(code.co_filename), code.co_firstlineno

    async def _try_events(self, component: commands.Component) -> None:
        for name, _, heard in subscriptions_of(component):
            kind = heard.key if isinstance(heard.key, type) else None
            if kind is None or self._watchdog.found:
                continue
            known = EVENTS.get(kind.__name__) or EVENTS["Follow"]
            if known is ChatMessage:
                await self._patiently(f"in {name}", self._chat.say("bob", "hello"))
                continue
            for who in ("alice", "alice", *([""] if known in ANONYMOUS else [])):
                self._chat.clock.advance(60)
                await self._patiently(f"in {name}", self._happens(known, who, dict(heard.where)))

    async def _happens(self, kind: Any, who: str, fields: dict[str, Any]) -> None:
        try:
            await self._chat.happens(kind, who, **fields)
        except TypeError:
            return  # an event that only the bot itself can tell

    async def _patiently(self, what: str, work: Any) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await work
        except TimeoutError:
            self._findings.add("hangs", f"It does not end within {PATIENCE:.0f} seconds {what}.")
        except Stuck:
            pass  # the watchdog has noted where

    async def _fill_purses(self) -> None:
        for login, _ in PEOPLE:
            await self._chat.viewer(login, points=500)

    async def _ledger(self) -> tuple[Any, ...]:
        async with self._chat.services.database.readers() as session:
            row = (await session.execute(sql("SELECT COUNT(*), COALESCE(MAX(id), 0) FROM transactions"))).one()
        return tuple(row)

    def _on_crash(self, cog: str, what: str, exc: BaseException) -> None:
        chain = list(causes(exc))
        if cog != self._name or any(isinstance(cause, NoNetwork | Stuck) for cause in chain):
            return
        first = next((cause for cause in chain if type(cause) in KINDS), None)
        place = place_of(exc, self._folder) or (None, 0)
        if first is not None:
            self._findings.add(KINDS[type(first)], str(first), *place)
            return
        error = next((cause for cause in reversed(chain) if place_of(cause, self._folder)), chain[-1])
        said = f", after {self._typed[:60]!r}" if self._typed else ""
        words = f"It fails {what}{said}: {type(error).__name__}: {error}"
        self._findings.add("crash", words.rstrip(": .") + ".", *place)
