"""Beside another bot: what it answers, too, sleeps here until the streamer or a mod decides.

A command falls asleep when a known bot has answered it twice within three seconds; and, where the bot starts for the
first time and meets such a bot, the usual ones sleep at once.
"""

import logging
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from typing_extensions import override

from pixel_bot.plugin import (
    AlreadyDone,
    ChatMessage,
    Cog,
    CommandTyped,
    Person,
    PixelBot,
    PlatformRefused,
    SetupButton,
    SetupStep,
    StreamOnline,
    joined,
    on,
    texts,
)

from . import sentences
from .asleep import ALL, SleepingCommands
from .registry import CommandRegistry

_ = texts(__name__)
log = logging.getLogger(__name__)

ANSWER = timedelta(seconds=3)
"""What another bot says within this time after a command is its answer."""

ANSWERS = 2
"""So many answers of the same bot, and the command sleeps."""

UNANSWERED = 3
"""So many uses that it did not answer, and the count begins anew: what it said before was no answer."""

FIRST_DAY = timedelta(days=1)
"""After the first start, in which a bot that is met lets the usual commands sleep."""

BETWEEN_LOOKS = timedelta(minutes=1)

USUAL = (
    "commands", "uptime", "followage", "accountage", "title", "game", "quote", "so",
    "giveaway", "raffle", "enter", "join", "next", "games",
)  # fmt: skip
"""What nearly every bot answers."""


EDITORS = frozenset({"cmd", "command"})
"""First words of the commands by which mods change commands."""


class Use(NamedTuple):
    """A command that waits for the answer of another bot."""

    name: str
    person: Person
    at: datetime


