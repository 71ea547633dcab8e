"""Background tasks on Twitch: the channel's state, channel points, watch time, the watchdog."""

import asyncio
from collections.abc import Collection

from pixel_bot.bot.bot import BotIdentity, PixelBot
from pixel_bot.bot.redemptions import RedemptionHandler, reward_texts
from pixel_bot.concurrency.retry import keep_running
from pixel_bot.earning.watch_time import WatchTime
from pixel_bot.platforms.twitch.accounts import ROLES
from pixel_bot.platforms.twitch.ban_check import BanCheck
from pixel_bot.platforms.twitch.channel_state import ChannelState
from pixel_bot.platforms.twitch.events.frames import Frame
from pixel_bot.platforms.twitch.events.notices import NOTICE
from pixel_bot.platforms.twitch.events.redemptions import heard_redemption, parse_redemption
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.platform import TwitchPlatform
from pixel_bot.platforms.twitch.presence import TwitchPresence
from pixel_bot.platforms.twitch.redemptions import Redemptions
from pixel_bot.platforms.twitch.rewards import Rewards
from pixel_bot.platforms.twitch.user_lookup import UserLookup
from pixel_bot.platforms.twitch.watchdog import Watchdog
from pixel_bot.services import Services


class TwitchTasks:
    """The part of a bot that is on Twitch, as soon as the two accounts are known.

    Args:
        bot, services: of this bot.
        platform: Twitch.
        limited: whether Twitch limits how much an account may say; the sandbox does not.
    """

    def __init__(self, bot: PixelBot, services: Services, platform: TwitchPlatform, *, limited: bool) -> None:
        bot_id, owner_id = platform.accounts.id_of("bot"), platform.accounts.id_of("broadcaster")
        self._bot = bot
        self.platform = platform
        account = platform.accounts.get("bot")
        names = (account.login, account.display_name) if account is not None else ()
        bot.join_twitch(BotIdentity(platform.client_id, bot_id, owner_id, limited, names), platform.http)
        bot.outside.join_twitch(platform.helix, owner_id)
        bot.runtime.scopes.granted = lambda role: _granted(platform, role)
        self._lookup = UserLookup(platform.helix, self._signing_role, services.clock)
        services.people.twitch = self._lookup
        self._channel = ChannelState(
            platform.helix, platform.accounts, (bot_id, owner_id), services.stream, bot.moderates, bot.chat_modes
        )
        self._rewards = Rewards(
            platform.helix, services.channel_points, services.redeems, owner_id, lambda: reward_texts(bot)
        )
        bot.channel_points = self._rewards
        handler = RedemptionHandler(bot, services.channel_points)
        self._redemptions = Redemptions(platform.helix, services.channel_points, services.clock, owner_id, handler)
        self._watch = WatchTime(
            services.settings,
            services.clock,
            services.stream,
            services.database,
            services.awards.event,
            TwitchPresence(platform.helix, owner_id),
            (bot_id, owner_id),
            services.ignore_list,
        )
        self._bans = BanCheck(platform.helix, services.bans, owner_id)
        self._watchdog = Watchdog(
            services.clock, services.stream, self._look_at_subscriptions, lambda: platform.eventsub.listens
        )
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Listen, and work beside it. The cogs must be loaded."""
        self._bot.notifications.on_other_event = self._on_other_event
        self._bot.notifications.on_any_chat = self._watchdog.on_chat
        self._bot.events.waits.are_heard = lambda: self.platform.eventsub.is_held(NOTICE)
        twitch = self._bot.channels["twitch"]
        twitch.payments.spawn(self._bot.events.announce_missed(twitch))
        self.platform.eventsub.reconnected.add(self._catch_up)
        self.platform.accounts.changed.add(self._catch_up)
        self.platform.listen(self._bot.notifications, self._channel)
        work = {
            "watch-time": self._watch.run,
            "watchdog": self._watchdog.run,
            "redemptions": self._redemptions.run,
            "rewards": self._rewards.run,
            "bans": self._bans.run,
        }
        self._tasks = [asyncio.create_task(keep_running(name, run), name=name) for name, run in work.items()]

    def foreign_rewards(self) -> list[str]:
        """Titles of rewards for channel points that another application made."""
        return sorted(self._rewards.foreign.values())

    async def stop_listening(self) -> None:
        """Stop listening."""
        self.platform.accounts.changed.discard(self._catch_up)
        await self.platform.stop_listening()

    async def end(self) -> None:
        """End the background tasks."""
        await self._lookup.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _signing_role(self) -> Role | None:
        """Whose token signs requests that any token can; None while nobody is signed in."""
        accounts = self.platform.accounts
        return next((role for role in ROLES if accounts.tokens_of(role) is not None), None)

    def _catch_up(self, _role: Role | None = None) -> None:
        """We were deaf, or may do more than before: look at what happened meanwhile."""
        self._channel.check_soon()
        self._redemptions.catch_up()
        self._rewards.catch_up()
        self._bans.check_soon()

    def _on_other_event(self, frame: Frame) -> None:
        if (heard := heard_redemption(frame)) is not None:
            self._bot.channels["twitch"].tasks.spawn(self._bot.runtime.on_redemption(heard))
        redemption = parse_redemption(frame)
        if redemption is not None:
            self._redemptions.on_event(redemption)
            if redemption.status == "fulfilled" and not redemption.again:
                self._rewards.catch_up()  # somebody let Twitch complete it before the effect
        else:
            self._channel.on_event(frame)

    async def _look_at_subscriptions(self) -> None:
        self.platform.eventsub.reconcile_soon()


def _granted(platform: TwitchPlatform, role: Role) -> Collection[str] | None:
    """The scopes of an account that is signed in; None where nobody is, which is said elsewhere."""
    account = platform.accounts.get(role)
    return account.scopes if account is not None and account.tokens is not None else None
