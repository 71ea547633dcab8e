"""The bot: TwitchIO's ``commands.Bot`` with our context, our cogs, and a short way for plain chat."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from twitchio import PartialUser
from twitchio.authentication.tokens import ManagedHTTPClient
from twitchio.ext import commands

from pixel_bot.backends.build import Backends, build_backends
from pixel_bot.backends.tts import UnknownVoice, find_voice
from pixel_bot.bot.channel import ChatChannel
from pixel_bot.bot.channel_points import ChannelPointsAdmin, NoChannelPoints
from pixel_bot.bot.clips import Clips
from pixel_bot.bot.cog_loader import CogLoader
from pixel_bot.bot.context import Context
from pixel_bot.bot.dispatch import RecordingListener
from pixel_bot.bot.outbox import LIMIT, LIMIT_AS_MOD, Outbox
from pixel_bot.bot.redeem_command import offers_of
from pixel_bot.bot.status import PlatformHealth, Status
from pixel_bot.clock import micros
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Platform
from pixel_bot.platforms.twitch.sender import TwitchSender
from pixel_bot.points.levels import LevelUp
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.queue.limits import Limits
from pixel_bot.queue.queue import Queue
from pixel_bot.services import Services

log = logging.getLogger(__name__)

RECENT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """The bot's application on Twitch and two accounts; ``limited`` where it is limited how much one may say."""

    client_id: str
    bot_id: str
    owner_id: str
    limited: bool = True


