"""The tables of who gets in: links that sign a browser in, its session, and the tokens of scripts.

Of each secret only its SHA-256 hash is kept. They are random and long, so that a slow hash would add nothing.
"""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.db.models import Base


class AccessKey(Base):
    """The key of a link that signs one browser in, once. A used one stays for a while, to be told from a wrong one.

    ``purpose`` says who asked for it: the start, the command ``open``, or a browser that is signed in.
    """

    __tablename__ = "access_keys"

    hash: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WebSession(Base):
    """A browser that is signed in. ``seen_at`` is written at most every few minutes."""

    __tablename__ = "web_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiToken(Base):
    """A bearer token of a script. ``scopes`` are separated by spaces; ``*`` stands for all that there will ever be."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WebServerRow(Base):
    """A web server that runs on this database, so that other commands know the address of its pages."""

    __tablename__ = "web_servers"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]
    started_at: Mapped[datetime]
