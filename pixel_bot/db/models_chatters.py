"""The table of what is known of people who chat, beside their account here."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.db.models import Base


class KnownChatter(Base):
    """How many messages of somebody were seen here, counted up to a bound, and since when their account exists.

    By ``Person.key``: who chats need not have an account here yet.
    """

    __tablename__ = "known_chatters"

    key: Mapped[str] = mapped_column(primary_key=True)
    messages: Mapped[int] = mapped_column(server_default="0")
    account_since: Mapped[datetime | None]
