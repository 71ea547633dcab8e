"""The tables of linked accounts: merges of two accounts, and the codes that prove who owns both."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.db.models import Base
from pixel_bot.db.partial_indexes import on_postgres


class Link(Base):
    """One account was merged into another one. The points and XP that moved are kept, so that it can be undone."""

    __tablename__ = "links"
    __table_args__ = (
        Index("ix_links_kept_id", "kept_id"),
        Index(
            "ux_links_merged_id",
            "merged_id",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            info=on_postgres("undone_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    merged_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    points: Mapped[int]
    xp: Mapped[int]
    change_id: Mapped[int | None]
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class LinkCode(Base):
    """A code that somebody asked for on one platform, to be given on the other."""

    __tablename__ = "link_codes"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    public: Mapped[bool] = mapped_column(Boolean, server_default="FALSE")  # all of chat could read it
    taken_by: Mapped[int | None]  # who gave it, while the one who asked for a public one has not agreed yet
    expires_at: Mapped[datetime]
