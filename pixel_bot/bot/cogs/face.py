"""What a cog can ask the bot for, apart from its services: events, schedules, the stream, free speech."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from pixel_bot.bot.channel import ChatChannel
from pixel_bot.bot.cog_services.channel_control import ChannelControl
from pixel_bot.bot.cog_services.http import CogHttp
from pixel_bot.bot.cog_services.moderation import Moderation
from pixel_bot.bot.cog_services.obs import ObsControl
from pixel_bot.bot.cog_services.outside import Outside
from pixel_bot.bot.cogs.live import Live
from pixel_bot.bot.cogs.runtime import CogRuntime
from pixel_bot.bot.cogs.timing import Missed, moment_of
from pixel_bot.bot.service_names import ServiceNames
from pixel_bot.db.meta import first_start
from pixel_bot.filters.no_command import no_command
from pixel_bot.model.event import Event
from pixel_bot.model.people import Platform
from pixel_bot.points.economy.figures import Figures
from pixel_bot.points.economy.measure import measured
from pixel_bot.texts import fit, visible
from pixel_bot.variables.call import Rendered, VariableSource
from pixel_bot.variables.parsing import variables_in
from pixel_bot.variables.rendering import render

log = logging.getLogger(__name__)

DOORS = (
    "announce",
    "channel",
    "chat_name",
    "clock",
    "command_table",
    "cooldowns",
    "economy",
    "economy_figures",
    "emit",
    "first_start",
    "games",
    "hand_over",
    "http",
    "leaderboard",
    "levels",
    "live",
    "mode",
    "moderation",
    "obs",
    "open_rounds",
    "overlay",
    "publish",
    "owed",
    "put_command",
    "queue",
    "quota",
    "readers",
    "recent_chatters",
    "redeems",
    "render",
    "schedule",
    "sessions",
    "settings",
    "sounds",
    "stored_draw",
    "subscribe",
    "stored_promise",
    "take_command",
    "text_filter",
    "transaction",
    "unschedule",
    "variables_in",
    "viewers",
    "write",
)
"""What a cog may ask ``bot`` for. With the names of ``pixel_bot.plugin`` that is all that is promised.

