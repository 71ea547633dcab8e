"""A bot at work on Twitch, and what runs beside it: from its start to an orderly end."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from pixel_bot.bot import Account, PixelBot
from pixel_bot.chat.command import command_list, usage
from pixel_bot.chat.guards import audience
from pixel_bot.chat.native import NativeDesk, redemption_of, signs_of
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import Mode, claim_mode
from pixel_bot.db.schema import upgrade
from pixel_bot.errors import FolderNotWritable
from pixel_bot.platforms.rounds import keep_running
from pixel_bot.platforms.twitch.channel import Channel
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.platform import TwitchPlatform
from pixel_bot.platforms.twitch.presence import TwitchPresence
from pixel_bot.platforms.twitch.redemptions import Redemptions
from pixel_bot.platforms.twitch.rewards import Rewards
from pixel_bot.services.container import Services, build_services
from pixel_bot.services.watch import WatchTime
from pixel_bot.services.watchdog import Watchdog
from pixel_bot.settings import Settings
from pixel_bot.texts import count

log = logging.getLogger(__name__)

DRAIN_SECONDS = 10.0
CLEAN_UP_SECONDS = 3_600.0


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
    """
    database = Database(settings.database_for(mode))
    try:
        done = await upgrade(database, settings.backup_dir)
        if done.backup is not None:
            log.info("Before the database was upgraded, it was copied to %s.", done.backup)
        for line in done.report:
            log.info("%s", line)
        await _mark(database, mode)
        services = build_services(settings, database, clock, left_out, mode)
        if changed := await services.levels.align():
            log.info("The level curve is new: %s moved, without rewards.", count(changed, "viewer"))
        yield services
    finally:
        await database.close()


async def _mark(database: Database, mode: Mode) -> None:
    try:
        async with database.write() as session:
            await claim_mode(session, mode)
    except OperationalError as exc:
        if database.path is not None and "readonly" in str(exc):
            raise FolderNotWritable(database.path.parent, "DATA_DIR") from exc
        raise


class Show:
    """The bot of the two accounts that are known. Needs a running event loop.

    Args:
        services: over the open database.
        platform: Twitch.
        limited: whether Twitch limits how much an account may say; the sandbox does not.
    """

    def __init__(self, services: Services, platform: TwitchPlatform, *, limited: bool = True) -> None:
        bot_id, owner_id = platform.accounts.id_of("bot"), platform.accounts.id_of("broadcaster")
        account = Account(platform.client_id, bot_id, owner_id, limited)
        self.services = services
        self.platform = platform
        self.bot = bot = PixelBot(services, account, http=platform.http)
        bot.platform = platform
        self._channel = Channel(platform.helix, platform.accounts, (bot_id, owner_id), services.stream, bot.moderates)
        self._rewards = Rewards(platform.helix, services.natives, services.redeems, owner_id, lambda: signs_of(bot))
        bot.natives = self._rewards
        desk = NativeDesk(bot, services.natives)
        self._redemptions = Redemptions(platform.helix, services.natives, services.clock, owner_id, desk)
        self._watch = WatchTime(
            services.settings,
            services.clock,
            services.stream,
            services.database,
            services.awards.event,
            TwitchPresence(platform.helix, owner_id),
            (bot_id, owner_id),
        )
        self._watchdog = Watchdog(services.clock, services.stream, self._look_at_subscriptions)
        self._beside: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Load the cogs, work what the last run left, and listen."""
        self.services.awards.start()
        self.bot.backends.start()
        self.bot.hear_more = self._hear_more
        self.bot.heard_chat = self._watchdog.heard
        await self.bot.begin()
        self.platform.eventsub.reconnected.add(self._catch_up)
        self.platform.accounts.changed.add(self._catch_up)
        self.platform.listen(self.bot, self._channel)
        self._run("clean-up", lambda: _clean_up(self.services))
        self._run("watch-time", self._watch.run)
        self._run("watchdog", self._watchdog.run)
        self._run("redemptions", self._redemptions.run)
        self._run("rewards", self._rewards.run)

    async def end(self) -> None:
        """First deaf, then all that was heard is worked, then gone."""
        self.platform.accounts.changed.discard(self._catch_up)
        await self.platform.deafen()
        await self._settle()
        await self.bot.shoutouts.close()
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self.bot.jobs.stop()
        await self.bot.outbox.drained(DRAIN_SECONDS)
        await self.bot.outbox.stop()
        await self.services.awards.stop()
        await self.bot.backends.close()
        await self.bot.close()

    async def _settle(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.bot.settled()
        except TimeoutError:
            log.warning("Some commands were still at work at the end.")

    def _catch_up(self, _role: Role | None = None) -> None:
        """We were deaf, or may do more than before: look at what happened meanwhile."""
        self._channel.look_again()
        self._redemptions.catch_up()
        self._rewards.catch_up()

    def _hear_more(self, frame: Mapping[str, Any]) -> None:
        redemption = redemption_of(frame)
        if redemption is not None:
            self._redemptions.hear(redemption)
            if redemption.status == "fulfilled" and not redemption.again:
                self._rewards.catch_up()  # somebody let Twitch complete it before the effect
        else:
            self._channel.hear(frame)

    async def _look_at_subscriptions(self) -> None:
        self.platform.eventsub.look_again()

    def _run(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._beside.append(asyncio.create_task(keep_running(name, work), name=name))


async def _clean_up(services: Services) -> None:
    while True:
        await asyncio.sleep(CLEAN_UP_SECONDS)
        try:
            await services.cooldowns.clean_up()
        except DBAPIError as exc:
            log.warning("Old cooldowns could not be removed; they are tried again in an hour: %s", exc.orig)


async def health(services: Services, platform: Callable[[], Sequence[str]]) -> list[str]:
    """What is wrong, one sentence each: with the database, and with the platform."""
    if services.database.closed:
        return ["The bot is stopping."]
    try:
        async with services.database.readers() as session:
            await session.execute(text("SELECT 1"))
    except DBAPIError:
        return ["The database cannot be read.", *platform()]
    return list(platform())


def describe_commands(bot: PixelBot) -> Sequence[dict[str, Any]]:
    """All commands for people: name, how to type it, what it does, and whether it is for mods."""
    prefix = bot.settings.command_prefix
    return [
        {
            "name": c.name,
            "usage": usage(c, prefix),
            "help": c.help.strip().partition("\n")[0],
            "mods": audience(c) != "everyone",
        }
        for c in command_list(bot)
    ]
