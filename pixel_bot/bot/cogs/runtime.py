"""What runs the loaded cogs: their events, timers and schedules, each cog apart from the others."""

from collections.abc import Callable

from twitchio.ext import commands

from pixel_bot.bot.claimed_commands import ClaimedCommands
from pixel_bot.bot.cogs.chat_filters import ChatFilters
from pixel_bot.bot.cogs.cog_base import check_settings
from pixel_bot.bot.cogs.confirmations import Confirmations
from pixel_bot.bot.cogs.event_bus import EventBus
from pixel_bot.bot.cogs.faults import Faults
from pixel_bot.bot.cogs.given_roles import GivenRoles
from pixel_bot.bot.cogs.hearing import refuse_foreign_listeners
from pixel_bot.bot.cogs.live import Live
from pixel_bot.bot.cogs.loader import CogLoader
from pixel_bot.bot.cogs.scopes import CogScopes
from pixel_bot.bot.cogs.stored_calls import EventStore, StoredCalls
from pixel_bot.bot.cogs.stream_teller import StreamTeller
from pixel_bot.bot.cogs.timers import Timers
from pixel_bot.bot.cogs.variables import Variables
from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.chat_message import ChatMessage as Message
from pixel_bot.model.heard_chat import ChatDetails, ChatMessage
from pixel_bot.model.people import Person, Platform
from pixel_bot.model.stream_events import CommandTyped, Redemption
from pixel_bot.model.stream_state import Broadcast
from pixel_bot.points.processed_ids import ProcessedId, claim
from pixel_bot.services import Services

REMEMBERED = 50_000
"""People of whom it is known that they have written since the stream began."""


class CogRuntime:
    """The parts that all cogs share.

    Args:
        services: of this bot.
        loader: takes away a cog that does not work.
    """

    def __init__(self, services: Services, loader: CogLoader) -> None:
        self._services = services
        self._loader = loader
        self.faults = Faults(services.clock, loader.set_aside, loader.keeps_others)
        self.bus = EventBus(self.faults)
        self.live = Live()
        self.variables = Variables()
        self.roles = GivenRoles(self.faults)
        self.claims = ClaimedCommands(self.faults)
        self.stored = StoredCalls(self.bus, services.database, services.clock)
        self.bus.store = self.stored
        self.scopes = CogScopes()
        loader.lacking = self.scopes.missing
        self.filters = ChatFilters(self.faults, services.database, services.clock, services.cluster)
        self.event_store = EventStore(self.bus, self.stored)
        self.timers = Timers(self.bus, self.stored, self.live, services.database, services.cluster, services.clock)
        self.streams = StreamTeller(self.live, self.bus, self.stored, services.database, services.clock)
        self.confirmations = Confirmations(services.clock, services.settings.command_prefix)
        self._chatters: LruCache[str, bool] = LruCache(REMEMBERED)
        self._allowed: LruCache[str, bool] = LruCache(REMEMBERED)
        self.live.changed.add(self._on_stream)
        services.levels.heard = self.bus.publish
        services.links.heard = self.bus.publish

    # Cogs come and go

    def check(self, component: commands.Component) -> None:
        """Refuse a cog class that could not work.

        Raises:
            ComponentLoadError, CogError: the sentence says why, and what to do instead.
        """
        refuse_foreign_listeners(component)
        check_settings(component)
        self.scopes.check(component)
        try:
            self.timers.check(component)
            self.variables.check(component)
        except ValueError as exc:
            raise commands.ComponentLoadError(str(exc)) from exc

    def add(self, component: commands.Component) -> None:
        """A cog class is there."""
        cog = self._loader.owner_of(component)
        self.faults.forget(cog)
        self.bus.add(cog, component)
        self.filters.add(cog, component)
        self.scopes.add(cog, component)
        self.timers.add(cog, component)
        self.variables.add(component)
        self.roles.add(cog, component)
        self.claims.add(cog, component)

    def remove(self, component: commands.Component) -> None:
        """A cog class goes."""
        self.bus.remove(component)
        self.filters.remove(component)
        self.scopes.remove(component)
        self.timers.remove(component)
        self.variables.remove(component)
        self.roles.remove(component)
        self.claims.remove(component)

    # What happens

    def filtered(self, message: Message, details: ChatDetails, tasks: TaskGroup, go_on: Callable[[], None]) -> None:
        """Let the filters of cogs see a message; ``go_on`` is called when none blocks it."""

        def allowed() -> None:
            self._allowed.put(message.key, True)
            go_on()

        self.filters.check(ChatMessage(message, details, self._allowed.get(message.key) is None), tasks, allowed)

    @property
    def hears_chat(self) -> bool:
        """Whether any cog hears what is written in chat."""
        return self.bus.hears(ChatMessage)

    def on_chat(self, message: Message, details: ChatDetails) -> None:
        """Let cogs hear a message."""
        self.bus.publish(ChatMessage(message, details, self._chatters.add(message.key, True)))

    def on_command(self, person: Person, name: str, *, is_addressed: bool) -> None:
        """Let cogs hear that somebody typed a command."""
        if self.bus.hears(CommandTyped):
            self.bus.publish(CommandTyped(person, name, is_addressed, person.platform))

    async def on_redemption(self, redemption: Redemption) -> None:
        """Let cogs hear a redemption, once, whichever process is told of it."""
        if not self.bus.hears(Redemption):
            return
        event_id = f"heard:{redemption.redemption_id}"
        async with self._services.database.write() as session:
            if not await claim(session, [ProcessedId(event_id, "heard", 0, 0, self._services.clock.now())]):
                return
            stored = await self.stored.insert(session, redemption)
        self.event_store.tell(redemption, stored)

    def _on_stream(self, _: Platform, now: Broadcast | None) -> None:
        if now is not None:
            self._chatters.clear()
            self._allowed.clear()

    # Start and end

    @property
    def are_busy(self) -> bool:
        """True while a cog is at work by itself."""
        return self.bus.are_busy or bool(self.stored.tasks) or bool(self.streams.tasks)

    async def idle(self) -> None:
        """Wait until none is."""
        while self.are_busy:
            await self.streams.tasks.idle()
            await self.stored.tasks.idle()
            await self.bus.idle()

    async def close(self) -> None:
        """End the timers, and take all cogs away."""
        await self.timers.stop()
        await self._loader.close()
        await self.stored.tasks.idle()