``docs/cogs.md`` explains each, and a test holds both against each other.
"""


class CogFace(ServiceNames):
    """The bot, as cogs use it."""

    runtime: CogRuntime
    channels: dict[Platform, ChatChannel]
    outside: Outside
    chat_name = ""
    """What the bot is called in chat on Twitch, for mentions; empty while it is not there."""

    @property
    def live(self) -> Live:
        """True while a stream is on, on any platform; ``bot.live.since`` is when it began."""
        return self.runtime.live

    @property
    def games(self) -> bool:
        """Whether the streamer has said yes to games with points."""
        return self.services.games.on

    @property
    def moderation(self) -> Moderation:
        """Deletes messages, times people out, and warns them."""
        return self.outside.moderation

    @property
    def channel(self) -> ChannelControl:
        """Title and category of the channel, announcements, shout-outs, who follows and who is there."""
        return self.outside.channel

    @property
    @override
    def http(self) -> CogHttp:  # pyright: ignore[reportIncompatibleMethodOverride] - TwitchIO's own is ``twitch_http``
        """HTTP requests, over one pool of connections."""
        return self.outside.http

    @property
    def obs(self) -> ObsControl:
        """Scenes, sources, filters and texts in OBS."""
        return self.outside.obs

    async def first_start(self) -> datetime | None:
        """When the bot first started on its database; None for one that is older than this note."""
        async with self.readers() as session:
            return await first_start(session)

    def emit(self, event: Event) -> None:
        """Tell an event of one's own to all cogs that hear it.

        Raises:
            TypeError: it is none; or it is one that the bot itself tells.
        """
        if not isinstance(event, Event):  # pyright: ignore[reportUnnecessaryIsInstance] - not every author uses a checker
            shown = event.__name__ if isinstance(event, type) else type(event).__name__
            raise TypeError(f"bot.emit takes an object of a class that derives from Event, and {shown} is none.")
        if type(event).__module__.startswith("pixel_bot."):
            raise TypeError(f"{type(event).__name__} is told by the bot itself. Make a class of your own.")
        self.runtime.bus.publish(event)

    def publish(self, topic: str, text: str = "") -> None:
        """Tell the cog in the other processes that share the database; nobody, where there is only this one.

        Call it after the block of a transaction, so that they find what was written.

        Args:
            topic: as they have subscribed to it; begin it with the cog's name.
            text: what they are told. It may be lost: they read the database at their start, and this now and then.
        """
        self.services.cluster.publish(topic, text)

    def subscribe(self, topic: str, heard: Callable[[str], None]) -> Callable[[], None]:
        """Have a function called with what other processes publish. Returns what ends that, for ``cog_unload``."""
        subscribers = self.services.cluster.subscribers.setdefault(topic, set())
        subscribers.add(heard)
        return lambda: subscribers.discard(heard)

    async def announce(self, text: str, platform: Platform | None = None) -> bool:
        """Say something in chat that nobody asked for. Under pressure it is left out.

        Args:
            text: too long a one is cut at a word.
            platform: where; None for every chat that the bot is in.

        Returns:
            Whether any chat took it.
        """
        places = self.channels.values() if platform is None else [c for c in [self.channels.get(platform)] if c]
        taken = [await channel.say_free(text) for channel in tuple(places)]
        return any(taken)

    async def render(self, text: str, source: VariableSource) -> Rendered:
        """Fill in the variables of a text that the streamer or a mod wrote, like ``$(user)``.

        Args:
            text: with variables; those that no cog knows stay as they are.
            source: for whom: ``ctx.source("what they typed")``, or one of your own.

        Returns:
            The text, on one line, which is no command of any bot and fits into chat; and what did not work.
        """
        done = await render(text, source, self.runtime.variables.find, self._variable_failed)
        return replace(done, text=fit(no_command(visible(done.text), self.settings.command_prefixes)))

    def variables_in(self, text: str) -> dict[str, bool]:
        """The variables of a text by name, like ``user.points``, each with whether it is known here."""
        find = self.runtime.variables.find
        return {f"{n}.{after}" if after else n: find(n, after) is not None for n, after in variables_in(text)}

    def _variable_failed(self, name: str, error: Exception) -> None:
        log.error("The variable %s failed.", name, exc_info=error)

    async def schedule(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        *,
        after: float | timedelta | None = None,
        at: datetime | None = None,
        missed: Missed = "once",
        session: AsyncSession | None = None,
    ) -> None:
        """Have the method with ``@scheduled(name)`` called once, at a time. It survives a restart.

        Args:
            name: of the schedule.
            args: what the method gets as ``call.args``: texts, numbers, lists and dictionaries.
            after: seconds from now.
            at: or a moment, aware.
            missed: what becomes of it if the bot is down then: ``once`` (soon after the start) or ``skip``.
            session: of a transaction that it is part of: it is due only if that commits.

        Raises:
            ValueError: no loaded cog has such a schedule; or the time or a value cannot be used.
        """
        await self.runtime.timers.schedule(name, args, moment_of(self.clock, after, at), missed, session)

    async def unschedule(self, name: str) -> int:
        """Take back all that waits under that name. Returns how many calls that were."""
        return await self.runtime.timers.unschedule(name)

    async def economy_figures(self, days: int = 30) -> Figures:
        """Where points came from and went to in the last days, and what that means for prices. It may take seconds."""
        earned = self.settings
        return await measured(
            self.services.database,
            self.clock.now(),
            days,
            watch_minutes=earned.points_watch_minutes,
            chat_seconds=earned.points_chat_cooldown_seconds,
            keys=self.redeems.keys,
        )
