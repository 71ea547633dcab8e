"""What the API answers with. Moments are UTC in ISO 8601; points and XP are whole numbers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from pixel_bot.redeems.catalogue import Price
from pixel_bot.redeems.queue_items import Item


class ViewerOut(BaseModel):
    """A viewer. ``name`` is the login, with the platform where that is not Twitch."""

    id: int
    name: str
    display_name: str
    points: int
    xp: int
    level: int


class ViewerDetails(ViewerOut):
    """A viewer, with all that a page about one person shows."""

    platform: str
    platform_id: str | None
    since: datetime | None
    voice: str
    ignored: bool
    blocked: list[str]
    cooldowns: dict[str, float]
    """Seconds that are left, by what rests."""
    linked: list[str]
    """Names of the accounts that went into this one."""


class LedgerRow(BaseModel):
    """A row of the ledger. ``words`` says the reason as chat hears it."""

    id: int
    at: datetime | None
    amount: int
    balance: int
    reason: str
    words: str
    note: str | None
    change: int | None
    """Of the change by a mod that it belongs to, for ``POST /undo/{change}``."""


class Changed(BaseModel):
    """What a change made of a viewer. ``change`` takes it back: ``POST /undo/{change}``."""

    viewer: ViewerOut
    change: int | None


class UndoneOut(BaseModel):
    """A change that was taken back. ``missing`` points had been spent, and were not taken."""

    summary: str
    actor: str
    missing: int


class RedeemOut(BaseModel):
    """A redeem. Cooldowns are seconds: each viewer's own, and the one for everyone."""

    key: str
    name: str
    cost: int
    depends: str
    enabled: bool
    cooldown: int
    everyone_cooldown: int
    closed: str
    """Why it cannot work right now; empty where it can."""

    @classmethod
    def of(cls, price: Price, closed: str) -> Self:
        """A redeem of the catalogue."""
        return cls(
            key=price.key,
            name=price.display_name,
            cost=price.cost,
            depends=price.depends,
            enabled=price.enabled,
            cooldown=price.cooldown,
            everyone_cooldown=price.everyone_cooldown,
            closed=closed,
        )


class ItemOut(BaseModel):
    """Something that was bought, and waits or plays."""

    id: int
    lane: str
    status: str
    redeem: str
    buyer: str
    cost: int
    created_at: datetime
    waits_for_approval: bool

    @classmethod
    def of(cls, item: Item) -> Self:
        """An item of the queue."""
        return cls(
            id=item.id,
            lane=item.kind,
            status=item.status,
            redeem=item.redeem,
            buyer=item.buyer,
            cost=item.cost,
            created_at=item.created_at,
            waits_for_approval=item.is_held,
        )


class QueueOut(BaseModel):
    """The queue: what waits and plays, oldest first; which lanes are paused; how the overlay is, in words."""

    items: list[ItemOut]
    paused: list[str]
    lanes: list[str]
    overlay: str


class RefundOut(BaseModel):
    """What went back to a buyer. ``channel_points`` says that they are Twitch's."""

    item: int
    redeem: str
    buyer: str
    points: int
    channel_points: bool


class StatusOut(BaseModel):
    """How the bot is."""

    version: str
    mode: str
    live: bool
    live_since: datetime | None
    silent: bool
    platforms: dict[str, str]
    problems: list[str]


class CogOut(BaseModel):
    """A cog: whether it runs, and what is wrong with it."""

    name: str
    loaded: bool
    problem: str
    since: datetime | None
    lacks: Sequence[str]
    """Scopes of Twitch without which a part of it is off."""


class AuditOut(BaseModel):
    """What somebody with rights did. ``change`` takes it back while ``undoable``: ``POST /undo/{change}``."""

    id: int
    at: datetime
    actor: str
    via: str
    area: str
    action: str
    target: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    change: int | None
    undoable: bool


class BackupOut(BaseModel):
    """A verified copy of the database in the backup folder. ``size`` is in bytes."""

    name: str
    size: int
    made_at: datetime | None


class TokenOut(BaseModel):
    """What may be seen of a token."""

    name: str
    scopes: Sequence[str]
    created_at: datetime
    used_at: datetime | None
