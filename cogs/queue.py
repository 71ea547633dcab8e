"""Queue: the position of one's redeems, and the control of the queue by mods."""

from pixel_bot.plugin import (
    Cog,
    Context,
    KnownViewer,
    PixelBot,
    QueuePosition,
    command,
    count,
    duration,
    mods_only,
    number,
)


class Queue(Cog):
    """Commands on the queue."""

    @command()
    async def queue(self, ctx: Context) -> None:
        """What is waiting, and where your own redeems stand."""
        mine = await self.bot.queue.positions(ctx.viewer)
        if mine:
            await ctx.reply(" · ".join(where(position) for position in mine))
            return
        view = await self.bot.queue.overview()
        waiting = ", ".join(f"{lane} {number(n)}" for lane, n in view.waiting.items() if n)
        paused = f" Paused: {', '.join(view.paused)}." if view.paused else ""
        closed = "" if view.overlay == "open" else f" The overlay is {view.overlay}."
        await ctx.reply((f"Waiting: {waiting}." if waiting else "Nothing is waiting.") + paused + closed)

    @command("queue pause", usage="[KIND]")
    @mods_only()
    async def pause(self, ctx: Context, kind: str = "") -> None:
        """Hold a lane, like tts, or all; what is playing plays on."""
        lanes = await self.bot.queue.pause(kind)
        await ctx.reply(f"Paused: {', '.join(lanes)}. {self.bot.settings.command_prefix}queue resume goes on.")

    @command("queue resume", usage="[KIND]")
    @mods_only()
    async def resume(self, ctx: Context, kind: str = "") -> None:
        """Let a lane or all go on."""
        lanes = await self.bot.queue.resume(kind)
        await ctx.reply(f"Going on: {', '.join(lanes)}.")

    @command("queue skip", usage="[KIND]")
    @mods_only()
    async def skip(self, ctx: Context, kind: str = "") -> None:
        """Stop what is playing, or drop the next that waits; the points go back."""
        item = await self.bot.queue.skip(kind)
        await ctx.reply(f"Skipped {item.redeem} of {item.buyer}." if item else "There is nothing to skip.")

    @command("queue clear", usage="[KIND]")
    @mods_only()
    async def clear(self, ctx: Context, kind: str = "") -> None:
        """Give back all that waits."""
        given = await self.bot.queue.clear(kind)
        total = sum(refund.amount for refund in given)
        await ctx.reply(f"Cleared {count(len(given), 'redeem')}; {count(total, 'point')} went back.")

    @command()
    async def cancel(self, ctx: Context) -> None:
        """Take back your newest redeem that has not begun."""
        refund = await self.bot.queue.cancel(ctx.viewer)
        if refund is None:
            await ctx.reply("You have nothing waiting that could be cancelled.")
        else:
            await ctx.reply(f"Cancelled {refund.item.redeem}: {refund.back} back.")

    @command(usage="@user")
    @mods_only()
    async def refund(self, ctx: Context, viewer: KnownViewer) -> None:
        """Give back somebody's latest redeem."""
        refund = await self.bot.queue.refund(viewer)
        if refund is None:
            await ctx.reply(f"There is no redeem of {viewer} that could be given back.")
        else:
            await ctx.reply(f"{viewer} gets {refund.back} back for {refund.item.redeem}.")

    @command()
    @mods_only()
    async def panic(self, ctx: Context) -> None:
        """Stop and hide everything at once, and pause all lanes."""
        await self.bot.queue.panic()
        await ctx.reply(f"Everything is stopped and hidden. {self.bot.settings.command_prefix}calm goes on.")

    @command()
    @mods_only()
    async def calm(self, ctx: Context) -> None:
        """The show goes on after a panic."""
        await self.bot.queue.calm()
        await ctx.reply("All calm. The show goes on.")


def where(position: QueuePosition) -> str:
    """Where a redeem stands, in words."""
    if position.item.is_held:
        return f"Your {position.item.redeem} waits for a mod's yes."
    if position.item.status == "running":
        return f"Your {position.item.redeem} is on now."
    if not position.ahead:
        return f"Your {position.item.redeem} is next."
    return f"Your {position.item.redeem}: {number(position.ahead)} ahead, about {duration(position.seconds)}."


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Queue(bot))
