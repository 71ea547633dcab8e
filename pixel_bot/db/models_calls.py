"""The table of calls that cogs wait for: what is scheduled, and events that must not be lost."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.db.models import Base


class StoredCall(Base):
    """A method of a cog that is to be called once with a value, at a time.

    ``kind`` is ``schedule`` or ``event``; ``name`` is that of the schedule, or of the method; ``value`` is JSON.
    ``missed`` says what becomes of one that was due while the bot was down: ``once`` or ``skip``.
    """

    __tablename__ = "stored_calls"
    __table_args__ = (Index("ix_stored_calls_due_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    cog: Mapped[str]
    name: Mapped[str]
    event: Mapped[str] = mapped_column(server_default="")
    value: Mapped[str]
    missed: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
