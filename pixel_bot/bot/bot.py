"""The bot: TwitchIO's ``commands.Bot`` with our context, our cogs, and the parts that process what comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from twitchio.authentication.tokens import ManagedHTTPClient
from twitchio.ext import commands
from typing_extensions import override

from pixel_bot.backends.build import Backends, build_backends
from pixel_bot.backends.tts import UnknownVoice, find_voice
from pixel_bot.bot.abandoned_rounds import AbandonedRounds
from pixel_bot.bot.channel import ChatChannel, say_nothing
from pixel_bot.bot.channel_points_admin import ChannelPointsAdmin, NoChannelPoints
from pixel_bot.bot.cog_services.outside import Outside
from pixel_bot.bot.cogs.components import CogComponents
from pixel_bot.bot.cogs.loader import CogLoader
from pixel_bot.bot.cogs.runtime import CogRuntime
from pixel_bot.bot.command_runner import CommandRunner
from pixel_bot.bot.context import Context
from pixel_bot.bot.delivery.announcements import Announcements
from pixel_bot.bot.delivery.outbox import Outbox
from pixel_bot.bot.event_handler import ChannelEventHandler
from pixel_bot.bot.listeners import Listeners
from pixel_bot.bot.notifications import Notifications
from pixel_bot.bot.status import PlatformHealth, Status
from pixel_bot.bot.twitchio_internals import as_twitchio_message
from pixel_bot.clock import micros
from pixel_bot.earning.chat_gate import RECENT
from pixel_bot.model.chat_rules import ChatModes, twitch_rules
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Platform
from pixel_bot.platforms.twitch.events.frames import CHAT
from pixel_bot.platforms.twitch.events.parsing import with_optional_fields
from pixel_bot.platforms.twitch.sender import TwitchSender
from pixel_bot.queue.approvals import Approvals
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.queue.limits import Limits
from pixel_bot.queue.queue import Queue
from pixel_bot.services import Services
from pixel_bot.upkeep.forgetting import ask_cogs
from pixel_bot.wording.texts import texts

_ = texts(__name__)


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """The bot's application on Twitch and two accounts; ``limited`` where it is limited how much one may say.

    ``names`` are what the bot is called in chat: its login, and its display name.
    """

    client_id: str
    bot_id: str
    owner_id: str
    limited: bool = True
    names: tuple[str, ...] = ()


class PixelBot(CogComponents):
    """What cogs get as ``bot``. It has the services, each under its name."""

    def __init__(
        self,
        services: Services,
        account: BotIdentity | None = None,
        backends: Backends | None = None,
        limits: Limits | None = None,
        http: ManagedHTTPClient | None = None,
    ) -> None:
        super().__init__(services)
        self.channels: dict[Platform, ChatChannel] = {}
        """The chats that the bot is in."""
        self.backends = backends or build_backends(services.settings, services.words)
        self.speech = self.backends.speech
        self.text_filter = self.backends.text_filter
        is_there = self.channels.__contains__
        self.dispatcher = Dispatcher(services, self.speech, self.say, limits, is_there, self.text_filter.bleeped)
        self.approvals.clean = self.text_filter.clean
        self.queue = Queue(services, self.dispatcher)
        self.cogs = CogLoader(self, services.redeems, self.queue, services.settings, services.clock)
        self.runtime = CogRuntime(services, self.cogs)
        self._abandoned_rounds = AbandonedRounds(services.database, services.clock, self._is_played, self.announce)
        self.outside = Outside(services, self.runtime, self.backends.obs)
        self.channel_points: ChannelPointsAdmin = NoChannelPoints()
        self.platforms: dict[str, PlatformHealth] = {}
        """The state of the connections, by the platform's name."""
        self.status = Status(services, self.queue, self.backends.obs, services.stream, self.platforms)
        self.status.broken_cogs = self.cogs.broken
        self.announcements = Announcements(services, self.channels, self.text_filter.bleeped)
        self.listeners = Listeners(self)
        self.runner = CommandRunner(
            self.settings.command_prefixes,
            lambda: self.typed_commands,
            lambda: self.reachable_commands,
            self.invoke,
            services.database,
            services.clock,
        )
        self.dispatcher.effects.failed = self.note_failed_effect
        self.runner.failed = self.note_failed_command
        self.runner.used = lambda name: services.uses.note("command", name)
        self.events = ChannelEventHandler(
            services, self.runtime.bus.publish, self.text_filter, self.runtime.event_store
        )
        self.notifications = Notifications(self, services.awards, self.runner, self.events, self.queue, services.bans)
        services.awards.wait_for_commands = self.no_command_waits
        if account is not None:
            self.join_twitch(account, http or self.twitch_http)

    def join_twitch(self, account: BotIdentity, http: ManagedHTTPClient) -> None:
        """From now on the bot has accounts on Twitch, and speaks in the streamer's channel."""
        self.live.follow("twitch", self.services.stream)
        self.use_accounts(account.bot_id, account.owner_id, http)
        if account.bot_id != account.owner_id:  # a streamer whose account speaks for the bot still plays
            self.services.ignore_list.add_own(account.bot_id)
        self.runner.spelling.own_names |= {name.casefold() for name in account.names}
        self.chat_name = next(iter(account.names[::-1]), "")
        sender = TwitchSender(http, account.bot_id, account.owner_id)
        send = say_nothing if self.settings.silent else sender.send
        is_limited = account.limited and not self.settings.silent
        outbox = Outbox(send, twitch_rules("viewer", ChatModes()) if is_limited else None)
        self.channels["twitch"] = ChatChannel("twitch", outbox)
        self.notifications.use(self.channels["twitch"], sender)
        if self.approvals.listens:
            self.notifications.on_message = self.approvals.note

    @property
    def approvals(self) -> Approvals:
        """What waits for a mod's yes."""
        return self.dispatcher.approvals

    @property
    def outbox(self) -> Outbox:
        """What is said on Twitch."""
        return self.channels["twitch"].outbox

    def _is_played(self, cog: str) -> bool:
        """Whether the rounds of a cog go on: it is there, and if it is a game, there are games."""
        games = self.services.games
        return self.cogs.is_loaded(cog) and (games.on or cog not in games.cogs)

    async def recent_chatters(self) -> list[int]:
        """User ids of everybody who chatted in the last 30 minutes, also before a restart."""
        since = self.clock.now() - timedelta(microseconds=RECENT)
        heard = self.awards.gate.authors_since(micros(since))
        return await self.services.economy.chatters_since(since, heard, self.awards.gate.rules)

    async def say(
        self, text: str, reply_to: str | None = None, platform: Platform = "twitch", viewer: str = ""
    ) -> bool:
        """Say in chat what a viewer paid for: it is never dropped. Returns whether chat took it."""
        channel = self.channels.get(platform)
        message = Outgoing(text, reply_to, paid=True, asker=viewer.casefold(), asker_name=viewer)
        return channel is not None and await channel.outbox.put(message) is not None

    def moderates(self, moderates: bool) -> None:
        """Whether the bot moderates the channel on Twitch: then it may say more."""
        channel = self.channels["twitch"]
        if moderates:
            channel.standing = "moderator"
        elif channel.standing == "moderator":  # who is no mod may be a VIP
            channel.standing = "viewer"

    def chat_modes(self, modes: ChatModes) -> None:
        """The modes of the chat on Twitch."""
        self.channels["twitch"].modes = modes

    async def find_voice(self, typed: str) -> str:
        """The voice of that name, as the speech engine writes it.

        Raises:
            ChatError: there is no such voice.
        """
        try:
            return await find_voice(self.speech, typed)
        except UnknownVoice as exc:
            raise UnknownVoice(exc.name, self.settings.command_prefix) from None

    async def begin(self) -> None:
        """Load the cogs and work what waits. No request is made: who is signed in is the platform's matter."""
        await self.set_up()
        await self.dispatcher.start()
        self.dispatch("ready")
        self.set_ready()

    async def settled(self) -> None:
        """Wait until everything received so far is processed and durable, and its answers are sent."""
        while True:
            for channel in tuple(self.channels.values()):
                await channel.settled()
            await self.listeners.idle()
            await self.runtime.idle()
            await self.awards.drained()
            # An award that is durable can be a level, which is told.
            is_busy = self.listeners.are_busy or self.runtime.are_busy
            if not is_busy and not any(channel.is_busy for channel in self.channels.values()):
                return

    async def no_command_waits(self) -> None:
        """Returns when nobody waits for the answer to a command."""
        for channel in tuple(self.channels.values()):
            await channel.commands.idle()

    def twitchio_message(self, frame: Mapping[str, Any]) -> Any:
        """A chat message as TwitchIO has it, for commands and for listeners of cogs."""
        return as_twitchio_message(CHAT, with_optional_fields(frame), self.twitch_http)

    # TwitchIO's hooks

    @override
    def dispatch(self, event: str, payload: Any | None = None) -> None:
        """Call the bot's own method for an event of TwitchIO. TwitchIO itself keeps no reference to its task."""
        self.listeners.start(event, payload)

    @override
    async def event_command_error(self, payload: commands.CommandErrorPayload) -> None:
        """Say in chat what went wrong, in one sentence."""
        context: Any = payload.context
        await self.runner.reply_to_error(context, payload.exception)

    @override
    async def save_tokens(self, path: str | None = None) -> None:
        """Nothing is written in the clear."""

    @override
    async def setup_hook(self) -> None:
        """Load the cogs."""
        await self.runtime.filters.load()
        await self.cogs.load_all()
        await ask_cogs(self.services.database, self.services.cog_tables.loaded)
        self.runtime.timers.add("rounds", self._abandoned_rounds)
        self.runtime.timers.start()

    @override
    def get_context(self, payload: Any, *, cls: Any = None) -> Any:
        """Commands get our context."""
        return super().get_context(payload, cls=cls or Context)
