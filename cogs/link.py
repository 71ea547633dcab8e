"""Link: merges the accounts of one person on two platforms, and takes them apart."""

from pixel_bot.plugin import ChatError, Cog, Context, KnownViewer, Linked, PixelBot, command, count, mods_only, texts

_ = texts(__name__)


class Link(Cog):
    """Commands that link and unlink accounts."""

    @command(usage="[CODE]")
    async def link(self, ctx: Context, code: str = "") -> None:
        """Link your account to the one on the other platform: ask for a code here, and give it there."""
        if len(self.bot.channels) < 2:
            raise ChatError(_("I am on one platform only, so there is nothing to link."))
        await (self._redeem_code(ctx, code) if code else self._issue_code(ctx))

    @command("link yes")
    async def agree(self, ctx: Context) -> None:
        """Agree to the account that gave your code."""
        await self._confirm_link(ctx, await self.bot.services.links.agree(ctx.viewer))

    @command("link no")
    async def refuse(self, ctx: Context) -> None:
        """Take back your code."""
        dropped = await self.bot.services.links.drop(ctx.viewer)
        await ctx.reply(_("That code is worth nothing any more.") if dropped else _("You have no code to take back."))

    @command(usage="@user")
    @mods_only()
    async def unlink(self, ctx: Context, viewer: KnownViewer) -> None:
        """Take somebody's linked accounts apart; what went over goes back."""
        parted = await self.bot.services.links.unlink(ctx.viewer, viewer)
        answer = _(
            "Two accounts again: {kept} on Twitch has {points}, {parted} on Joystick.tv has {others}.",
            kept=parted.kept,
            points=count(parted.kept.points, "point"),
            parted=parted.merged,
            others=count(parted.merged.points, "point"),
        )
        if parted.missing:
            answer += " " + _("{points} had been spent meanwhile.", points=count(parted.missing, "point"))
        await ctx.reply(answer)

    async def _issue_code(self, ctx: Context) -> None:
        issued = await self.bot.services.links.ask(ctx.viewer, public=not ctx.can_whisper)
        prefix = self.bot.settings.command_prefix
        typed = {"command": f"{prefix}link {issued.code}", "place": issued.there}
        warning = _("Only give codes that you asked for yourself.")
        if not ctx.can_whisper:
            how = _("Type {command} on {place} within 10 minutes, then {yes} here.", yes=f"{prefix}link yes", **typed)
            await ctx.reply(f"{how} {warning}")
        elif await ctx.whisper(f"{_('Type {command} on {place} within 10 minutes.', **typed)} {warning}"):
            await ctx.reply(_("I whispered you a code."))
        else:
            # So that they can ask again at once.
            await self.bot.services.links.drop(ctx.viewer)
            await ctx.reply(_("I could not whisper to you. Please try again in a moment."))

    async def _redeem_code(self, ctx: Context, code: str) -> None:
        given = await self.bot.services.links.give(ctx.viewer, code)
        if isinstance(given, Linked):
            await self._confirm_link(ctx, given)
            return
        yes, no = (f"{self.bot.settings.command_prefix}link {answer}" for answer in ("yes", "no"))
        await ctx.reply(
            _("Nearly done: type {yes} on {place} as {viewer}.", yes=yes, place=given.there, viewer=given.owner)
        )
        channel = self.bot.channels.get(given.platform)
        if channel is None or given.again:
            return
        words = _(
            "@{owner} {viewer} on {place} typed your code. If that is you, type {yes}, else {no}.",
            owner=given.owner,
            viewer=ctx.viewer,
            place=given.here,
            yes=yes,
            no=no,
        )
        # Not waited for: the other platform may be away, or slow.
        channel.tasks.spawn(channel.say_free(words))

    async def _confirm_link(self, ctx: Context, linked: Linked) -> None:
        await ctx.reply(
            _(
                "{kept} on Twitch and {merged} on Joystick.tv are one now, with {points}. Not you? A mod can take it "
                "apart with {command}.",
                kept=linked.kept,
                merged=linked.merged,
                points=count(linked.kept.points, "point"),
                command=f"{self.bot.settings.command_prefix}unlink",
            )
        )


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Link(bot))
