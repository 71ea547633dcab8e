"""Tells the methods of cogs what happens: each event once, in order, and each cog apart from the others."""

import contextvars
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from pixel_bot.bot.cogs.faults import Faults
from pixel_bot.bot.cogs.hearing import Key, Subscription, fits, keys_of, name_of, subscriptions_of
from pixel_bot.bot.cogs.workers import Call, Outcome, Workers
from pixel_bot.model.event import Event


class Hearer(NamedTuple):
    """A method of a cog that hears something."""

    cog: str
    name: str
    method: Callable[[Any], Awaitable[None]]
    subscription: Subscription
    owner: object
    what: str
    """For the log."""


class Store(Protocol):
    """Stores events for methods that must hear them, also after a crash."""

    def deliver(self, event: Event, hearers: Sequence[Hearer]) -> None:
        """Store the event for each of them, then let them hear it."""
        ...


class EventBus:
    """The methods of all loaded cogs, by what they hear."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._context = contextvars.copy_context()
        """That of the bot itself: no message's, whose idempotency key a worker would keep."""
        self._hearers: dict[Key, list[Hearer]] = defaultdict(list)
        self._heard_by: dict[type[Event], tuple[Hearer, ...]] = {}
        self._workers: dict[str, Workers] = {}
        self.store: Store | None = None
        """Where events are stored that must not be lost."""

    def add(self, cog: str, component: object) -> None:
        """From now on the methods of a cog class hear what they are marked for."""
        for name, method, subscription in subscriptions_of(component):
            hearer = Hearer(cog, name, method, subscription, component, f"on {name_of(subscription.key)}")
            self._hearers[subscription.key].append(hearer)
        self._heard_by.clear()

    def remove(self, component: object) -> None:
        """They hear nothing any more."""
        for key, hearers in self._hearers.items():
            self._hearers[key] = [hearer for hearer in hearers if hearer.owner is not component]
        self._heard_by.clear()

    def stop(self, cog: str) -> None:
        """The cog goes: what its methods are doing ends."""
        workers = self._workers.pop(cog, None)
        if workers is not None:
            workers.stop()

    def hears(self, kind: type[Event]) -> bool:
        """Whether any cog hears such events."""
        return bool(self.hearers_of(kind))

    def hearers_of(self, kind: type[Event]) -> tuple[Hearer, ...]:
        """Who hears events of that class."""
        found = self._heard_by.get(kind)
        if found is None:
            # An event that two marks of one method fit is heard by it once.
            every = {(h.owner, h.name, h.subscription.where): h for key in keys_of(kind) for h in self._hearers[key]}
            found = self._heard_by[kind] = tuple(every.values())
        return found

    def stored_for(self, event: Event) -> list[Hearer]:
        """Those for whom an event must be stored first."""
        return [h for h in self._fitting(event) if h.subscription.delivery == "at_least_once"]

    def stores_for(self, cog: str) -> bool:
        """Whether a method of that cog must not miss something."""
        every = (hearer for hearers in self._hearers.values() for hearer in hearers)
        return any(h.cog == cog and h.subscription.delivery == "at_least_once" for h in every)

    def publish(self, event: Event, *, already_stored: bool = False) -> None:
        """Let all hear it, soon. Returns at once.

        Args:
            event: what happened.
            already_stored: whether those for whom it must be stored hear of it in another way.
        """
        stored: list[Hearer] = []
        for hearer in self.hearers_of(type(event)):
            if hearer.subscription.where and not fits(event, hearer.subscription.where):
                continue
            if hearer.subscription.delivery == "at_least_once":
                stored.append(hearer)
            else:
                self.call(hearer, event)
        if stored and not already_stored and self.store is not None:
            self.store.deliver(event, stored)

    def call(self, hearer: Hearer, event: Event, end: Callable[[Outcome], None] | None = None) -> None:
        """Let one hear it."""
        self.run(hearer.cog, (hearer.method, event, hearer.what, end))

    def run(self, cog: str, call: Call) -> None:
        """Call a method of a cog, as one of its own workers."""
        workers = self._workers.get(cog)
        if workers is None:
            workers = self._workers[cog] = Workers(cog, self._faults, self._context)
        workers.add(call)

    @property
    def are_busy(self) -> bool:
        """True while something is under way."""
        return self._faults.are_busy or any(workers.are_busy for workers in self._workers.values())

    async def idle(self) -> None:
        """Wait until all have heard everything."""
        while self.are_busy:
            for workers in tuple(self._workers.values()):
                await workers.idle()
            await self._faults.idle()

    def _fitting(self, event: Event) -> list[Hearer]:
        return [h for h in self.hearers_of(type(event)) if fits(event, h.subscription.where)]
