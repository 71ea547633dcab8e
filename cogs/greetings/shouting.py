"""!so: shows other channels to chat, in a sentence with a link, and on Twitch by its shout-out, too."""

from collections.abc import Sequence

from pixel_bot.plugin import (
    Cog,
    Context,
    KnownViewer,
    PlatformRefused,
    Viewer,
    command,
    joined,
    later,
    texts,
)

from .tables import Friend

_ = texts(__name__)

MOST_IN_A_SENTENCE = 5
"""Channels, each with its link: more would not fit into one message."""


class ShoutOuts(Cog):
    """Shows other channels."""

    tables = (Friend,)
    scopes = ("moderator:manage:shoutouts",)

    @command(usage="@user", who="mods")
    async def so(self, ctx: Context, viewer: KnownViewer) -> None:
        """Show somebody's channel to chat."""
        async with self.bot.transaction(ctx, "so"):
            pass  # a message that is delivered again shows nobody twice
        await self.bot.announce(await self._sentence(viewer))
        if _is_on_twitch(viewer):
            await self.bot.channel.shoutout(viewer)

    @command("so add", usage="@user", who="mods")
    async def add(self, ctx: Context, viewer: KnownViewer) -> None:
        """Show somebody's channel each time that they come to a stream."""
        async with self.bot.transaction(ctx, "so") as tx:
            known = await tx.session.get(Friend, viewer.id)
            if known is None:
                tx.session.add(Friend(viewer=viewer.id))
        said = later("I show the channel of {viewer} whenever they come to a stream.")
        await ctx.reply(_(said if known is None else later("{viewer} is on the list already."), viewer=viewer))

    @command("so remove", usage="@user", who="mods")
    async def remove(self, ctx: Context, viewer: KnownViewer) -> None:
        """Do not show somebody's channel by yourself any more."""
        async with self.bot.transaction(ctx, "so") as tx:
            known = await tx.session.get(Friend, viewer.id)
            if known is not None:
                await tx.session.delete(known)
        said = later("{viewer} was not on the list.") if known is None else later("{viewer} is off the list.")
        await ctx.reply(_(said, viewer=viewer))

    async def show(self, viewers: Sequence[Viewer]) -> None:
        """Show the channels of those who have come, five in a sentence; also by Twitch's shout-out, if it can."""
        for first in range(0, len(viewers), MOST_IN_A_SENTENCE):
            some = viewers[first : first + MOST_IN_A_SENTENCE]
            await self.bot.announce(await self._sentence(some[0]) if len(some) == 1 else self._sentence_of(some))
        for viewer in filter(_is_on_twitch, viewers):
            try:
                await self.bot.channel.shoutout(viewer)
            except PlatformRefused:  # one in two minutes; the sentence with the link was said
                return

    def _sentence_of(self, viewers: Sequence[Viewer]) -> str:
        links = joined([f"{self._name(viewer)} ({_link(viewer)})" for viewer in viewers])
        return _("Have a look at these channels: {channels}", channels=links)

    async def _sentence(self, viewer: Viewer) -> str:
        game = await self._game(viewer)
        words = later("Have a look at {viewer}, last seen with {game}: {link}")
        if not game:
            words = later("Have a look at {viewer}: {link}")
        return _(words, viewer=self._name(viewer), game=game, link=_link(viewer))

    async def _game(self, viewer: Viewer) -> str:
        """What they stream, or streamed; empty where nobody knows."""
        try:
            category = (await self.bot.channel.info(viewer)).category
        except PlatformRefused:
            return ""
        return str(category) if category is not None else ""

    def _name(self, viewer: Viewer) -> str:
        return self.bot.text_filter.name(viewer.display_name)


def _is_on_twitch(viewer: Viewer) -> bool:
    return not viewer.name.endswith("@joystick")


def _link(viewer: Viewer) -> str:
    login, _, platform = viewer.name.partition("@")
    return f"https://joystick.tv/u/{login}" if platform == "joystick" else f"https://twitch.tv/{login}"
