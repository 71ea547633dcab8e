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
    later,
    mods_only,
    number,
    texts,
)

_ = texts(__name__)


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
        answer = [_("Waiting: {lanes}.", lanes=waiting) if waiting else _("Nothing is waiting.")]
        if view.paused:
            answer.append(_("Paused: {lanes}.", lanes=", ".join(view.paused)))
        if view.overlay != "open":
            answer.append(_("The overlay is {state}.", state=view.overlay_shown))
        await ctx.reply(" ".join(answer))

    @command("queue pause", usage="[KIND]")
    @mods_only()
    async def pause(self, ctx: Context, kind: str = "") -> None:
        """Hold a lane, like tts, or all; what is playing plays on."""
        lanes = await self.bot.queue.pause(kind)
        how = f"{self.bot.settings.command_prefix}queue resume"
        await ctx.reply(_("Paused: {lanes}. {command} goes on.", lanes=", ".join(lanes), command=how))

    @command("queue resume", usage="[KIND]")
    @mods_only()
    async def resume(self, ctx: Context, kind: str = "") -> None:
        """Let a lane or all go on."""
        lanes = await self.bot.queue.resume(kind)
        await ctx.reply(_("Going on: {lanes}.", lanes=", ".join(lanes)))

    @command("queue skip", usage="[KIND]")
    @mods_only()
    async def skip(self, ctx: Context, kind: str = "") -> None:
        """Stop what is playing, or drop the next that waits; the {points} go back."""
        item = await self.bot.queue.skip(kind)
        if item is None:
            await ctx.reply(_("There is nothing to skip."))
        else:
            await ctx.reply(_("Skipped {redeem} of {viewer}.", redeem=item.redeem, viewer=item.buyer))

    @command("queue clear", usage="[KIND]")
    @mods_only()
    async def clear(self, ctx: Context, kind: str = "") -> None:
        """Give back all that waits."""
        given = await self.bot.queue.clear(kind)
        total = count(sum(refund.amount for refund in given), "point")
        await ctx.reply(
            _(
                "Cleared {n} redeem; {points} went back.",
                "Cleared {n} redeems; {points} went back.",
                n=len(given),
                points=total,
            )
        )

    @command()
    async def cancel(self, ctx: Context) -> None:
        """Take back your newest redeem that has not begun."""
        refund = await self.bot.queue.cancel(ctx.viewer)
        if refund is None:
            await ctx.reply(_("You have nothing waiting that could be cancelled."))
        else:
            await ctx.reply(_("Cancelled {redeem}: {points} back.", redeem=refund.item.redeem, points=refund.back))

    @command(usage="@user")
    @mods_only()
    async def refund(self, ctx: Context, viewer: KnownViewer) -> None:
        """Give back somebody's latest redeem."""
        refund = await self.bot.queue.refund(viewer)
        if refund is None:
            await ctx.reply(_("There is no redeem of {viewer} that could be given back.", viewer=viewer))
        else:
            words = later("{viewer} gets {points} back for {redeem}.")
            await ctx.reply(_(words, viewer=viewer, points=refund.back, redeem=refund.item.redeem))

    @command()
    @mods_only()
    async def panic(self, ctx: Context) -> None:
        """Stop and hide everything at once, and pause all lanes."""
        await self.bot.queue.panic()
        calm = f"{self.bot.settings.command_prefix}calm"
        await ctx.reply(_("Everything is stopped and hidden. {command} goes on.", command=calm))

    @command()
    @mods_only()
    async def calm(self, ctx: Context) -> None:
        """The show goes on after a panic."""
        await self.bot.queue.calm()
        await ctx.reply(_("All calm. The show goes on."))


def where(position: QueuePosition) -> str:
    """Where a redeem stands, in words."""
    redeem = position.item.redeem
    if position.item.is_held:
        return _("Your {redeem} waits for a mod's yes.", redeem=redeem)
    if position.item.status == "running":
        return _("Your {redeem} is on now.", redeem=redeem)
    if not position.ahead:
        return _("Your {redeem} is next.", redeem=redeem)
    time = duration(position.seconds)
    return _("Your {redeem}: {ahead} ahead, about {time}.", redeem=redeem, ahead=position.ahead, time=time)


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Queue(bot))
