"""!so: shows other channels to chat, in a sentence with a link, and on Twitch by its shout-out, too."""

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select

from pixel_bot.plugin import (
    Cog,
    Context,
    KnownViewer,
    PlatformRefused,
    Scheduled,
    StreamOffline,
    TooSoon,
    Viewer,
    command,
    joined,
    later,
    on,
    scheduled,
    texts,
)

from .tables import Friend, OwedShoutOut

_ = texts(__name__)
log = logging.getLogger(__name__)

MOST_IN_A_SENTENCE = 5
"""Channels, each with its link: more would not fit into one message."""

SHOUT_OUT = "shout-out"
"""The schedule of what is made up for."""

FOLLOWS = later("Twitch shows {viewer} as soon as it allows the next shout-out.")

LONGEST_WAIT = timedelta(hours=2)
"""Twitch's longest wait is an hour, for the same channel; others may be first."""

LOOK_AGAIN = 60
"""Seconds until it is tried again while nobody knows whether the stream is on, as after a restart."""


class ShoutOuts(Cog):
    """Shows other channels."""

    tables = (Friend, OwedShoutOut)
    scopes = ("moderator:manage:shoutouts",)

    @command(usage="@user", who="mods")
    async def so(self, ctx: Context, viewer: KnownViewer) -> None:
        """Show somebody's channel to chat."""
        async with self.bot.transaction(ctx, "so"):
            pass  # a message that is delivered again shows nobody twice
        await self.bot.announce(await self._sentence(viewer))
        if not _is_on_twitch(viewer):
            return
        try:
            await self.bot.channel.shoutout(viewer)
        except TooSoon as exc:
            if not self.bot.live:
                raise
            await self._owe([viewer], exc.seconds)
            await ctx.reply(_(FOLLOWS, viewer=viewer))

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
        on_twitch = list(filter(_is_on_twitch, viewers))
        for place, viewer in enumerate(on_twitch):
            try:
                await self.bot.channel.shoutout(viewer)
            except TooSoon as exc:
                await self._owe(on_twitch[place:], exc.seconds)
                return
            except PlatformRefused:  # the sentence with the link was said
                return

    @scheduled(SHOUT_OUT)
    async def make_up(self, call: Scheduled) -> None:
        """Twitch may allow a shout-out by now that it refused before, if the stream is still the same."""
        number = int(call.args["viewer"])
        async with self.bot.readers() as session:
            owed = await session.get(OwedShoutOut, number)
        viewer = (await self.bot.viewers.by_ids([number])).get(number)
        if owed is None or viewer is None:
            return
        since, now = self.bot.live.since, self.bot.clock.now()
        if (since is not None and owed.asked_at < since) or now - owed.asked_at > LONGEST_WAIT:
            await self._settle(number)
            return
        try:
            if since is None:
                raise TooSoon("", LOOK_AGAIN)
            await self.bot.channel.shoutout(viewer)
        except TooSoon as exc:
            await self.bot.schedule(SHOUT_OUT, {"viewer": number}, after=exc.seconds)
            return
        except PlatformRefused as exc:
            log.info("The shout-out of %s is not made up for: %s", viewer, exc)
        await self._settle(number)

    @on(StreamOffline, platform="twitch")
    async def end(self, _event: StreamOffline) -> None:
        """The stream has ended: nothing is owed any more."""
        async with self.bot.write("so") as session:
            await session.execute(delete(OwedShoutOut))

    async def _owe(self, viewers: Iterable[Viewer], seconds: float) -> None:
        """Make up for shout-outs, once for each channel, in the order in which they were asked for.

        Args:
            viewers: whose channels.
            seconds: until the first one may be allowed.
        """
        async with self.bot.write("so") as session:
            waiting = await session.scalar(select(func.count()).select_from(OwedShoutOut)) or 0
            for viewer in viewers:
                if await session.get(OwedShoutOut, viewer.id) is None:
                    session.add(OwedShoutOut(viewer=viewer.id, asked_at=self.bot.clock.now()))
                    after = seconds + waiting
                    await self.bot.schedule(SHOUT_OUT, {"viewer": viewer.id}, after=after, session=session)
                    waiting += 1

    async def _settle(self, viewer_id: int) -> None:
        async with self.bot.write("so") as session:
            await session.execute(delete(OwedShoutOut).where(OwedShoutOut.viewer == viewer_id))

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
