"""What is kept: greetings of people's own, friends of the channel, when somebody was greeted, shown, or is to be."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.plugin import CogModel, ViewerId


class Greeting(CogModel):
    """What is said when somebody comes, in place of the usual greeting."""

    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)
    text: Mapped[str]


class Friend(CogModel):
    """Somebody who is shouted out when they come."""

    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)


class Arrival(CogModel):
    """When somebody was greeted and shouted out for the last time, by the bot itself."""

    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)
    greeted_at: Mapped[datetime | None]
    shown_at: Mapped[datetime | None]


class OwedShoutOut(CogModel):
    """Whose channel Twitch would not show yet: it is made up for in the same stream."""

    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
