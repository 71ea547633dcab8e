"""Link: merges the accounts of one person on two platforms, and takes them apart."""

from pixel_bot.plugin import ChatError, Cog, Context, KnownViewer, Linked, PixelBot, command, count, mods_only


class Link(Cog):
    """Commands that link and unlink accounts."""

    @command(usage="[CODE]")
    async def link(self, ctx: Context, code: str = "") -> None:
        """Link your account to the one on the other platform: ask for a code here, and give it there."""
        if len(self.bot.channels) < 2:
            raise ChatError("I am on one platform only, so there is nothing to link.")
        await (self._redeem_code(ctx, code) if code else self._issue_code(ctx))

    @command("link yes")
    async def agree(self, ctx: Context) -> None:
        """Agree to the account that gave your code."""
        await self._confirm_link(ctx, await self.bot.services.links.agree(ctx.viewer))

    @command("link no")
    async def refuse(self, ctx: Context) -> None:
        """Take back your code."""
        dropped = await self.bot.services.links.drop(ctx.viewer)
        await ctx.reply("That code is worth nothing any more." if dropped else "You have no code to take back.")

    @command(usage="@user")
    @mods_only()
    async def unlink(self, ctx: Context, viewer: KnownViewer) -> None:
        """Take somebody's linked accounts apart; what went over goes back."""
        parted = await self.bot.services.links.unlink(ctx.viewer, viewer)
        spent = f" {count(parted.missing, 'point')} had been spent meanwhile." if parted.missing else ""
        await ctx.reply(
            f"Two accounts again: {parted.kept} on Twitch has {count(parted.kept.points, 'point')}, "
            f"{parted.merged} on Joystick.tv has {count(parted.merged.points, 'point')}.{spent}"
        )

    async def _issue_code(self, ctx: Context) -> None:
        issued = await self.bot.services.links.ask(ctx.viewer, public=not ctx.can_whisper)
        prefix = self.bot.settings.command_prefix
        how = f"Type {prefix}link {issued.code} on {issued.there} within 10 minutes"
        warning = "Only give codes that you asked for yourself."
        if not ctx.can_whisper:
            await ctx.reply(f"{how}, then {prefix}link yes here. {warning}")
        elif await ctx.whisper(f"{how}. {warning}"):
            await ctx.reply("I whispered you a code.")
        else:
            # So that they can ask again at once.
            await self.bot.services.links.drop(ctx.viewer)
            await ctx.reply("I could not whisper to you. Please try again in a moment.")

    async def _redeem_code(self, ctx: Context, code: str) -> None:
        given = await self.bot.services.links.give(ctx.viewer, code)
        if isinstance(given, Linked):
            await self._confirm_link(ctx, given)
            return
        yes, no = (f"{self.bot.settings.command_prefix}link {answer}" for answer in ("yes", "no"))
        await ctx.reply(f"Nearly done: type {yes} on {given.there} as {given.owner}.")
        channel = self.bot.channels.get(given.platform)
        if channel is None or given.again:
            return
        words = f"@{given.owner} {ctx.viewer} on {given.here} typed your code. If that is you, type {yes}, else {no}."
        # Not waited for: the other platform may be away, or slow.
        channel.tasks.spawn(channel.say_free(words))

    async def _confirm_link(self, ctx: Context, linked: Linked) -> None:
        await ctx.reply(
            f"{linked.kept} on Twitch and {linked.merged} on Joystick.tv are one now, with "
            f"{count(linked.kept.points, 'point')}. Not you? A mod can take it apart with "
            f"{self.bot.settings.command_prefix}unlink."
        )


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Link(bot))
