"""!cmd: mods make commands and set options; !commands lists them."""

import re
from dataclasses import replace

from sqlalchemy import delete, func, select, update
from typing_extensions import override

from pixel_bot.plugin import (
    BadInput,
    ChatError,
    Cog,
    CommandsImported,
    Context,
    EffectFailed,
    Job,
    PixelBot,
    Transaction,
    VariableSource,
    command,
    command_list,
    effect,
    listed,
    number,
    on,
    paged,
    texts,
)

from . import options, sentences
from .asleep import decide
from .registry import EFFECT, CommandRegistry
from .setting import OptionSetting
from .tables import AllowedHost, Asleep, CustomCommand, Options, OtherName
from .typed import Typed, bare_name, checked_name, checked_text, read

_ = texts(__name__)

MOST = 2_000
"""Commands of a channel's own."""

NEVER_RUNS = "eval"

PASSED_ON = frozenset({"$(query)", "${query}", "$(querystring)", "${querystring}"})
"""Texts with which Nightbot passes on to the command behind ``-a=`` what was typed, as other names here do."""

_HOST = re.compile(r"https?://([^/\s$(){}?#|\"']+)", re.IGNORECASE)
_ONE_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.[a-z][a-z0-9-]{1,62}")
_ASKS = frozenset({"urlfetch", "customapi", "readapi"})


