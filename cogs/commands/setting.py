"""Sets the options of commands: of those that come along, too."""

from collections.abc import Mapping

from sqlalchemy import delete, update

from pixel_bot.plugin import BadInput, ChatError, Context, PixelBot, Transaction, listed, texts

from . import options, sentences
from .asleep import decide
from .registry import CommandRegistry
from .tables import CustomCommand, Options, OtherName
from .typed import bare_name, checked_name

_ = texts(__name__)

ALWAYS_ON = frozenset({"cmd", "cmd option", "cog", "cog load"})


class OptionSetting:
    """Reads ``NAME KEY VALUE``, and writes it."""

    def __init__(self, bot: PixelBot, registry: CommandRegistry) -> None:
        self._bot = bot
        self._registry = registry
        self._prefix = bot.settings.command_prefix

    async def set(self, ctx: Context, typed: str) -> str:
        """Set one option of one command. Returns what to say.

        Raises:
            ChatError: something of it cannot be used.
        """
        name, typed_name, key, value = self._parts(typed)
        match key:
            case "alias":
                await self._set_alias(ctx, name, value)
            case "cost":
                await self._set_cost(ctx, name, options.points_of(value))
            case "cooldown" | "everyone" if self._is_redeem(name):
                seconds = options.seconds_of(key, value)
                await self._bot.redeems.set_cooldown(name, seconds, everyone=key == "everyone")
            case "on":
                is_on = options.switch_of(key, value)
                await self._switch(ctx, name, typed_name, is_on=is_on)
                return _(sentences.ON if is_on else sentences.OFF, command=self._shown(name))
            case _:
                await self._set_rule(ctx, name, key, value)
        return _(sentences.SET, key=key, command=self._shown(name), value=value)

    def _parts(self, typed: str) -> tuple[str, str, str, str]:
        """The command's name, the first word that was typed for it, key and value; a name may have two words."""
        words = typed.split()
        how = _(sentences.HOW_TO_SET, prefix=self._prefix, keys=listed(options.KEYS))
        if len(words) < 3:
            raise BadInput(how)
        first = bare_name(words[0], self._prefix)
        two = f"{first} {words[1].lower()}"
        name, rest = (
            (two, words[2:]) if two in self._bot.commands_by_name else (self._registry.name_of(first), words[1:])
        )
        if len(rest) < 2:
            raise BadInput(how)
        found = self._bot.commands_by_name.get(name)
        if found is None:
            raise ChatError(_(sentences.NO_COMMAND, command=self._shown(name)))
        key = rest[0].lower()
        if key not in options.KEYS:
            raise BadInput(_(sentences.NO_KEY, key=key[: options.LONGEST_SHOWN], keys=listed(options.KEYS)))
        return found.name, first, key, rest[1]

    async def _set_rule(self, ctx: Context, name: str, key: str, value: str) -> None:
        match key:
            case "who":
                change: dict[str, str | int] = {"who": options.level_of(value)}
            case "cooldown" | "everyone":
                change = {key: options.seconds_of(key, value)}
            case _:
                change = {"reply": options.switch_of(key, value)}
        async with self._bot.transaction(ctx, "cmd option") as tx:
            await self.write(tx, name, change)
        await self._registry.changed()

    async def _switch(self, ctx: Context, name: str, typed: str, *, is_on: bool) -> None:
        """Switch a command on or off; where another bot answers it, too, that decides whose it is."""
        if not is_on and name in ALWAYS_ON:
            raise ChatError(_(sentences.NOT_OFF, command=self._shown(name)))
        async with self._bot.transaction(ctx, "cmd option") as tx:
            await self.write(tx, name, {"is_on": is_on})
            await decide(tx.session, [name, typed], "ours" if is_on else "theirs")
        await self._registry.changed()

    async def _set_cost(self, ctx: Context, name: str, cost: int) -> None:
        """A command of the streamer's own becomes a redeem, or free again; a redeem gets another price."""
        if name not in self._registry.texts:
            if not self._is_redeem(name):
                raise ChatError(_(sentences.NO_COST, command=self._shown(name)))
            await self._bot.redeems.reprice(name, cost)
            return
        if cost and not (name.isidentifier() and name.isascii()):
            raise BadInput(_(sentences.COST_NAME, command=self._shown(name)))
        async with self._bot.transaction(ctx, "cmd option") as tx:
            await tx.session.execute(update(CustomCommand).where(CustomCommand.name == name).values(cost=cost))
            rule = await tx.session.get(Options, name)
            cooldowns = (rule.cooldown, rule.everyone) if rule is not None else (0, 0)
            if rule is not None and cost:
                rule.cooldown = rule.everyone = 0
        await self._registry.changed()
        if cost:
            await self._bot.redeems.reprice(name, cost)
            for seconds, everyone in zip(cooldowns, (False, True), strict=True):
                if seconds:
                    await self._bot.redeems.set_cooldown(name, seconds, everyone=everyone)

    async def _set_alias(self, ctx: Context, name: str, value: str) -> None:
        async with self._bot.transaction(ctx, "cmd option") as tx:
            if value.startswith("-"):
                other = bare_name(value[1:], self._prefix)
                where = (OtherName.name == other, OtherName.command == name)
                if not (await tx.session.execute(delete(OtherName).where(*where).returning(OtherName.name))).all():
                    shown = {"other": self._shown(other), "command": self._shown(name)}
                    raise ChatError(_(sentences.NOT_ITS_NAME, **shown))
            else:
                await self.add_name(tx, name, bare_name(value, self._prefix))
        await self._registry.changed()

    async def add_name(self, tx: Transaction, name: str, other: str) -> None:
        """Give a command another name.

        Raises:
            ChatError: there is no such command, or the name is taken.
        """
        command = self.command_behind(name)
        other = checked_name(other, self._prefix)
        self.refuse_taken(other)
        if await tx.session.get(CustomCommand, other) is not None or await tx.session.get(OtherName, other) is not None:
            raise ChatError(_(sentences.EXISTS, command=self._shown(other), prefix=self._prefix))
        tx.session.add(OtherName(name=other, command=command))
        await decide(tx.session, [other], "theirs")

    def command_behind(self, name: str) -> str:
        """The name of a command by any name of it that its cog gives it.

        Raises:
            ChatError: there is no such command.
        """
        found = self._bot.commands_by_name.get(name)
        if found is None:
            raise ChatError(_(sentences.NO_COMMAND, command=self._shown(name)))
        return found.name

    def refuse_taken(self, name: str) -> None:
        """Refuse a name that a command of the bot has, or that is another name of one.

        Raises:
            ChatError: it is taken.
        """
        if not self._bot.command_table.gives_way(name):
            raise ChatError(_(sentences.BUILT_IN, command=self._shown(name)))
        if name in self._registry.other_names:
            other = self._shown(self._registry.other_names[name])
            raise ChatError(_(sentences.IS_OTHER_NAME, command=self._shown(name), other=other))

    async def write(self, tx: Transaction, name: str, change: Mapping[str, str | int]) -> None:
        """Write options of a command, in a transaction."""
        if not change:
            return
        row = await tx.session.get(Options, name)
        if row is None:
            row = Options(name=name, is_on=True, who="everyone", cooldown=0, everyone=0, reply=None)
            tx.session.add(row)
        for key, value in change.items():
            setattr(row, key, value)

    def _is_redeem(self, name: str) -> bool:
        return name in self._bot.redeems.keys

    def _shown(self, name: str) -> str:
        return f"{self._prefix}{name[: options.LONGEST_SHOWN]}"