class PixelBot(RecordingListener):
    """What cogs get as ``bot``. The services hang on it, each under its name."""

    def __init__(
        self,
        services: Services,
        account: BotIdentity | None = None,
        backends: Backends | None = None,
        limits: Limits | None = None,
        http: ManagedHTTPClient | None = None,
    ) -> None:
        super().__init__(
            client_id="",
            client_secret=None,
            bot_id="",
            owner_id="",
            prefix=services.settings.command_prefix,
            case_insensitive=True,
        )
        self.services = services
        self.settings = services.settings
        self.clock = services.clock
        self.sessions = services.database.sessions
        self.readers = services.database.readers
        self.viewers = services.viewers
        self.levels = services.levels
        self.awards = services.awards
        self.cooldowns = services.cooldowns
        self.economy = services.economy
        self.leaderboard = services.leaderboard
        self.redeems = services.redeems
        self.shop = services.shop
        self.wheel = services.wheel
        self.sounds = services.sounds
        self.overlay = services.overlay
        self.stream = services.stream
        self.backends = backends or build_backends(services.settings, services.mode, self._count_ai_call)
        self.speech = self.backends.speech
        self.ai = self.backends.ai
        self.text_filter = self.backends.text_filter
        self.dispatcher = Dispatcher(
            services, self.backends.speech, self.say, limits, lambda platform: platform in self.channels
        )
        self.queue = Queue(services, self.dispatcher)
        self.clips = Clips(self.backends.obs)
        self.channels = {}
        self.cogs = CogLoader(self, services.settings.cogs_dir)
        self.channel_points: ChannelPointsAdmin = NoChannelPoints()
        self.platforms: dict[str, PlatformHealth] = {}
        """How the connections are, by the names of the places."""
        self.status = Status(services, self.queue, self.backends.obs, services.stream, self.platforms)
        self._is_limited = True
        services.levels.on_level_up = self._tell_level_up
        services.awards.wait_for_commands = self.no_command_waits
        if account is not None:
            self.join_twitch(account, http or self._http)

    def join_twitch(self, account: BotIdentity, http: ManagedHTTPClient) -> None:
        """From now on there are accounts on Twitch: speak there as the bot, in the streamer's channel."""
        self._http = http
        self._bot_id, self._owner_id = account.bot_id, account.owner_id
        self._user = PartialUser(id=account.bot_id, http=http)
        self._is_limited = account.limited
        self._sender = TwitchSender(http, account.bot_id, account.owner_id)
        outbox = Outbox(self._sender.send, LIMIT if account.limited else None)
        self.channels["twitch"] = ChatChannel("twitch", outbox, self.settings)
        self.clips.join_twitch(http, account.owner_id or account.bot_id)

    @property
    def commands_by_name(self) -> Mapping[str, commands.Command[Any, ...]]:
        """All commands by every name they answer to, lower case; some names have two words."""
        return self._commands

    async def recent_chatters(self) -> list[int]:
        """User ids of everybody who chatted in the last 30 minutes, also before a restart."""
        since = self.clock.now() - RECENT
        heard = self.awards.gate.heard_since(micros(since))
        return await self.economy.chatters_since(since, heard, self.awards.gate.rules)

    async def say(self, text: str, reply_to: str | None = None, platform: Platform = "twitch") -> bool:
        """Say in chat what somebody paid for: it is never dropped. Returns whether chat took it."""
        room = self.channels.get(platform)
        return room is not None and await room.outbox.put(Outgoing(text, reply_to, paid=True)) is not None

    def moderates(self, moderates: bool) -> None:
        """Whether the bot moderates the channel: then it may say more."""
        if self._is_limited:
            self.outbox.limit = LIMIT_AS_MOD if moderates else LIMIT

    async def find_voice(self, typed: str) -> str:
        """The voice of that name, as the speech engine writes it.

        Raises:
            ChatError: there is no such voice.
        """
        try:
            return await find_voice(self.speech, typed)
        except UnknownVoice as exc:
            raise UnknownVoice(exc.name, self.settings.command_prefix) from None

    # TwitchIO's hooks

    async def begin(self) -> None:
        """Load the cogs and work what waits. No request is made: who is signed in is the platform's matter."""
        # What Client.login does, without its requests for an application token and for who we and the streamer are.
        self._login_called, self._save_tokens = True, False
        await self._setup()
        await self.dispatcher.start()
        self.dispatch("ready")
        self._ready_event.set()  # what Client.start does; it would also block, and own the web server

    async def save_tokens(self, path: str | None = None) -> None:
        """Nothing is written in the clear."""

    async def setup_hook(self) -> None:
        """Load the cogs."""
        await self.cogs.load_all()

    async def add_component(self, component: commands.Component, /) -> None:
        """Add a cog, all or nothing: TwitchIO's clean-up would take away commands of those who had the names first.

        Raises:
            ComponentLoadError: its name, or that of a command, is taken.
        """
        names = [n for c in component.__all_commands__.values() for n in (c.name, *c.aliases)]
        taken = [n for n in names if n in self._commands]
        if taken:
            raise commands.ComponentLoadError(f"{self._prefix}{taken[0]} exists already, in another cog")
        if component.name in self._components:
            raise commands.ComponentLoadError(f"a cog class named {component.name} is loaded already")
        try:
            await self.redeems.offer(offers_of(component.__all_commands__.values()))
        except ValueError as exc:
            raise commands.ComponentLoadError(str(exc)) from exc
        try:
            self.dispatcher.effects.add(component)
            await super().add_component(component)
        except BaseException:
            self._forget(component)
            raise

    async def remove_component(self, name: str, /) -> commands.Component | None:
        """Take a cog away, with what it offers."""
        component = await super().remove_component(name)
        if component is not None:
            self._forget(component)
        return component

    def _forget(self, component: commands.Component) -> None:
        self.redeems.withdraw([o.key for o in offers_of(component.__all_commands__.values())])
        self.dispatcher.effects.remove(component)

    def get_context(self, payload: Any, *, cls: Any = None) -> Any:
        """Commands get our context."""
        return super().get_context(payload, cls=cls or Context)

    async def _count_ai_call(self) -> None:
        limit = self.settings.ai_daily_limit
        await self.services.quota.take("ai", limit, "The AI has answered enough for today; it is back tomorrow.")

    async def _tell_level_up(self, up: LevelUp) -> None:
        room = self.channels.get(up.platform) or next(iter(self.channels.values()), None)
        if room is not None:
            room.tasks.spawn(room.say_free(up.message))
