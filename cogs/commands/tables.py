"""What is kept: commands, options, other names, commands that sleep, allowed servers."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.plugin import CogModel


class CustomCommand(CogModel):
    """A command that a mod made. ``cost`` is what it cost when it became a redeem; the price is the catalogue's."""

    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    cost: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]


class Options(CogModel):
    """The options of a command, also of one that comes along."""

    name: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool] = mapped_column(default=True)
    who: Mapped[str] = mapped_column(default="everyone")
    cooldown: Mapped[int] = mapped_column(default=0)
    everyone: Mapped[int] = mapped_column(default=0)
    reply: Mapped[bool | None]


class OtherName(CogModel):
    """Another name of a command."""

    name: Mapped[str] = mapped_column(primary_key=True)
    command: Mapped[str]


class Asleep(CogModel):
    """A command that another bot answers, too, by the first word that is typed for it.

    ``whose`` is ``asleep`` until somebody has decided, then ``ours`` or ``theirs``.
    """

    name: Mapped[str] = mapped_column(primary_key=True)
    bot: Mapped[str]
    whose: Mapped[str]


class AllowedHost(CogModel):
    """A server that texts may ask, as the streamer has allowed."""

    host: Mapped[str] = mapped_column(primary_key=True)