class CustomCommands(Cog):
    """The commands that mods make."""

    tables = (
        CustomCommand,
        Options,
        OtherName,
        Asleep,
        AllowedHost,
    )

    def __init__(self, bot: PixelBot, registry: CommandRegistry) -> None:
        super().__init__(bot)
        self._registry = registry
        self._options = OptionSetting(bot, registry)
        self._prefix = bot.settings.command_prefix

    @override
    async def component_load(self) -> None:
        """Let the bot have the commands."""
        await self._registry.begin(self)

    @override
    async def component_teardown(self) -> None:
        """They go with the cog."""
        self._registry.end()

    @on(CommandsImported)
    async def read_anew(self, _event: CommandsImported) -> None:
        """Another program has stored commands, or taken them away."""
        await self._registry.load()

    @command(usage="add|edit|remove|show NAME [TEXT]", aliases=["command"], who="mods")
    async def cmd(self, ctx: Context) -> None:
        """Make a command of your own, like !cmd add hug $(user) hugs $(touser)."""
        await ctx.reply(_(sentences.HOW_TO_ADD, prefix=self._prefix))

    @command("cmd add", usage="NAME TEXT", aliases=["command add", "commands add", "addcom"], who="mods")
    async def add(self, ctx: Context, *, typed: str = "") -> None:
        """Add a command that says a text, in which variables like $(user) are filled in."""
        new = read(typed, self._prefix)
        name = self._free_name(new.name)
        if "alias" in new.options:
            await self._add_alias(ctx, new, name)
            return
        text = checked_text(new.text, self._shown(name))
        never_runs = NEVER_RUNS in self.bot.variables_in(text)
        async with self.bot.transaction(ctx, "cmd add") as tx:
            if await tx.session.get(CustomCommand, name) is not None:
                raise ChatError(_(sentences.EXISTS, command=self._shown(name), prefix=self._prefix))
            if (await tx.session.scalar(select(func.count()).select_from(CustomCommand)) or 0) >= MOST:
                raise ChatError(_(sentences.TOO_MANY, most=number(MOST)))
            tx.session.add(CustomCommand(name=name, text=text, cost=0, made_at=tx.now))
            await self._options.write(tx, name, new.options | ({"is_on": False} if never_runs else {}))
            await decide(tx.session, [name], "theirs")  # one of the bot's own that slept stays asleep
        await self._registry.changed()
        await ctx.reply(_(sentences.ADDED, command=self._shown(name)) + self._remarks(name, text))

    @command("cmd edit", usage="NAME TEXT", aliases=["command edit", "commands edit", "editcom"], who="mods")
    async def edit(self, ctx: Context, *, typed: str = "") -> None:
        """Change what a command of your own says."""
        new = read(typed, self._prefix)
        if "alias" in new.options:
            await self._edit_alias(ctx, new)
            return
        name = self._registry.name_of(new.name)
        text = checked_text(new.text, self._shown(name)) if new.text or not new.options else ""
        async with self.bot.transaction(ctx, "cmd edit") as tx:
            await self._own(tx, name)
            if text:
                await tx.session.execute(update(CustomCommand).where(CustomCommand.name == name).values(text=text))
            await self._options.write(tx, name, new.options)
        await self._registry.changed()
        await ctx.reply(_(sentences.CHANGED, command=self._shown(name)) + self._remarks(name, text))

    @command(
        "cmd remove", usage="NAME", aliases=["cmd delete", "command remove", "commands delete", "delcom"], who="mods"
    )
    async def remove(self, ctx: Context, name: str) -> None:
        """Remove a command of your own; of a command's other names that one alone."""
        name = bare_name(name, self._prefix)
        async with self.bot.transaction(ctx, "cmd remove") as tx:
            other = await tx.session.get(OtherName, name)
            await (tx.session.delete(other) if other is not None else self._remove_own(tx, name))
        await self._registry.changed()
        await ctx.reply(_(sentences.REMOVED, command=self._shown(name)))

    @command("cmd show", usage="NAME", who="mods")
    async def show(self, ctx: Context, name: str) -> None:
        """Show the text of a command of your own as it was typed."""
        name = self._registry.name_of(bare_name(name, self._prefix))
        if name not in self._registry.texts:
            raise ChatError(_(sentences.NO_SUCH, command=self._shown(name), prefix=self._prefix))
        await ctx.reply(_(sentences.SHOWN, command=self._shown(name), text=self._registry.texts[name]))

    @command("cmd option", usage="NAME KEY VALUE", aliases=["cmd options", "command option"], who="mods")
    async def option(self, ctx: Context, *, typed: str = "") -> None:
        """Set cooldown, everyone (the cooldown for all), who, cost, alias, on or reply of any command."""
        await ctx.reply(await self._options.set(ctx, typed))

    @command("cmd allow", usage="[HOST]", who="streamer")
    async def allow(self, ctx: Context, host: str = "") -> None:
        """Allow the texts of commands to ask a server on the internet, or list which ones may be asked."""
        if not host:
            there = _(sentences.HOSTS, hosts=listed(sorted(self._registry.hosts)))
            await ctx.reply(there if self._registry.hosts else _(sentences.NO_HOSTS, prefix=self._prefix))
            return
        host = self._checked_host(host)
        async with self.bot.transaction(ctx, "cmd allow") as tx:
            if await tx.session.get(AllowedHost, host) is None:
                tx.session.add(AllowedHost(host=host))
        await self._registry.changed()
        await ctx.reply(_(sentences.HOST_ALLOWED, host=host))

    @command("cmd forbid", usage="HOST", who="streamer")
    async def forbid(self, ctx: Context, host: str) -> None:
        """Forbid it again."""
        host = self._checked_host(host)
        async with self.bot.transaction(ctx, "cmd allow") as tx:
            await tx.session.execute(delete(AllowedHost).where(AllowedHost.host == host))
        await self._registry.changed()
        await ctx.reply(_(sentences.HOST_FORBIDDEN, host=host))

    @command(usage="[PAGE]")
    async def commands(self, ctx: Context, page: str = "") -> None:
        """The commands that this channel has of its own."""
        there = {one.name for one in command_list(self.bot)} & self._registry.texts.keys()
        prices = {price.key: price.words for price in await self.bot.redeems.prices()}
        entries = [f"{self._prefix}{name}" + (f" {prices[name]}" if name in prices else "") for name in sorted(there)]
        shown = paged(_(sentences.LIST), entries, page, f"{self._prefix}commands", " ")
        await ctx.reply(shown if entries else _(sentences.NONE_YET, prefix=self._prefix))

    @effect(EFFECT, seconds=20)
    async def answer(self, job: Job) -> None:
        """Say the text of a command that was paid for; where that cannot be, the points go back."""
        name = str(job.args.get("command", ""))
        text = self._registry.texts.get(name)
        if text is None:
            raise EffectFailed(_(sentences.GONE, command=self._shown(name)))
        # By the item's key: begun anew after a crash, it counts nothing twice.
        source = replace(VariableSource.from_args(job.args["source"]), key=job.key)
        rendered = await self.bot.render(text, source)
        said = self.bot.text_filter.bleeped(rendered.text)
        if rendered.problems or not said:
            raise EffectFailed(rendered.problems[0] if rendered.problems else _(sentences.NOTHING_TO_SAY))
        await job.say(said)

    async def _add_alias(self, ctx: Context, new: Typed, name: str) -> None:
        """Nightbot's ``-a=``: the new name is another name of a command."""
        base = self._base_of(new)
        async with self.bot.transaction(ctx, "cmd add") as tx:
            await self._options.add_name(tx, base, name)
        await self._registry.changed()
        await ctx.reply(_(sentences.ADDED, command=self._shown(name)))

    async def _edit_alias(self, ctx: Context, new: Typed) -> None:
        """The same for a name that is another name already: it becomes one of another command."""
        base, name = self._base_of(new), new.name
        async with self.bot.transaction(ctx, "cmd edit") as tx:
            other = await tx.session.get(OtherName, name)
            if other is None:
                await self._own(tx, name)
                raise ChatError(_(sentences.HAS_TEXT, command=self._shown(name), prefix=self._prefix, name=name))
            other.command = self._options.command_behind(base)
        await self._registry.changed()
        await ctx.reply(_(sentences.CHANGED, command=self._shown(name)))

    def _base_of(self, new: Typed) -> str:
        """The command behind ``-a=``; it gets what is typed after the other name, as with Nightbot's ``$(query)``."""
        if new.text not in {"", *PASSED_ON}:
            raise BadInput(_(sentences.NO_ALIAS_TEXT))
        base = self._registry.name_of(str(new.options.pop("alias")))
        if new.options:
            raise BadInput(_(sentences.NO_ALIAS_OPTIONS, command=self._shown(base)))
        return base

    async def _remove_own(self, tx: Transaction, name: str) -> None:
        await tx.session.delete(await self._own(tx, name))
        await tx.session.execute(delete(Options).where(Options.name == name))
        await tx.session.execute(delete(OtherName).where(OtherName.command == name))
        if name not in self.bot.commands_of_classes:
            await tx.session.execute(delete(Asleep).where(Asleep.name == name))

    async def _own(self, tx: Transaction, name: str) -> CustomCommand:
        own = await tx.session.get(CustomCommand, name)
        if own is None:
            is_ours = name in self.bot.commands_of_classes
            sentence = sentences.BUILT_IN if is_ours else sentences.NO_SUCH
            raise ChatError(_(sentence, command=self._shown(name), prefix=self._prefix))
        return own

    def _free_name(self, name: str) -> str:
        """A name that no command of the bot has, and that is no other name of one."""
        name = checked_name(name, self._prefix)
        self._options.refuse_taken(name)
        return name

    def _checked_host(self, typed: str) -> str:
        host = typed.lower().rstrip(".")
        if len(host) > 253 or _ONE_HOST.fullmatch(host) is None:
            raise BadInput(_(sentences.NOT_A_HOST))
        return host

    def _remarks(self, name: str, text: str) -> str:
        """What the one who made a command should know of its text."""
        known = self.bot.variables_in(text)
        said = ""
        if NEVER_RUNS in known:
            said += _(sentences.NEVER_RUNS, command=self._shown(name))
        if unknown := [f"$({one})" for one, is_known in known.items() if not is_known and one != NEVER_RUNS]:
            said += _(sentences.UNKNOWN, names=listed(unknown[:5]))
        hosts = (
            {host.lower() for host in _HOST.findall(text)} - self._registry.hosts
            if _ASKS & {one.partition(".")[0] for one in known}
            else set[str]()
        )
        if hosts:
            first = min(hosts)
            said += _(sentences.ASK_STREAMER, hosts=listed(sorted(hosts)), first=first, prefix=self._prefix)
        return said

    def _shown(self, name: str) -> str:
        return f"{self._prefix}{name[: options.LONGEST_SHOWN]}"
