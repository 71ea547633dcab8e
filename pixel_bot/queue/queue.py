"""The queue for viewers and mods: positions, cancelling, pausing, skipping, clearing and refunds."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.models import QueueItem, User
from pixel_bot.errors import BadInput
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.outcome import EFFECTS, SOUNDS, OverlayEffect, PlaySound, seconds_of_payload
from pixel_bot.model.people import Viewer
from pixel_bot.overlay.words import overlay_shown, overlay_words
from pixel_bot.points.idempotency import refuse_repeats, write_once
from pixel_bot.queue.cluster import PANIC
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.queue.item_control import Ended, ItemControl
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import NOT_HELD, UNTOUCHED, WAITING, Item
from pixel_bot.redeems.refunds import Refund
from pixel_bot.services import Services
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

SKIPPED = later("A mod skipped it.")
CLEARED = later("A mod cleared the queue.")
DELETED = later("The message was deleted.")
TIMED_OUT = later("A mod sent you off.")
BY_MOD = later("A mod gave it back.")
JUST_NOW = timedelta(seconds=3)
"""How long a purchase may still be in progress after a mod removed its message."""


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """An item's position: how many items are ahead of it, for about how many seconds."""

    item: Item
    ahead: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Overview:
    """Summary of the queue: pending and running items by lane, paused lanes, and how the overlay is, in words."""

    waiting: dict[str, int]
    running: dict[str, int]
    paused: list[str]
    overlay: str

    @property
    def overlay_shown(self) -> str:
        """How the overlay is, in the language of the chat."""
        return overlay_shown(self.overlay)


