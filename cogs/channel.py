"""The channel: title, category, announcements, and since when the stream, a follow or an account is there."""

from datetime import UTC, datetime

from pixel_bot.plugin import (
    ChatError,
    Cog,
    Context,
    KnownViewer,
    PixelBot,
    PlatformRefused,
    Viewer,
    command,
    duration,
    later,
    texts,
)

_ = texts(__name__)

WAIT = 5
"""Seconds before the same viewer may ask Twitch again."""

ONLY_MODS = later("Only mods can do that.")
"""Viewers may ask for title and category; so that is refused inside of the command, and not by ``who="mods"``."""


class Channel(Cog):
    """What mods change on the channel, and what viewers ask about it."""

    scopes = ("channel:manage:broadcast", "moderator:manage:announcements", "moderator:read:followers")

    @command(usage="[TEXT]", aliases=("settitle",), cooldown=WAIT)
    async def title(self, ctx: Context, *, text: str = "") -> None:
        """The title of the stream; mods change it with a text."""
        if not text:
            await ctx.reply(_("Title: {title}", title=(await self.bot.channel.info()).title or "-"))
            return
        await self._change_begins(ctx, "title")
        await self.bot.channel.set_title(text)
        await ctx.reply(_("The title is set: {title}", title=" ".join(text.split())))

    @command(usage="[NAME]", aliases=("setgame",), cooldown=WAIT)
    async def game(self, ctx: Context, *, name: str = "") -> None:
        """The category of the stream; mods change it with a name."""
        if not name:
            category = (await self.bot.channel.info()).category
            await ctx.reply(_("Category: {category}", category=category) if category else _("No category is set."))
            return
        await self._change_begins(ctx, "category")
        category = await self.bot.channel.set_category(name)
        await ctx.reply(_("The category is set: {category}", category=category))

    @command(usage="TEXT", who="mods")
    async def announce(self, ctx: Context, *, text: str) -> None:
        """Say something that stands out in chat."""
        await self._change_begins(ctx, "announce")
        try:
            await self.bot.channel.announce(text)
        except PlatformRefused:
            if ctx.platform == "twitch":
                raise
        said = await self.bot.announce(text, "joystick")
        if said and ctx.platform == "joystick":
            await ctx.reply(_("On Joystick.tv nothing can stand out in chat, so I said it as usual."))

    @command()
    async def uptime(self, ctx: Context) -> None:
        """How long the stream has been on."""
        since = self.bot.live.since
        if since is None:
            await ctx.reply(_("The stream is off."))
            return
        await ctx.reply(_("The stream has been on for {time}.", time=duration(self._seconds_since(since))))

    @command(usage="[@user]", cooldown=WAIT)
    async def followage(self, ctx: Context, viewer: KnownViewer | None = None) -> None:
        """Since when you follow the channel, or somebody else."""
        who = viewer or ctx.viewer
        if ctx.is_broadcaster and who.id == ctx.viewer.id:
            raise ChatError(_("This is your own channel."))
        _require_twitch(who)
        since = await self.bot.channel.following_since(who)
        if since is None:
            await ctx.reply(_("{viewer} does not follow the channel.", viewer=who))
            return
        words = later("{viewer} has followed since {date} ({time}).")
        await ctx.reply(_(words, viewer=who, date=_date(since), time=self._age(since)))

    @command(usage="[@user]", cooldown=WAIT)
    async def accountage(self, ctx: Context, viewer: KnownViewer | None = None) -> None:
        """Since when your account is there, or somebody else's."""
        who = viewer or ctx.viewer
        _require_twitch(who)
        since = await self.bot.channel.account_created(who)
        words = later("The account of {viewer} was made on {date} ({time}).")
        await ctx.reply(_(words, viewer=who, date=_date(since), time=self._age(since)))

    async def _change_begins(self, ctx: Context, what: str) -> None:
        """Once for each message: one that is delivered again must not bring an older title back.

        Raises:
            ChatError: a viewer typed it.
            AlreadyDone: this message has changed it before.
        """
        if not ctx.is_mod:
            raise ChatError(_(ONLY_MODS))
        async with self.bot.transaction(ctx, what):
            pass

    def _seconds_since(self, moment: datetime) -> float:
        return (self.bot.clock.now() - moment).total_seconds()

    def _age(self, since: datetime) -> str:
        """In years and months; what is less than a month old in days and hours."""
        months = _months_between(since, self.bot.clock.now())
        if months < 1:
            return duration(self._seconds_since(since))
        years, months = divmod(months, 12)
        parts = [_("{n} year", "{n} years", n=years)] if years else []
        parts += [_("{n} month", "{n} months", n=months)] if months else []
        return " ".join(parts)


def _months_between(since: datetime, now: datetime) -> int:
    """Whole months of the calendar."""
    since, now = since.astimezone(UTC), now.astimezone(UTC)
    months = (now.year - since.year) * 12 + now.month - since.month
    return months - ((now.day, now.time()) < (since.day, since.time()))


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _require_twitch(viewer: Viewer) -> None:
    """Raises:
    ChatError: the viewer is one of Joystick.tv, which tells bots none of it.
    """
    if viewer.name.endswith("@joystick"):
        raise ChatError(_("Joystick.tv does not tell bots that of {viewer}; Twitch does.", viewer=viewer))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Channel(bot))
