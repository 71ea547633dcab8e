"""The streamer's commands as they stand in the database, and as the bot has them."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from pixel_bot.plugin import Cog, CommandRule, Context, Outcome, PixelBot, Run, command, later, redeem, texts

from . import sentences
from .tables import AllowedHost, Asleep, CustomCommand, Options, OtherName

_ = texts(__name__)
log = logging.getLogger(__name__)

TOPIC = "cog:commands"
"""Other processes on the same database read the commands anew when they hear of it."""

EFFECT = "custom"


class CommandRegistry:
    """All commands that mods made, with the options of all commands. What is read is kept, for each message asks it."""

    def __init__(self, bot: PixelBot) -> None:
        self.bot = bot
        self.texts: Mapping[str, str] = {}
        """The text of each command."""
        self.other_names: Mapping[str, str] = {}
        self.asleep: Mapping[str, Asleep] = {}
        """The commands that another bot answers, too."""
        self.hosts: frozenset[str] = frozenset()
        """Servers that the streamer has allowed."""
        self._registered: dict[str, bool] = {}
        """The commands that the bot has, each with whether it costs points."""
        self._unusable: set[str] = set()
        """Those that it cannot have, because a cog has the name; they are told of once."""
        self._lock = asyncio.Lock()
        self._unsubscribe: Callable[[], None] = lambda: None

    def name_of(self, typed: str) -> str:
        """The command behind a name, which may be another name of it."""
        return self.other_names.get(typed, typed)

    async def begin(self, cog: Cog) -> None:
        """Read all, and listen to the other processes."""
        self._cog = cog
        self._unsubscribe = self.bot.subscribe(TOPIC, self._on_told)
        await self.load()

    def end(self) -> None:
        """Listen no more."""
        self._unsubscribe()
        self.bot.command_table.set_rules({}, {})
        self.bot.command_table.set_asleep(())

    async def changed(self) -> None:
        """Something was written: read it, and tell the other processes."""
        await self.load()
        self.bot.publish(TOPIC)

    def _on_told(self, _: str) -> None:
        self._cog.spawn(self.load())

    async def load(self) -> None:
        """Read all commands and options, and let the bot have them."""
        async with self._lock:
            async with self.bot.readers() as session:
                made = (await session.scalars(select(CustomCommand).order_by(CustomCommand.name))).all()
                options = (await session.scalars(select(Options))).all()
                others = (await session.scalars(select(OtherName))).all()
                hosts = (await session.scalars(select(AllowedHost.host))).all()
                asleep = (await session.scalars(select(Asleep))).all()
            self.texts = {one.name: one.text for one in made}
            self.hosts = frozenset(hosts)
            self.asleep = {one.name: one for one in asleep}
            self.bot.command_table.set_asleep([one.name for one in asleep if one.whose != "ours"])
            self.other_names = {one.name: one.command for one in others}
            self.bot.command_table.set_rules({one.name: _rule(one) for one in options}, self.other_names)
            await self._register({one.name: one.cost for one in made})

    async def _register(self, costs: Mapping[str, int]) -> None:
        """Let the bot have the commands, those with a price as redeems."""
        for name in self._registered.keys() - costs.keys():
            del self._registered[name]
            await self.bot.take_command(name)
        for name, cost in costs.items():
            if self._registered.get(name) == bool(cost) and name in self.bot.commands_by_name:
                continue
            try:
                await self.bot.put_command(
                    self._cog, self._paid_command(name, cost) if cost else self._free_command(name)
                )
            except ValueError as exc:
                if name not in self._unusable:
                    log.warning("The command %s of your own cannot be used: %s.", name, exc)
                self._unusable.add(name)
                continue
            self._unusable.discard(name)
            self._registered[name] = bool(cost)

    def _free_command(self, name: str) -> Any:
        """A command that says its text at once."""

        async def say(_cog: Cog, ctx: Context, *, text: str = "") -> None:
            rendered = await self.bot.render(self.texts.get(name, ""), ctx.source(text))
            if rendered.problems:
                await ctx.reply(rendered.problems[0])
            elif said := self.bot.text_filter.bleeped(rendered.text):
                is_reply = self.bot.command_table.rule_of(self.bot.commands_by_name.get(name)).reply
                await (ctx.reply(said) if is_reply else ctx.send(said))

        say.__doc__ = later("Says a text of the streamer.")
        return command(name, usage=later("[TEXT]"))(say)

    def _paid_command(self, name: str, cost: int) -> Any:
        """A redeem: its text is said by the effect, so that the points go back where it cannot be."""

        async def buy(_cog: Cog, ctx: Context, *, text: str = "") -> Outcome:
            source = ctx.source(text)
            return Outcome(_(sentences.COMING), Run(EFFECT, {"command": name, "source": source.as_args()}))

        buy.__doc__ = later("Says a text of the streamer, for points.")
        return redeem(name, name=name, cost=cost, usage=later("[TEXT]"))(buy)


def _rule(options: Options) -> CommandRule:
    who: Any = options.who
    return CommandRule(options.is_on, who, options.cooldown, options.everyone, options.reply)
