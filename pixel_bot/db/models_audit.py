"""The tables of what was done by whom: the audit log, and the answers to requests that may be sent again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.db.json_type import AnyJson
from pixel_bot.db.models import Base


class AuditRow(Base):
    """One act of somebody with rights: in chat, on a page, or by a script. Rows are added, and never changed."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_change_id", "change_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    via: Mapped[str]  # chat, page, api
    area: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    before_json: Mapped[Any] = mapped_column(AnyJson, nullable=True)
    after_json: Mapped[Any] = mapped_column(AnyJson, nullable=True)
    change_id: Mapped[int | None]  # of the change that !undo takes back; None where it cannot be taken back like that


class AnsweredRequest(Base):
    """A request with an idempotency key. ``status`` is None until it was answered."""

    __tablename__ = "answered_requests"
    __table_args__ = (Index("ix_answered_requests_at", "at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None]
    at: Mapped[datetime]
