"""The bot: TwitchIO's ``commands.Bot`` with our context, our cogs, and a short way for plain chat."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from twitchio.ext import commands
from twitchio.models.eventsub_ import create_event_instance

from pixel_bot.chat.cogs import Cogs
from pixel_bot.chat.context import Context
from pixel_bot.chat.crew import Crew
from pixel_bot.chat.hearing import CHAT, Heard, complete, happening_of, hear
from pixel_bot.chat.outbox import LIMIT, Outbox, Outgoing
from pixel_bot.chat.replies import sentence_for
from pixel_bot.chat.voice import Voice
from pixel_bot.clock import micros
from pixel_bot.logs import hide
from pixel_bot.services.cause import because_of
from pixel_bot.services.container import Services
from pixel_bot.services.happenings import Happening, award_for
from pixel_bot.services.levels import LevelUp
from pixel_bot.services.memory import Memory

log = logging.getLogger(__name__)

REMEMBERED_MESSAGES = 20_000
RECENT = timedelta(minutes=30)
MAX_COMMANDS = 1_000
"""Commands under way before the socket waits."""


@dataclass(frozen=True, slots=True)
class Account:
    """The bot's application, the two accounts, and their tokens as (access, refresh) pairs."""

    client_id: str
    client_secret: str
    bot_id: str
    owner_id: str
    tokens: tuple[tuple[str, str], ...] = ()
    limited: bool = True


