"""Handles channel events such as follows, subs and cheers: pays each once, then tells cogs, chat and the overlay."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace

from pixel_bot.bot.channel import ChatChannel
from pixel_bot.bot.cogs.stored_calls import EventStore, StoredEvent
from pixel_bot.bot.sub_waits import NoticeWaits, PendingAnnouncements
from pixel_bot.earning.award_batch import EventResult
from pixel_bot.earning.event_awards import award_for
from pixel_bot.earning.event_claims import EventClaims
from pixel_bot.filters import SOMEBODY, TextFilter
from pixel_bot.model.channel_events import ChannelEvent, Entrance, Source, Sub, alert_text
from pixel_bot.model.people import Person
from pixel_bot.services import Services

log = logging.getLogger(__name__)

Publish = Callable[[ChannelEvent], None]
"""Lets cogs hear an event."""


class ChannelEventHandler:
    """Pays for events, and lets everybody know.

    Args:
        services: they pay for an event, know what was announced, also before a restart, and show its alert.
        publish: lets cogs hear an event.
        store: stores an event, together with what it pays, for methods of cogs that must not miss it.
        text_filter: takes blocked words out of what chat and the overlay are told. Cogs get the names as they are.
    """

    def __init__(
        self, services: Services, publish: Publish, text_filter: TextFilter, store: EventStore | None = None
    ) -> None:
        self._awards = services.awards
        self._settings = services.settings
        self._games = services.games
        self._claims = EventClaims(services.database, services.clock)
        self._overlay = services.overlay
        self._cluster = services.cluster
        self._publish = publish
        self._store = store
        self._filter = text_filter
        self.waits = NoticeWaits()
        self.pending = PendingAnnouncements()

    def start(self, event: ChannelEvent, channel: ChatChannel) -> None:
        """Handle an event, in a task of the channel's."""
        channel.payments.spawn(self._handle(event, channel))

    async def announce_missed(self, channel: ChatChannel) -> None:
        """Announce what was paid shortly before a crash. Call it once, after the start."""
        for claim_id, sub in await self._claims.missed():
            await self._announce_first(sub, claim_id, channel)

    async def flush(self) -> None:
        """Announce at once what still waits for another event that knows more."""
        await self.pending.flush()

    async def _handle(self, event: ChannelEvent, channel: ChatChannel) -> None:
        if event.source is Source.SHARE and not await self._claims.is_known(event):
            # Only the notice, which comes at the same moment, knows whether the month was a gift.
            await self.waits.until_notice(event.person)
        # Nothing is told before the award is durable; an event that was processed before ends here.
        award = award_for(event, self._settings, games=self._games.on)
        stored = list[StoredEvent]()
        # Of those that several events tell of, only what is announced in the end is heard, and stored then.
        is_stored = award.evidence is None and self._store is not None and self._store.is_needed(event)
        if is_stored and self._store is not None:
            award = replace(award, also=self._store.writer(event, stored))
        result = await self._awards.claim(award)
        if event.source is Source.NOTICE:
            self.waits.on_notice(event.person)
        if result.is_new and is_stored and self._store is not None:
            self._store.tell(event, stored)
            await self._tell(event, channel)
        elif result.is_new:
            await self._announce_once(event, result, channel)

    async def _announce_once(self, event: ChannelEvent, result: EventResult, channel: ChatChannel) -> None:
        """Of several events on one thing the one that knows most is announced, or the first when no other one comes."""
        claim = result.claim
        if claim is None:
            await self._announce(event, channel)
        elif claim.announces:
            self.pending.drop(claim.claim_id)
            await self._announce(_as_claimed(event, claim.gifted), channel)
        elif claim.pays:
            self.pending.add(claim.claim_id, lambda: self._announce_first(event, claim.claim_id, channel))

    async def _announce_first(self, event: ChannelEvent, claim_id: int, channel: ChatChannel) -> None:
        if await self._claims.begin_to_announce(claim_id):
            await self._announce(event, channel)

    async def _announce(self, event: ChannelEvent, channel: ChatChannel) -> None:
        self._publish(event)
        await self._tell(event, channel)

    async def _tell(self, event: ChannelEvent, channel: ChatChannel) -> None:
        """Tell chat, the log and the overlay."""
        if isinstance(event, Entrance):
            return  # people come and go all the time
        log.info("%s: %s", type(event).__name__, event.person.login if event.person else "anonymous")
        told = replace(event, person=self._harmless(event.person)) if event.person else event
        await self._show_alert(told)

    def _harmless(self, person: Person) -> Person:
        name = self._filter.name
        return person._replace(login=name(person.login), display_name=name(person.display_name))

    async def _show_alert(self, event: ChannelEvent) -> None:
        if not (text := alert_text(event)):
            return
        name = event.person.display_name if event.person else "Somebody"
        if name == SOMEBODY:
            name, text = name.capitalize(), text[0].upper() + text[1:]
        alert = (type(event).__name__.lower(), name, self._filter.bleeped(text))
        await self._overlay.alert(*alert)
        if not self._overlay.pages:
            self._cluster.publish("alert", json.dumps(alert))  # another process may have a page


def _as_claimed(event: ChannelEvent, gifted: bool) -> ChannelEvent:
    """A shared month does not say by itself whether it was a gift."""
    return replace(event, gifted=gifted) if isinstance(event, Sub) else event
