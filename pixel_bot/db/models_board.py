"""The tables of who does not play: the ignore list, and bans."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.db.models import Base


class IgnoredAccount(Base):
    """An account on the ignore list; with ``ignored`` False a service bot that plays nevertheless."""

    __tablename__ = "ignored_accounts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    ignored: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime]


class IgnoredName(Base):
    """The same for a name that nobody has had here yet. Its first owner's account takes the place of the row."""

    __tablename__ = "ignored_names"

    name: Mapped[str] = mapped_column(primary_key=True)
    ignored: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime]


class Ban(Base):
    """Whether a platform has banned somebody from the channel for good, and when it last said so.

    By the platform's id: who is banned need not have been seen here.
    """

    __tablename__ = "bans"

    platform: Mapped[str] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(primary_key=True)
    banned: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime]
