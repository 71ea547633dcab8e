"""The running bot, on one platform or both: start, late joining of a platform, orderly shutdown."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from pixel_bot.bot.bot import PixelBot
from pixel_bot.bot.command import command_list, help_line, usage
from pixel_bot.bot.guards import audience
from pixel_bot.bot.joystick import JoystickChannel
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import Mode, claim_mode, note_first_start
from pixel_bot.db.write_outage import in_plain_words
from pixel_bot.errors import FolderNotWritable
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.stream_events import CommandsImported
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.twitch.platform import TwitchPlatform
from pixel_bot.run.database_watch import look_at_the_end
from pixel_bot.run.housekeeping import Housekeeping
from pixel_bot.run.twitch_tasks import TwitchTasks
from pixel_bot.services import Services, build_services
from pixel_bot.settings import Settings
from pixel_bot.texts import count
from pixel_bot.upkeep.backup_folder import tighten_kept
from pixel_bot.upkeep.forgetting import forget_again
from pixel_bot.upkeep.rescue import refuse_to_begin_anew
from pixel_bot.upkeep.upgrade import upgrade
from pixel_bot.wording.texts import use_language

log = logging.getLogger(__name__)

DRAIN_SECONDS = 10.0

LAST_SECONDS = 2.0
"""How long cogs may take over what was told last."""


@asynccontextmanager
async def opened(
    settings: Settings, mode: Mode, clock: Clock, left_out: Collection[str] = ()
) -> AsyncGenerator[Services]:
    """The database, upgraded where needed, and the services over it.

    Args:
        settings: of this bot.
        mode: what the database is marked for.
        clock: what time it is.
        left_out: logins that do not compete on leaderboards.

    Raises:
        DatabaseRefused: it is damaged, newer, or of the other mode.
        FolderNotWritable, DatabaseNotWritable: it must be written, and cannot be.
        DatabaseLost: in the end: its file was deleted or replaced.
        RescuedCopyWaits: it was lost, and its copy has not been restored yet.
    """
    database = Database(settings.database_for(mode))
    refuse_to_begin_anew(database.path, settings.backup_dir, mode)
    try:
        with in_plain_words(database.path):
            done = await upgrade(database, settings.backup_dir)
            if done.backup is not None:
                log.info("Before the database was upgraded, it was copied to %s.", done.backup)
            for line in done.report:
                log.info("%s", line)
            await database.remember_file()
            await asyncio.to_thread(tighten_kept, settings.backup_dir)
            await _mark(database, mode, clock.now())
            await forget_again(database, clock.now(), settings.backup_dir, mode)
            services = build_services(settings, database, clock, left_out, mode)
            await services.games.read()
            if changed := await services.levels.align():
                log.info("The level curve is new: %s moved, without rewards.", count(changed, "viewer"))
            try:
                yield services
            finally:
                await look_at_the_end(services)
    finally:
        use_language()  # another bot of this process chooses for itself
        await database.close()


async def _mark(database: Database, mode: Mode, now: datetime) -> None:
    try:
        async with database.write() as session:
            await claim_mode(session, mode)
            await note_first_start(session, now)
    except OperationalError as exc:
        if database.path is not None and "readonly" in str(exc):
            raise FolderNotWritable(database.path.parent, "DATA_DIR") from exc
        raise


class RunningBot:
    """The bot, on the platforms that are there. Needs a running event loop.

    Args:
        services: over the open database.
        twitch: with both accounts known; None where there is none, or not yet.
        joystick: with the bot installed; None where there is none, or not yet.
        limited: whether the platforms limit how much an account may say; the sandbox does not.
    """

    def __init__(
        self,
        services: Services,
        twitch: TwitchPlatform | None = None,
        joystick: JoystickPlatform | None = None,
        *,
        limited: bool = True,
    ) -> None:
        self.services = services
        self.bot = PixelBot(services)
        self._limited = limited
        self._twitch = self._twitch_tasks(twitch) if twitch is not None else None
        self._joystick = joystick
        self._joystick_channel = self._channel_on(joystick) if joystick is not None else None
        self._housekeeping = Housekeeping(services)
        self._housekeeping.on_import = lambda: self.bot.runtime.bus.publish(CommandsImported())
        self._started = asyncio.Event()

    async def begin(self) -> None:
        """Load the cogs, process what the last run left, and listen."""
        self.services.awards.start()
        self.bot.backends.start()
        await self.bot.begin()
        if self._twitch is not None:
            self._twitch.begin()
        if self._joystick is not None and self._joystick_channel is not None:
            self._joystick.listen(self._joystick_channel)
        self._housekeeping.begin()
        self._started.set()

    async def wait_until_started(self) -> None:
        """Wait until ``begin`` is done."""
        await self._started.wait()

    @property
    def platform(self) -> TwitchPlatform:
        """Twitch, where the bot is known to be there."""
        if self._twitch is None:
            raise LookupError("The bot is not on Twitch.")
        return self._twitch.platform

    @property
    def is_on_twitch(self) -> bool:
        """True once the bot is on Twitch."""
        return self._twitch is not None

    @property
    def is_on_joystick(self) -> bool:
        """True once the bot is on Joystick.tv."""
        return self._joystick is not None

    def foreign_rewards(self) -> list[str]:
        """Titles of rewards for channel points that another application made, and that the bot cannot change."""
        return self._twitch.foreign_rewards() if self._twitch is not None else []

    def join_twitch(self, platform: TwitchPlatform) -> None:
        """The accounts are known now: go on Twitch, too."""
        self._twitch = self._twitch_tasks(platform)
        self._twitch.begin()
        self.bot.dispatcher.tell_news()

    def join_joystick(self, platform: JoystickPlatform) -> None:
        """The bot is installed now: go on Joystick.tv, too."""
        self._joystick, self._joystick_channel = platform, self._channel_on(platform)
        platform.listen(self._joystick_channel)
        self.bot.dispatcher.tell_news()

    async def tell_every_chat(self, words: str) -> None:
        """Say something in each chat that the bot is in, as soon as that takes it."""
        message = Outgoing(words, paid=True)
        await asyncio.gather(*(channel.outbox.put(message) for channel in self.bot.channels.values()))

    async def end(self) -> None:
        """Orderly shutdown: stop listening, process what was received, then close everything."""
        if self._twitch is not None:
            await self._twitch.stop_listening()
        if self._joystick is not None:
            await self._joystick.stop_listening()
        await self.bot.runtime.timers.stop()
        await self._drain()
        await self.bot.events.flush()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self.bot.runtime.idle()
        if self._twitch is not None:
            await self._twitch.end()
        await self._housekeeping.end()
        await self.bot.dispatcher.stop()
        await self.bot.runtime.close()  # what cogs say as they go is sent before the chats are left
        await asyncio.gather(*(channel.close(DRAIN_SECONDS) for channel in self.bot.channels.values()))
        await self.services.awards.stop()
        await self.bot.backends.close()
        await self.bot.close()

    async def _drain(self) -> None:
        if self.services.awards.write_outage.is_final:
            return  # what waits would wait for ever
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.bot.settled()
        except TimeoutError:
            log.warning("Some commands were still at work at the end.")

    def _twitch_tasks(self, platform: TwitchPlatform) -> TwitchTasks:
        others = dict(self.bot.platforms)
        self.bot.platforms.clear()  # Twitch is named first, whenever it came
        self.bot.platforms["Twitch" if self.services.mode == "live" else "the sandbox"] = platform
        self.bot.platforms.update(others)
        return TwitchTasks(self.bot, self.services, platform, limited=self._limited)

    def _channel_on(self, platform: JoystickPlatform) -> JoystickChannel:
        self.bot.platforms["Joystick.tv"] = platform
        self.bot.live.follow("joystick", platform.stream)
        channel = JoystickChannel(self.bot, platform.sender.send, limited=self._limited)
        self.bot.channels["joystick"] = channel
        self.bot.outside.join_joystick(platform.connection.perform, channel.whisper)
        return channel


async def health(services: Services, platforms: Callable[[], Sequence[str]]) -> list[str]:
    """What is wrong, one sentence each: with the database, and with the platforms."""
    if services.database.closed:
        return ["The bot is stopping."]
    outage = services.awards.write_outage
    if (identity := services.database.identity) is not None:
        state = await asyncio.to_thread(identity.state)
        outage.report(state)
        if state.is_loss:
            identity.noticed.set()
            return [str(outage.now), *platforms()]
    try:
        async with services.database.readers() as session:
            await session.execute(text("SELECT 1 FROM meta"))
    except DBAPIError:
        return ["The database cannot be read.", *platforms()]
    return [*([] if outage.now is None else [str(outage.now)]), *platforms()]


def describe_commands(bot: PixelBot) -> Sequence[dict[str, Any]]:
    """All commands for people: name, how to type it, what it does, and whether it is for mods."""
    prefix = bot.settings.command_prefix
    return [
        {
            "name": c.name,
            "usage": usage(c, prefix),
            "help": help_line(c),
            "mods": audience(c) != "everyone",
        }
        for c in command_list(bot)
    ]
