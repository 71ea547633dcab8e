"""The tables of what cogs have: versions, limits, draws, calls that wait; and of people who were forgotten."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.db.json_type import AnyJson
from pixel_bot.db.models import Base
from pixel_bot.db.partial_indexes import OPEN, on_postgres


class InstalledCog(Base):
    """A cog that has tables, and the version that they have. The row stays when the cog is gone: so do its tables."""

    __tablename__ = "installed_cogs"

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    tables: Mapped[str]  # their names, separated by spaces
    updated_at: Mapped[datetime]


class LimitUse(Base):
    """How often somebody has used what a cog limits, in one period: a day, a stream."""

    __tablename__ = "limit_uses"
    __table_args__ = (Index("ix_limit_uses_at", "at"),)

    cog: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    uses: Mapped[int]
    at: Mapped[datetime]


class FairDraw(Base):
    """A draw of a cog, with all that is needed to draw it again: the seed and the odds."""

    __tablename__ = "fair_draws"
    __table_args__ = (Index("ix_fair_draws_promise_id", "promise_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cog: Mapped[str]
    reason: Mapped[str]
    seed: Mapped[str]
    odds_json: Mapped[Any] = mapped_column(AnyJson)
    choice: Mapped[str]
    at: Mapped[datetime]
    promise_id: Mapped[int | None]  # of the row that holds the seed which was promised for it
    seed_hash: Mapped[str | None]  # in a promise alone: what was told of its seed; it has neither odds nor a choice


class Round(Base):
    """A round of a cog's game. The rows of the ledger with its id are all the points that were moved in it."""

    __tablename__ = "rounds"
    __table_args__ = (Index("ix_rounds_open", "cog", sqlite_where=text(OPEN), info=on_postgres(OPEN)),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cog: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]  # open, ended, returned
    house: Mapped[int] = mapped_column(server_default=text("0"))  # what came in and was not paid out; may be negative
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class FollowedRow(Base):
    """A row of a cog whose viewer became another one when two accounts were linked; it goes back when they part."""

    __tablename__ = "followed_rows"
    __table_args__ = (Index("ix_followed_rows_link_id", "link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("links.id"))
    table_name: Mapped[str]
    column_name: Mapped[str]
    key_json: Mapped[Any] = mapped_column(AnyJson)  # the primary key, by column, as it is since


class ForgottenAccount(Base):
    """An account whose person asked to be forgotten. ``account_since`` tells it from another one of the same id."""

    __tablename__ = "forgotten_accounts"

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_since: Mapped[datetime | None]
    at: Mapped[datetime]
    cogs_due: Mapped[bool] = mapped_column(Boolean, server_default="FALSE")  # the cogs must still be asked to forget


class StoredCall(Base):
    """A method of a cog that is to be called once with a value, at a time.

    ``kind`` is ``schedule`` or ``event``; ``name`` is that of the schedule, or of the method; ``value`` is JSON.
    ``missed`` says what becomes of one that was due while the bot was down: ``once`` or ``skip``. ``event`` is the
    class of an event; of a schedule it is a token of this call alone.
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