class PixelBot(commands.Bot):
    """What cogs get as ``bot``. The services hang on it, each under its name."""

    def __init__(self, services: Services, account: Account) -> None:
        super().__init__(
            client_id=account.client_id,
            client_secret=account.client_secret,
            bot_id=account.bot_id,
            owner_id=account.owner_id,
            prefix=services.settings.command_prefix,
            case_insensitive=True,
        )
        for secret in (account.client_secret, *(token for pair in account.tokens for token in pair)):
            hide(secret)
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
        self._voice = Voice(self._http, account.bot_id, account.owner_id)
        self.outbox = Outbox(self._voice.send, LIMIT if account.limited else None)
        self.cogs = Cogs(self, services.settings.cogs_dir)
        self.notifications = 0
        self._account = account
        self._prefix = services.settings.command_prefix
        self._seen: Memory[str, bool] = Memory(REMEMBERED_MESSAGES)
        self._crew = Crew()
        self._commands_under_way = Crew()
        self._heard_more = asyncio.Event()
        services.levels.on_level_up = self._tell_level_up
        services.awards.people_wait = self._commands_under_way.idle

    @property
    def commands_by_name(self) -> Mapping[str, commands.Command[Any, ...]]:
        """All commands by every name they answer to, lower case; some names have two words."""
        return self._commands

    async def recent_chatters(self) -> list[int]:
        """User ids of everybody who chatted in the last 30 minutes, also before a restart."""
        since = self.clock.now() - RECENT
        heard = self.awards.gate.heard_since(micros(since))
        return await self.economy.chatters_since(since, heard, self.awards.gate.rules)

    # TwitchIO's hooks

    async def load_tokens(self, path: str | None = None) -> None:
        """Tokens come with the account, not from a file."""
        for access, refresh in self._account.tokens:
            await self.add_token(access, refresh)

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
        await super().add_component(component)

    def get_context(self, payload: Any, *, cls: Any = None) -> Any:
        """Commands get our context."""
        return super().get_context(payload, cls=cls or Context)

    def dispatch(self, event: str, payload: Any | None = None) -> None:
        """Start the listeners of an event, each in a task of its own that is held on to until it ends.

        The bot's own ``event_message`` is left out: commands start where the message is heard.
        """
        name = f"event_{event.lower()}"
        own = getattr(self, name, None) if event != "message" else None
        for listener in (*self._listeners.get(name, ()), *((own,) if own else ())):
            self._crew.spawn(self._dispatch(listener, original=payload))
        for waiter in tuple(self._wait_fors.get(name, ())):
            self._crew.spawn(waiter(payload) if payload else waiter())

    async def event_command_error(self, payload: commands.CommandErrorPayload) -> None:
        """Say in chat what went wrong, in one sentence."""
        ctx: Context = payload.context  # pyright: ignore[reportAssignmentType]
        sentence = sentence_for(payload.exception, usage(ctx.command, self._prefix))
        if sentence is not None:
            await ctx.reply(sentence)

    # Hearing

    def notify(self, frame: Mapping[str, Any]) -> None:
        """Take a notification from the socket. Never raises: a frame that cannot be read is logged and left out."""
        self.notifications += 1
        self._heard_more.set()
        try:
            if frame["metadata"]["subscription_type"] == CHAT:
                self._hear_chat(frame)
            elif (happening := happening_of(frame)) is not None:
                self._crew.spawn(self._pay(happening))
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            log.warning("An event from Twitch was left out, because it cannot be read: %s %s", type(exc).__name__, exc)

    @property
    def is_pressed(self) -> bool:
        """True when the socket should await ``breathe`` before it reads on."""
        return self.awards.is_full or len(self._crew) + len(self._commands_under_way) >= MAX_COMMANDS

    async def breathe(self) -> None:
        """Wait until there is room for more."""
        await self.awards.room()
        await self._crew.fewer_than(MAX_COMMANDS)
        await self._commands_under_way.fewer_than(MAX_COMMANDS)

    async def heard(self, notifications: int) -> None:
        """Wait until so many notifications, since the start, were taken from the sockets."""
        while self.notifications < notifications:
            self._heard_more.clear()
            await self._heard_more.wait()

    async def settled(self) -> None:
        """Wait until everything heard so far is worked and durable, and its answers are sent."""
        while self._commands_under_way or self._crew:
            await self._commands_under_way.idle()
            await self._crew.idle()
        await self.awards.drained()

    def _hear_chat(self, frame: Mapping[str, Any]) -> None:
        heard = hear(frame)
        if not self._seen.add(heard.line.message_id, True):
            return
        if self._voice.is_own(heard):
            if self.outbox.limit is not None:
                self.outbox.limit = self._voice.limit_by(frame)
            return
        if not heard.guest:
            if heard.text.startswith(self._prefix):
                self._hear_command(frame, heard)
            else:
                self.awards.chat(heard.line)
        if self._listeners.get("event_message") or self._wait_fors.get("event_message"):
            self.dispatch("message", self._message(frame))

    def _hear_command(self, frame: Mapping[str, Any], heard: Heard) -> None:
        words = heard.text[len(self._prefix) :].lower().split(maxsplit=2)
        if words and (words[0] in self._commands or " ".join(words[:2]) in self._commands):
            message = self._message(frame)
            message.text = heard.text
            self._commands_under_way.spawn(self._obey(message))

    def _message(self, frame: Mapping[str, Any]) -> Any:
        return create_event_instance(CHAT, complete(frame), http=self._http)

    async def _obey(self, message: Any) -> None:
        context: Context = self.get_context(message)
        because_of(message.id, self.clock.now())
        try:
            await self.invoke(context)
        except Exception as exc:  # noqa: BLE001 - the edge: whatever a command did not foresee ends here
            sentence = sentence_for(exc, usage(context.command, self._prefix))
            if sentence is not None:
                await context.reply(sentence)

    async def _pay(self, happening: Happening) -> None:
        award = award_for(happening, self.settings)
        if award is None:
            new = self._seen.add(happening.event_id, True)
        else:
            new = await self.awards.event(award)
        if new:
            log.info("%s: %s", type(happening).__name__, happening.person.login if happening.person else "anonymous")
            self.safe_dispatch(type(happening).__name__.lower(), payload=happening)

    async def _tell_level_up(self, up: LevelUp) -> None:
        self._crew.spawn(self.outbox.put(Outgoing(up.message)))


def usage(command: commands.Command[Any, ...] | None, prefix: str) -> str:
    """How a command is typed, like ``!give @user N``: from its ``usage`` extra, else from its parameters."""
    if command is None:
        return prefix
    hint = command.extras.get("usage")
    if hint is None:
        hint = (command.signature or "").strip().replace("<", "").replace(">", "").replace("...", "").upper()
    return f"{prefix}{command.name} {hint}".strip()


def command_list(bot: PixelBot) -> Sequence[commands.Command[Any, ...]]:
    """Every command once, by name."""
    return sorted(set(bot.commands_by_name.values()), key=lambda c: c.name)
