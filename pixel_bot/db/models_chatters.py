"""The tables of what was counted in chat: messages of people, and uses of sounds, voices and commands."""

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


class UseCount(Base):
    """How often something was used, by its kind and name."""

    __tablename__ = "use_counts"

    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    uses: Mapped[int] = mapped_column(server_default="0")
