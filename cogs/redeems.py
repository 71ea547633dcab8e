"""Redeems: the list of redeems, and their configuration by mods."""

from pixel_bot.plugin import (
    BadInput,
    Cog,
    Context,
    KnownViewer,
    PixelBot,
    Total,
    broadcaster_only,
    command,
    count,
    duration,
    later,
    mods_only,
    number,
    paged,
    texts,
)

_ = texts(__name__)

LONGEST = 31_536_000


class Redeems(Cog):
    """Commands on redeems."""

    @command(usage="[PAGE]")
    async def redeems(self, ctx: Context, page: str = "") -> None:
        """What you can spend {points} on, and what it costs."""
        prefix = self.bot.settings.command_prefix
        there = [p for p in await self.bot.redeems.prices() if p.enabled and not self.bot.redeems.why_closed(p.key)]
        entries = [f"{prefix}{p.key} {p.words}" for p in there]
        listed = paged(_("You can redeem"), entries, page, f"{prefix}redeems")
        await ctx.reply(listed if there else _("Nothing can be redeemed right now."))

    @command("redeem on", usage="KEY")
    @mods_only()
    async def on(self, ctx: Context, key: str) -> None:
        """Switch a redeem on."""
        price = await self.bot.redeems.switch(key, on=True)
        await ctx.reply(
            _(
                "{name} ({redeem}) is on, for {price}.",
                name=price.display_name,
                redeem=price.key,
                price=price.depends or count(price.cost, "point"),
            )
        )

    @command("redeem off", usage="KEY")
    @mods_only()
    async def off(self, ctx: Context, key: str) -> None:
        """Switch a redeem off; what waits already still plays."""
        price = await self.bot.redeems.switch(key, on=False)
        await ctx.reply(_("{name} ({redeem}) is off.", name=price.display_name, redeem=price.key))

    @command("redeem cost", usage="KEY N")
    @mods_only()
    async def cost(self, ctx: Context, key: str, points: Total) -> None:
        """Set what a redeem costs."""
        price = await self.bot.redeems.reprice(key, points.value)
        await ctx.reply(
            _(
                "{name} ({redeem}) costs {points} now.",
                name=price.display_name,
                redeem=price.key,
                points=count(price.cost, "point"),
            )
        )

    @command("redeem cooldown", usage="KEY SECONDS [everyone]")
    @mods_only()
    async def cooldown(self, ctx: Context, key: str, seconds: Total, whose: str = "") -> None:
        """Set how long a viewer waits between two uses, or with "everyone" how long all do."""
        everyone = whose.lower() in {"everyone", "all", "global"}
        price = await self.bot.redeems.set_cooldown(key, min(seconds.value, LONGEST), everyone=everyone)
        cooldown = price.everyone_cooldown if everyone else price.cooldown
        words = later("{name} ({redeem}) rests {time} for each viewer after a use.")
        if everyone:
            words = later("{name} ({redeem}) rests {time} for everybody after a use.")
        await ctx.reply(_(words, name=price.display_name, redeem=price.key, time=duration(cooldown)))

    @command("redeem native", usage="on KEY COST | off KEY | list [PAGE]")
    @broadcaster_only()
    async def native(self, ctx: Context, what: str = "list", key: str = "", cost: Total | None = None) -> None:
        """Offer a redeem for Twitch's channel points, or stop that."""
        prefix = self.bot.settings.command_prefix
        match what.lower():
            case "on" if key and cost is not None:
                made = await self.bot.channel_points.switch_on(key, cost.value)
                await ctx.reply(
                    _(
                        "{redeem} is a reward now, for {n} channel point.",
                        "{redeem} is a reward now, for {n} channel points.",
                        redeem=made.key,
                        n=made.cost,
                    )
                )
            case "off" if key:
                made = await self.bot.channel_points.switch_off(key)
                await ctx.reply(_("{redeem} is no reward any more; it stays on Twitch, disabled.", redeem=made.key))
            case "list":
                there = [n for n in await self.bot.channel_points.list() if n.enabled]
                entries = [f"{n.key} {number(n.cost)}" for n in there]
                listed = paged(_("For channel points"), entries, key, f"{prefix}redeem native list")
                await ctx.reply(listed if there else _("Nothing is for channel points yet."))
            case _:
                raise BadInput(
                    _("Type it like this: {command} on KEY COST, off KEY, or list.", command=f"{prefix}redeem native")
                )

    @command(usage="@user [KEY]")
    @mods_only()
    async def block(self, ctx: Context, viewer: KnownViewer, key: str = "*") -> None:
        """Keep somebody from a redeem, or from all."""
        await self.bot.redeems.block(viewer, key)
        if key == "*":
            await ctx.reply(_("{viewer} cannot redeem anything any more.", viewer=viewer))
        else:
            await ctx.reply(_("{viewer} cannot redeem {redeem} any more.", viewer=viewer, redeem=key.lower()))

    @command(usage="@user [KEY]")
    @mods_only()
    async def unblock(self, ctx: Context, viewer: KnownViewer, key: str = "*") -> None:
        """Let somebody redeem again."""
        ended = await self.bot.redeems.unblock(viewer, key)
        if await self.bot.redeems.is_blocked_from_all(viewer):
            lift = f"{self.bot.settings.command_prefix}unblock @{viewer}"
            await ctx.reply(
                _("{viewer} is blocked from everything. {command} lifts that.", viewer=viewer, command=lift)
            )
            return
        words = later("{viewer} is welcome again.") if ended else later("{viewer} was not blocked from that.")
        await ctx.reply(_(words, viewer=viewer))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Redeems(bot))
