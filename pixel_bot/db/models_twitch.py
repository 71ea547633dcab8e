"""The tables for Twitch: accounts with their tokens, and channel points."""

from datetime import datetime

from sqlalchemy import Boolean, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.db.models import Base
from pixel_bot.db.partial_indexes import on_postgres


class AccountRow(Base):
    """An account that the bot acts for. Its tokens are encrypted with a key that is not in the database."""

    __tablename__ = "accounts"

    role: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    login: Mapped[str]
    display_name: Mapped[str]
    tokens: Mapped[str | None]
    scopes: Mapped[str] = mapped_column(server_default="")
    updated_at: Mapped[datetime]
    client_id: Mapped[str | None]  # the application that the tokens are for; None in rows of older versions
    renewed_at: Mapped[datetime | None]  # when Twitch issued the tokens


class NativeReward(Base):
    """A custom reward on Twitch that stands for one of our redeems."""

    __tablename__ = "native_rewards"

    key: Mapped[str] = mapped_column(primary_key=True)
    reward_id: Mapped[str | None] = mapped_column(unique=True)
    cost: Mapped[int]
    enabled: Mapped[bool] = mapped_column(Boolean, server_default="TRUE")
    updated_at: Mapped[datetime]


class Redemption(Base):
    """A redemption of channel points, from when it was accepted until its result was reported to Twitch."""

    __tablename__ = "redemptions"
    __table_args__ = (
        Index(
            "ix_redemptions_open",
            "id",
            sqlite_where=text("reported_at IS NULL"),
            info=on_postgres("reported_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    reward_id: Mapped[str]
    item_id: Mapped[int | None] = mapped_column(unique=True)  # the queue's item; None for one that was refused
    created_at: Mapped[datetime]
    reported_at: Mapped[datetime | None]