class Queue:
    """The operations of viewers and mods on the queue."""

    def __init__(self, services: Services, dispatcher: Dispatcher) -> None:
        self._services = services
        self._dispatcher = dispatcher
        self._items = ItemControl(services, dispatcher)
        self._clock: Clock = services.clock
        self._removed: LruCache[str, bool] = LruCache(1_000)
        self._timed_out: LruCache[str, datetime] = LruCache(1_000)
        self._cleared_at: datetime | None = None

    async def items(self) -> list[Item]:
        """All pending and running items, oldest first."""
        async with self._services.database.readers() as session:
            return await queue_items.load(session, QueueItem.status.in_(WAITING))

    async def overview(self) -> Overview:
        """Summary of the queue."""
        found, lanes = await self.items(), self._services.redeems.lanes

        def by_lane(status: str) -> dict[str, int]:
            return {lane: sum(i.kind == lane and i.status == status for i in found) for lane in lanes}

        overlay = overlay_words(self._services.overlay)
        return Overview(by_lane("pending"), by_lane("running"), self._dispatcher.paused, overlay)

    async def positions(self, viewer: Viewer) -> list[QueuePosition]:
        """The positions of the viewer's own items."""
        found = await self.items()
        positions: list[QueuePosition] = []
        for index, item in enumerate(found):
            if item.user_id == viewer.id:
                ahead = [i for i in found[:index] if i.track == item.track and not i.is_held] if item.track else []
                positions.append(QueuePosition(item, len(ahead), sum(seconds_of_payload(i.payload) for i in ahead)))
        return positions

    async def cancel(self, viewer: Viewer) -> Refund | None:
        """A viewer cancels their newest item that no page has played yet. None when there is none."""
        async with write_once(self._services.database) as session:
            mine = await queue_items.last(
                session, QueueItem.user_id == viewer.id, QueueItem.status == "pending", *UNTOUCHED
            )
            if mine is None:
                return None
            refunds = await self._services.refunds.fail_in(
                session, QueueItem.id == mine.id, *UNTOUCHED, reason=_("Cancelled."), told=True, status=("pending",)
            )
        return refunds[0] if refunds else None

    async def pause(self, kind: str = "") -> list[str]:
        """Pause a lane, or all. Returns which. Items that are playing go on."""
        return await self._pause(kind, paused=True)

    async def resume(self, kind: str = "") -> list[str]:
        """Resume a lane, or all. Returns which."""
        return await self._pause(kind, paused=False)

    async def _pause(self, kind: str, *, paused: bool) -> list[str]:
        lanes = self._lanes_of(kind)
        await refuse_repeats(self._services.database)
        await self._dispatcher.pause(lanes, paused=paused)
        return lanes

    async def skip(self, kind: str = "") -> Item | None:
        """Stop the item that plays in a lane, or else refund the next pending one.

        What counts already only ends sooner. Returns the item; None when there is none.
        """
        lanes = self._lanes_of(kind)
        async with write_once(self._services.database):
            pass  # claims the idempotency key: a skip that is delivered again must not skip the next item
        for attempt in self._dispatcher.attempts:
            if attempt.item.kind in lanes and await self._dispatcher.stop_item(attempt.item.id, _(SKIPPED)):
                return attempt.item
        if (elsewhere := await self._skip_elsewhere(lanes)) is not None:
            return elsewhere
        async with self._services.database.readers() as session:
            pending = await queue_items.load(
                session,
                QueueItem.kind.in_(lanes),
                QueueItem.status == "pending",
                QueueItem.begun_at.is_(None),
                NOT_HELD,
                limit=1,
            )
        if not pending:
            return None
        refunds = await self._end([QueueItem.id == pending[0].id], _(SKIPPED))
        return pending[0] if refunds else None

    async def _skip_elsewhere(self, lanes: Sequence[str]) -> Item | None:
        """Stop an item that another process plays in these lanes."""
        if not self._services.cluster.is_shared:
            return None
        async with self._services.database.readers() as session:
            running = await queue_items.load(session, QueueItem.kind.in_(lanes), QueueItem.status == "running")
        for item in running:
            if await self._dispatcher.stop_item(item.id, _(SKIPPED)) is not None:
                return item
        return None

    async def clear(self, kind: str = "") -> list[Refund]:
        """Refund all pending items of a lane, or of all. Items that are playing go on."""
        return await self._end([QueueItem.kind.in_(self._lanes_of(kind))], _(CLEARED))

    async def refund(self, viewer: Viewer) -> Refund | None:
        """A mod refunds the viewer's newest item: a pending or playing one is stopped, a finished one is refunded.

        Returns:
            The refund; None when there is nothing to refund.

        Raises:
            BadInput: it counts, and its redeem says that nobody takes it back then.
        """

        async def latest(session: AsyncSession) -> Item | None:
            return await self._services.refunds.latest_of(session, viewer)

        return await self._items.refund(latest, _(BY_MOD))

    async def refund_item(self, item_id: int) -> Refund | None:
        """A mod gives an item back; as ``refund`` does with somebody's newest one.

        Raises:
            BadInput: as of ``refund``.
        """

        async def that(session: AsyncSession) -> Item | None:
            return await queue_items.last(session, QueueItem.id == item_id, QueueItem.refunded_at.is_(None))

        return await self._items.refund(that, _(BY_MOD))

    async def skip_item(self, item_id: int) -> Ended | None:
        """A mod stops an item that plays, or gives back one that waits. None where it does neither."""
        return await self._items.skip(item_id, _(SKIPPED))

    async def panic(self) -> None:
        """Stop and hide everything at once, and pause all lanes."""
        with suppress(DBAPIError):  # an unreachable database must not delay hiding everything
            await refuse_repeats(self._services.database)
        await self._services.overlay.stop_all()
        self._services.cluster.publish("panic")
        try:
            await self._dispatcher.pause(self._services.redeems.lanes, paused=True)
        finally:
            for attempt in self._dispatcher.attempts:
                attempt.stop(_(PANIC))

    async def calm(self) -> None:
        """Resume all lanes after a panic."""
        await self._pause("", paused=False)

    async def drop_message(self, message_id: str) -> None:
        """A message was deleted: what was bought with it is refunded, and stopped where it can be."""
        self._removed.put(message_id, True)
        await self._drop([QueueItem.message_id == message_id], _(DELETED))

    async def drop_author(self, platform_id: str) -> None:
        """A viewer was timed out or banned: all that they bought is refunded, and stopped where it can be."""
        self._timed_out.put(platform_id, self._clock.now())
        author = select(User.id).where(User.platform == "twitch", User.platform_id == platform_id)
        await self._drop([QueueItem.user_id.in_(author)], _(TIMED_OUT))

    async def drop_all(self) -> None:
        """The whole chat was cleared: all that shows or speaks words is refunded or stopped."""
        self._cleared_at = self._clock.now()
        await self._drop([], _(DELETED), self._has_words)

    def was_removed(self, message_id: str, author_id: str) -> bool:
        """True when a mod removed a message, or timed out its author, while its purchase was in progress."""
        moments = (self._timed_out.get(author_id), self._cleared_at)
        just_now = any(m is not None and abs(self._clock.now() - m) < JUST_NOW for m in moments)
        return just_now or self._removed.get(message_id) is not None

    async def drop_redeems(self, keys: Sequence[str], reason: str) -> list[Refund]:
        """Refund all pending items of redeems that no cog offers any more."""
        return await self._end([QueueItem.redeem.in_(keys)], reason) if keys else []

    async def _drop(
        self, which: list[ColumnElement[bool]], reason: str, fits: Callable[[Item], bool] = lambda _: True
    ) -> None:
        pending = [item.id for item in await self._in_status("pending", which) if fits(item)]
        await self._end([QueueItem.id.in_(pending), *which], reason)
        # Looked at afterwards: what began meanwhile was not ended above, and is stopped here.
        for item in await self._in_status("running", which):
            if fits(item):
                await self._dispatcher.stop_item(item.id, reason)

    async def _in_status(self, status: str, which: list[ColumnElement[bool]]) -> list[Item]:
        async with self._services.database.readers() as session:
            return await queue_items.load(session, QueueItem.status == status, *which)

    async def _end(self, which: list[ColumnElement[bool]], reason: str) -> list[Refund]:
        refunds = await self._services.refunds.fail(
            *which, QueueItem.begun_at.is_(None), reason=reason, status=("pending",)
        )
        self._dispatcher.tell_news()
        return refunds

    def _has_words(self, item: Item) -> bool:
        """True for speech, cards, and what answers in chat; a sound, and art that takes no text, say nothing."""
        if not queue_items.has_known_effect(item):
            return True
        match item.effect:
            case PlaySound():
                return False
            case OverlayEffect():
                offer = self._services.redeems.offered(item.redeem)
                return offer is None or offer.has_words
            case _:
                return True

    def _lanes_of(self, kind: str) -> list[str]:
        """The lanes that a word names, which may be a redeem that has a lane of its own; all of them for an empty one.

        Raises:
            BadInput: there is no such lane.
        """
        kind, lanes = kind.lower(), self._services.redeems.lanes
        if not kind:
            return lanes
        offer = self._services.redeems.offered(kind)
        own = {offer.key: offer.lane} if offer is not None and offer.lane != EFFECTS else {}
        lane = ({SOUNDS: EFFECTS} | own | {name: name for name in lanes}).get(kind)
        if lane is None:
            raise BadInput(_("There is no lane {lane}. There are: {lanes}.", lane=kind[:40], lanes=", ".join(lanes)))
        return [lane]
