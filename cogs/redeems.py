"""Redeems: the list of redeems, and their configuration by mods."""

from pixel_bot.plugin import (
    BadInput,
    Cog,
    Context,
    KnownViewer,
    PixelBot,
    Total,
    command,
    count,
    duration,
    mods_only,
    number,
    paged,
)

LONGEST = 31_536_000


class Redeems(Cog):
    """Commands on redeems."""

    @command(usage="[PAGE]")
    async def redeems(self, ctx: Context, page: str = "") -> None:
        """What you can spend points on, and what it costs."""
        prefix = self.bot.settings.command_prefix
        there = [p for p in await self.bot.redeems.prices() if p.enabled and not self.bot.redeems.why_closed(p.key)]
        entries = [f"{prefix}{p.key} {p.words}" for p in there]
        listed = paged("You can redeem", entries, page, f"{prefix}redeems")
        await ctx.reply(listed if there else "Nothing can be redeemed right now.")

    @command("redeem on", usage="KEY")
    @mods_only()
    async def on(self, ctx: Context, key: str) -> None:
        """Switch a redeem on."""
        price = await self.bot.redeems.switch(key, on=True)
        await ctx.reply(f"{price.display_name} ({price.key}) is on, for {price.depends or count(price.cost, 'point')}.")

    @command("redeem off", usage="KEY")
    @mods_only()
    async def off(self, ctx: Context, key: str) -> None:
        """Switch a redeem off; what waits already still plays."""
        price = await self.bot.redeems.switch(key, on=False)
        await ctx.reply(f"{price.display_name} ({price.key}) is off.")

    @command("redeem cost", usage="KEY N")
    @mods_only()
    async def cost(self, ctx: Context, key: str, points: Total) -> None:
        """Set what a redeem costs."""
        price = await self.bot.redeems.reprice(key, points.value)
        await ctx.reply(f"{price.display_name} ({price.key}) costs {count(price.cost, 'point')} now.")

    @command("redeem cooldown", usage="KEY SECONDS [everyone]")
    @mods_only()
    async def cooldown(self, ctx: Context, key: str, seconds: Total, whose: str = "") -> None:
        """Set how long a viewer waits between two uses, or with "everyone" how long all do."""
        everyone = whose.lower() in {"everyone", "all", "global"}
        price = await self.bot.redeems.set_cooldown(key, min(seconds.value, LONGEST), everyone=everyone)
        cooldown = price.everyone_cooldown if everyone else price.cooldown
        who = "everybody" if everyone else "each viewer"
        await ctx.reply(f"{price.display_name} ({price.key}) rests {duration(cooldown)} for {who} after a use.")

    @command("redeem native", usage="on KEY COST | off KEY | list [PAGE]")
    @mods_only()
    async def native(self, ctx: Context, what: str = "list", key: str = "", cost: Total | None = None) -> None:
        """Offer a redeem for Twitch's channel points, or stop that."""
        prefix = self.bot.settings.command_prefix
        match what.lower():
            case "on" if key and cost is not None:
                made = await self.bot.channel_points.switch_on(key, cost.value)
                await ctx.reply(f"{made.key} is a reward now, for {count(made.cost, 'channel point')}.")
            case "off" if key:
                made = await self.bot.channel_points.switch_off(key)
                await ctx.reply(f"{made.key} is no reward any more; it stays on Twitch, disabled.")
            case "list":
                there = [n for n in await self.bot.channel_points.list() if n.enabled]
                entries = [f"{n.key} {number(n.cost)}" for n in there]
                listed = paged("For channel points", entries, key, f"{prefix}redeem native list")
                await ctx.reply(listed if there else "Nothing is for channel points yet.")
            case _:
                raise BadInput(f"Type it like this: {prefix}redeem native on KEY COST, off KEY, or list.")

    @command(usage="@user [KEY]")
    @mods_only()
    async def block(self, ctx: Context, viewer: KnownViewer, key: str = "*") -> None:
        """Keep somebody from a redeem, or from all."""
        await self.bot.redeems.block(viewer, key)
        await ctx.reply(f"{viewer} cannot redeem {'anything' if key == '*' else key.lower()} any more.")

    @command(usage="@user [KEY]")
    @mods_only()
    async def unblock(self, ctx: Context, viewer: KnownViewer, key: str = "*") -> None:
        """Let somebody redeem again."""
        ended = await self.bot.redeems.unblock(viewer, key)
        if await self.bot.redeems.is_blocked_from_all(viewer):
            prefix = self.bot.settings.command_prefix
            await ctx.reply(f"{viewer} is blocked from everything. {prefix}unblock @{viewer} lifts that.")
            return
        await ctx.reply(f"{viewer} is welcome again." if ended else f"{viewer} was not blocked from that.")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Redeems(bot))
