"""The tables. The first seven are the user's own schema; columns marked "added" came by migration."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

from pixel_bot.db.json_type import AnyJson, PlainText
from pixel_bot.db.partial_indexes import HELD, OF_A_ROUND, on_postgres

BigInt = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, ``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC in the file; reads any ISO form of other tools."""

    impl = DateTime
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(PlainText("TIMESTAMP") if dialect.name == "sqlite" else DateTime())

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return stamp(value) if dialect.name == "sqlite" else value.astimezone(UTC).replace(tzinfo=None)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else read_stamp(value)


@lru_cache(maxsize=16_384)
def stamp(moment: datetime) -> str:
    """The moment as SQLite keeps it, so that text order is time order."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds")


def read_stamp(value: str | float | datetime) -> datetime:
    """The moment that a database column holds: our own text, ISO 8601, or seconds since 1970."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime(), str: Text(), int: BigInt}  # noqa: RUF012 - SQLAlchemy's name


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        Index("ux_users_platform_id", "platform", "platform_id", unique=True),
        Index("ix_users_points", text("points DESC"), "id"),
        Index(
            "ix_users_display_key",
            "display_key",
            sqlite_where=text("display_key IS NOT NULL"),
            info=on_postgres("display_key IS NOT NULL"),
        ),
        Index(
            "ix_users_merged_into",
            "merged_into",
            sqlite_where=text("merged_into IS NOT NULL"),
            info=on_postgres("merged_into IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    points: Mapped[int] = mapped_column(server_default="0", nullable=True)
    created_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    platform: Mapped[str] = mapped_column(server_default="twitch")  # added
    platform_id: Mapped[str | None]  # added
    display_name: Mapped[str | None]  # added
    display_key: Mapped[str | None]  # added: the display name in one case, where it says more than the login
    voice: Mapped[str | None]  # added
    merged_into: Mapped[int | None]  # added: the account of the same person that has everything now


class XpRecord(Base):
    __tablename__ = "xp_records"
    __table_args__ = (Index("ix_xp_records_xp", text("xp DESC"), "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_name: Mapped[str] = mapped_column(unique=True)
    xp: Mapped[int] = mapped_column(server_default="0", nullable=True)
    level: Mapped[int] = mapped_column(Integer, server_default="1", nullable=True)
    created_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]


class Transaction(Base):
    __tablename__ = "transactions"
    __table_args__ = (
        Index("ix_transactions_user_id", "user_id"),
        Index("ix_transactions_created_at", "created_at"),
        Index("ix_transactions_change_id", "change_id", sqlite_where=text("change_id IS NOT NULL")),
        Index("ix_transactions_round_id", "round_id", sqlite_where=text(OF_A_ROUND), info=on_postgres(OF_A_ROUND)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    amount: Mapped[int]
    reason: Mapped[str | None]
    balance_after: Mapped[int | None]
    created_at: Mapped[datetime | None]
    change_id: Mapped[int | None]  # added
    note: Mapped[str | None]  # added
    round_id: Mapped[int | None]  # added: the game's round that it belongs to


class Cooldown(Base):
    __tablename__ = "cooldowns"
    __table_args__ = (
        Index("ux_cooldowns_user_id_key", "user_id", "key", unique=True),
        Index("ix_cooldowns_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str]
    expires_at: Mapped[datetime]
    started_at: Mapped[datetime | None]  # added: so that it never lasts longer than its own length


class QueueItem(Base):
    __tablename__ = "queue_items"
    __table_args__ = (
        Index("ix_queue_items_kind_status", "kind", "status"),
        Index("ix_queue_items_created_at", "created_at"),
        Index("ix_queue_items_track_status", "track", "status"),
        Index("ix_queue_items_user_id", "user_id"),
        Index("ix_queue_items_untold", "id", sqlite_where=text("told = 0"), info=on_postgres("NOT told")),
        Index("ix_queue_items_approval", "id", sqlite_where=text(HELD), info=on_postgres(HELD)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="pending", nullable=True)
    payload_json: Mapped[Any | None] = mapped_column(AnyJson)
    created_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    redeem: Mapped[str | None]  # added: what was bought
    user_id: Mapped[int | None]  # added: by whom
    cost: Mapped[int] = mapped_column(server_default="0")  # added: what it cost them
    track: Mapped[str | None]  # added: its lane's worker; items of one run one after another
    token: Mapped[str | None]  # added: its id for the overlay; never used again
    message_id: Mapped[str | None]  # added: the chat message that asked for it
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")  # added
    page: Mapped[str | None]  # added: the overlay page that had it last
    begun_at: Mapped[datetime | None]  # added: since when its effect may have been seen
    cooldown_until: Mapped[datetime | None]  # added: the cooldown that it started, to be released with a refund
    everyone_until: Mapped[datetime | None]  # added: the same, of the cooldown for everyone
    refunded_at: Mapped[datetime | None]  # added
    note: Mapped[str | None]  # added: how it ended, in words for chat
    told: Mapped[bool] = mapped_column(Boolean, server_default="TRUE")  # added: False while chat must still be notified
    redemption: Mapped[str | None]  # added: Twitch's redemption that paid for it, in channel points
    owner: Mapped[int | None]  # added: the process that claimed it, where several share the database
    approval: Mapped[str | None]  # added: whether a mod must say yes to it first; see redeems/approvals.py
    approval_asked_at: Mapped[datetime | None]  # added: when chat was told that it waits for that
    approved_at: Mapped[datetime | None]  # added
    approved_by: Mapped[str | None]  # added: the mod's name


class Redeem(Base):
    __tablename__ = "redeems"

    key: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    cost: Mapped[int] = mapped_column(server_default="0", nullable=True)
    enabled: Mapped[bool] = mapped_column(Boolean, server_default="TRUE", nullable=True)
    cooldown_s: Mapped[int] = mapped_column(Integer, server_default="0", nullable=True)
    created_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    everyone_cooldown_s: Mapped[int] = mapped_column(Integer, server_default="0")  # added: after anybody's use
    everyone_until: Mapped[datetime | None]  # added: when that one ends


class JoystickInstall(Base):
    __tablename__ = "joystick_installs"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(unique=True)
    access_token: Mapped[str]
    refresh_token: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    username: Mapped[str | None]  # added: the streamer there
    pending: Mapped[bool] = mapped_column(Boolean, server_default="FALSE")  # added: the streamer must still agree
    problem: Mapped[str | None]  # added: why it is gone, in words; None while it works


class Event(Base):
    """A processed id, the idempotency key of an event: whatever it gave, it gives nothing again."""

    __tablename__ = "events"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's name

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    points: Mapped[int]
    xp: Mapped[int]
    created_at: Mapped[datetime]


class Change(Base):
    """One change by a mod, so that it can be undone as a whole."""

    __tablename__ = "changes"
    __table_args__ = (
        Index(
            "ux_changes_batch",
            "batch",
            unique=True,
            sqlite_where=text("batch IS NOT NULL AND undone_at IS NULL"),
            info=on_postgres("batch IS NOT NULL AND undone_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str]
    summary: Mapped[str]
    xp_user_id: Mapped[int | None]
    xp_delta: Mapped[int | None]
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    batch: Mapped[str | None]  # of an import: it stands once at a time, and is not for a mod's undo


class Lane(Base):
    """A lane of the queue that was ever paused. Its row is also the lock under which items are claimed."""

    __tablename__ = "lanes"

    kind: Mapped[str] = mapped_column(primary_key=True)
    paused: Mapped[bool] = mapped_column(Boolean, server_default="FALSE")


class Block(Base):
    """A viewer who may not use a redeem; ``*`` stands for all of them."""

    __tablename__ = "blocks"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class Draw(Base):
    """A draw of the cog that has taken this table over, with all that is needed to draw it again: seed and odds."""

    __tablename__ = "draws"
    __table_args__ = (
        Index("ix_draws_prize", "prize"),
        Index("ix_draws_owed", "id", sqlite_where=text("owed = 1"), info=on_postgres("owed")),
        {"info": {"cog": "wheel"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    seed: Mapped[str]
    odds_json: Mapped[Any] = mapped_column(AnyJson)
    prize: Mapped[str]
    prize_json: Mapped[Any] = mapped_column(AnyJson)
    created_at: Mapped[datetime]
    landed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    owed: Mapped[bool] = mapped_column(Boolean, server_default="FALSE")
    given_by: Mapped[str | None]


class Meta(Base):
    """Facts on this database: its mode, the level curve in force, replays under way."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