class BesideOtherBots(Cog):
    """Leaves to other bots what they answer."""

    def __init__(self, bot: PixelBot, registry: CommandRegistry) -> None:
        super().__init__(bot)
        self._registry = registry
        self._sleeping = SleepingCommands(bot, registry)
        self._prefix = bot.settings.command_prefix
        self._uses: deque[Use] = deque()
        self._answers: Counter[tuple[str, str]] = Counter()
        self._unanswered: Counter[str] = Counter()
        self._first_day_ends: datetime | None = None
        self._looked_at: datetime | None = None

    @override
    async def component_load(self) -> None:
        """Learn whether this is the first day."""
        began = await self.bot.first_start()
        self._first_day_ends = began + FIRST_DAY if began is not None else None

    @on(CommandTyped)
    async def use(self, event: CommandTyped) -> None:
        """A command was typed: another bot may answer it, too."""
        await self._look_around()
        if event.is_addressed or self.bot.settings.silent or not self._sleeping.may_fall_asleep(event.name):
            return
        self._forget_old_uses()
        self._uses.append(Use(event.name, event.person, self.bot.clock.now()))

    @on(ChatMessage)
    async def hear(self, message: ChatMessage) -> None:
        """Somebody wrote: it may be another bot, and its answer to a command."""
        if not (self._uses or self._first_day_ends) or not message.viewer.is_command_bot or message.is_guest:
            return
        await self._meet(message.viewer)
        self._forget_old_uses()
        use = self._answered_by(message)
        if use is None:
            return
        self._uses.remove(use)
        self._unanswered.pop(use.name, None)
        key = (use.name, message.viewer.login)
        self._answers[key] += 1
        if self._answers[key] >= ANSWERS:
            await self._fall_asleep(use.name, str(message.viewer))

    @on(StreamOnline)
    async def begin(self, _event: StreamOnline) -> None:
        """The stream begins: another bot may be there already."""
        await self._look_around()

    @override
    def setup_step(self) -> SetupStep | None:
        """Which commands sleep, with buttons that decide."""
        undecided, theirs = self._sleeping.undecided, self._sleeping.theirs
        if not undecided and not theirs:
            return None
        us = "Pixel Bot"
        bots = joined(sorted({*undecided.values(), *theirs.values()}))
        buttons = [
            SetupButton(f"{whose}:{name}", label, f"{self._prefix}{name}")
            for name, bot in sorted({**undecided, **theirs}.items())
            for whose, label in (("ours", us), ("theirs", bot))
            if whose == "ours" or name in undecided
        ]
        if not undecided:
            words = f"{bots} answers these commands. With a button {us} answers one again."
            return SetupStep("beside", f"Beside {bots}", "done", words, buttons=tuple(buttons))
        for_all = (SetupButton(f"ours:{ALL}", f"All: {us}"), SetupButton(f"theirs:{ALL}", f"All: {bots}"))
        words = f"{bots} is in your chat, too, so these commands of {us} sleep. Who is to answer each?"
        return SetupStep("beside", f"Beside {bots}", "todo", words, buttons=(*for_all, *buttons))

    @override
    async def setup_pressed(self, button: str) -> None:
        """The streamer has decided."""
        whose, _colon, name = button.partition(":")
        names = [*self._sleeping.undecided] if name == ALL else [name]
        await self._sleeping.decide(names, "ours" if whose == "ours" else "theirs")

    def _forget_old_uses(self) -> None:
        """What was not answered in time. After several of them, what was said after others was no answer either."""
        now = self.bot.clock.now()
        while self._uses and not timedelta() <= now - self._uses[0].at <= ANSWER:
            name = self._uses.popleft().name
            self._unanswered[name] += 1
            if self._unanswered[name] >= UNANSWERED:
                del self._unanswered[name]
                for key in [key for key in self._answers if key[0] == name]:
                    del self._answers[key]

    def _answered_by(self, message: ChatMessage) -> Use | None:
        """The use that a message of a bot answers; None where it could be one of several commands."""
        said = message.text.casefold()
        named = [u for u in self._uses if {u.person.login.casefold(), u.person.display_name.casefold()} & _words(said)]
        uses = named or list(self._uses)
        return uses[0] if len({use.name for use in uses}) == 1 else None

    async def _fall_asleep(self, name: str, bot: str) -> None:
        async with self.bot.write("beside") as session:
            if not await self._sleeping.put(session, [name], bot):
                return  # another process was first
        await self._registry.changed()
        command = f"{self._prefix}{name}"
        log.warning("%s answers %s, too, so it sleeps here. The set-up page has a button for it.", bot, command)
        words = sentences.CMD_SLEEPS if name in EDITORS else sentences.SLEEPS
        await self.bot.announce(_(words, bot=bot, command=command, me=self._me, name=name))

    # The first day

    async def _look_around(self) -> None:
        """Who is in chat, in the first day: a bot may be there, and say nothing."""
        now = self.bot.clock.now()
        if self._first_day_ends is None or (self._looked_at is not None and now - self._looked_at < BETWEEN_LOOKS):
            return
        self._looked_at = now
        try:
            people = await self.bot.channel.chatters()
        except PlatformRefused:
            return
        for person in people:
            if person.is_command_bot:
                await self._meet(person)

    async def _meet(self, other: Person) -> None:
        """Another bot is there: in the first day the usual commands fall asleep, once."""
        ends, self._first_day_ends = self._first_day_ends, None
        if ends is None or self.bot.clock.now() >= ends:
            return
        names = [name for name in USUAL if name in self.bot.commands_by_name]
        try:
            async with self.bot.transaction("beside:first", "beside") as tx:
                slept = await self._sleeping.put(tx.session, names, str(other))
        except AlreadyDone:
            return
        await self._registry.changed()
        await self._tell_mods(slept, str(other))

    async def _tell_mods(self, names: Sequence[str], bot: str) -> None:
        shown = joined([f"{self._prefix}{name}" for name in names])
        log.warning("%s is in chat, too, so these sleep until you decide on the set-up page: %s", bot, shown)
        await self.bot.announce(_(sentences.MET, bot=bot, commands=shown, me=self._me))

    @property
    def _me(self) -> str:
        """How mods reach the bot whatever sleeps."""
        return f"@{self.bot.chat_name} " if self.bot.chat_name else self._prefix


def _words(said: str) -> set[str]:
    return {word.strip("@,:;.!?") for word in said.split()}
