"""The table of what happened in the channel, where several of Twitch's events tell of the same."""

from datetime import datetime

from sqlalchemy import Boolean, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.db.models import Base


class EventClaim(Base):
    """Something that happened once, whichever events tell of it: a sub's month, a gift, a cheer, a raid.

    ``person`` is the platform's id, empty for whoever stays anonymous. ``detail`` is what all events say alike: the
    tier, the amount. ``sources`` names the kinds of events that have told of it.
    """

    __tablename__ = "event_claims"
    __table_args__ = (Index("ix_event_claims_person", "kind", "person", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    person: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]
    sources: Mapped[str]
    months: Mapped[int | None]
    duration: Mapped[int] = mapped_column(server_default=text("1"))
    gifted: Mapped[bool] = mapped_column(Boolean, server_default="FALSE")
    announced: Mapped[bool] = mapped_column(Boolean, server_default="FALSE")
