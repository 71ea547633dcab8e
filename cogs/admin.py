"""Admin: mods change points and XP, look back, undo; the streamer manages cogs."""

from pixel_bot.plugin import (
    Amount,
    BadAmount,
    Cog,
    Context,
    KnownViewer,
    NotEnoughPoints,
    PixelBot,
    Total,
    broadcaster_only,
    command,
    count,
    in_words,
    later,
    mods_only,
    signed,
    texts,
)

_ = texts(__name__)

HISTORY_ROWS = 5
NOTE_LENGTH = 100
XP_NOW = later("{viewer} has {xp} XP now ({change}).")


class Admin(Cog):
    """Corrections by mods, and the management of cogs."""

    @command("points add", usage="@user N [REASON]")
    @mods_only()
    async def add(self, ctx: Context, viewer: KnownViewer, amount: Amount, *, reason: str = "") -> None:
        """Give somebody {points} out of nothing."""
        value = amount.exact
        balance = await self.bot.economy.add(ctx.viewer, viewer, value, reason[:NOTE_LENGTH])
        await ctx.reply(
            _("Added {points}: {viewer} has {balance}.", points=count(value, "point"), viewer=viewer, balance=balance)
        )

    @command("points remove", usage="@user N [REASON]")
    @mods_only()
    async def remove(self, ctx: Context, viewer: KnownViewer, amount: Amount, *, reason: str = "") -> None:
        """Take {points} from somebody; a share like half is one of theirs, all takes all of them."""
        try:
            taken = await self.bot.economy.take(ctx.viewer, viewer, amount.value, reason[:NOTE_LENGTH])
        except NotEnoughPoints as exc:
            raise BadAmount(
                _("{viewer} has only {points}.", viewer=viewer, points=count(exc.balance, "point"))
            ) from exc
        removed = count(taken.amount, "point")
        await ctx.reply(
            _("Removed {points}: {viewer} has {balance}.", points=removed, viewer=viewer, balance=taken.balance)
        )

    @command("points set", usage="@user N [REASON]")
    @mods_only()
    async def set(self, ctx: Context, viewer: KnownViewer, points: Total, *, reason: str = "") -> None:
        """Set somebody's {points}."""
        delta = await self.bot.economy.set(ctx.viewer, viewer, points.value, reason[:NOTE_LENGTH])
        balance = count(points.value, "point")
        await ctx.reply(_("{viewer} has {points} now ({change}).", viewer=viewer, points=balance, change=signed(delta)))

    @command("points addall", usage="N")
    @mods_only()
    async def addall(self, ctx: Context, amount: Amount) -> None:
        """Give {points} to everybody who chatted in the last 30 minutes."""
        value = amount.exact
        people = await self.bot.recent_chatters()
        reached = await self.bot.economy.add_all(ctx.viewer, people, value)
        await ctx.reply(
            _(
                "{points} for each of {n} viewer.",
                "{points} for each of {n} viewers.",
                points=count(value, "point"),
                n=reached,
            )
        )

    @command("xp add", usage="@user N")
    @mods_only()
    async def xp_add(self, ctx: Context, viewer: KnownViewer, amount: Amount) -> None:
        """Give somebody XP."""
        change = await self.bot.economy.change_xp(ctx.viewer, viewer, by=amount.exact)
        await ctx.reply(_(XP_NOW, viewer=viewer, xp=change.xp, change=signed(change.delta)))

    @command("xp set", usage="@user N")
    @mods_only()
    async def xp_set(self, ctx: Context, viewer: KnownViewer, xp: Total) -> None:
        """Set somebody's XP; the level follows."""
        change = await self.bot.economy.change_xp(ctx.viewer, viewer, to=xp.value)
        await ctx.reply(_(XP_NOW, viewer=viewer, xp=change.xp, change=signed(change.delta)))

    @command()
    @mods_only()
    async def undo(self, ctx: Context) -> None:
        """Take back the last change by a mod."""
        undone = await self.bot.economy.undo(ctx.viewer)
        answer = _("Undone: {change} (by {mod}).", change=undone.summary, mod=undone.actor)
        if undone.missing:
            spent = count(undone.missing, "point")
            answer += " " + _("{points} had been spent and cannot be taken back.", points=spent)
        await ctx.reply(answer)

    @command(usage="[@user]")
    async def history(self, ctx: Context, viewer: KnownViewer | None = None) -> None:
        """Your last {points} in plain words; mods may look at anybody's."""
        who = viewer if viewer is not None and ctx.is_mod else ctx.viewer
        rows = await self.bot.economy.history(who, HISTORY_ROWS)
        if not rows:
            await ctx.reply(_("Nothing has happened to the {points} of {viewer} yet.", viewer=who))
            return
        listed = " · ".join(f"{signed(row.amount)} {in_words(row, self.bot.reasons)}" for row in rows)
        now = count(rows[0].balance_after, "point")
        await ctx.reply(_("{viewer}, newest first: {rows} · {points} now.", viewer=who, rows=listed, points=now))

    @command("cog list")
    @broadcaster_only()
    async def cog_list(self, ctx: Context) -> None:
        """Which cogs there are, and which of them are off or broken, since when and why."""
        now = self.bot.clock.now()
        listed = ", ".join(state.words(now) for state in self.bot.cogs.states())
        await ctx.reply(_("Cogs: {cogs}.", cogs=listed))

    @command("cog load", usage="NAME")
    @broadcaster_only()
    async def cog_load(self, ctx: Context, name: str) -> None:
        """Load a cog."""
        await self.bot.cogs.load(name)
        await ctx.reply(_("The cog {cog} runs.", cog=name))

    @command("cog unload", usage="NAME")
    @broadcaster_only()
    async def cog_unload(self, ctx: Context, name: str) -> None:
        """Unload a cog; its commands fall silent."""
        await self.bot.cogs.unload(name)
        await ctx.reply(_("The cog {cog} is off.", cog=name))

    @command("cog reload", usage="NAME")
    @broadcaster_only()
    async def cog_reload(self, ctx: Context, name: str) -> None:
        """Load a cog anew, after its file was changed."""
        await self.bot.cogs.reload(name)
        await ctx.reply(_("The cog {cog} runs in its new version.", cog=name))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Admin(bot))
