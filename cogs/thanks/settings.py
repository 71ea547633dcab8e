"""The settings of the thanks: what is said for which event."""

from pydantic import Field

from pixel_bot.plugin import CogSettings, Template, later


class Settings(CogSettings):
    """A line for each kind of event; an empty one is not said."""

    follow: Template = Field(
        later("Welcome, {user}! Thank you for the follow."),
        validation_alias="SHOUTOUT_FOLLOW",
        description="Thanks for a follow. {user} is the follower",
    )
    sub: Template = Field(
        later("Thank you for the sub, {user}!"),
        validation_alias="SHOUTOUT_SUB",
        description="Thanks for a subscription. {user} is the subscriber, {months} is a number",
    )
    upgrade: Template = Field(
        later("{user} goes on with their sub. Thank you!"),
        validation_alias="SHOUTOUT_UPGRADE",
        description=(
            "Thanks for going on with a subscription that was a gift or came with Prime. {user} is the subscriber"
        ),
    )
    gift: Template = Field(
        later("{user} gifted {count}. Thank you!"),
        validation_alias="SHOUTOUT_GIFT",
        description="Thanks for gifted subscriptions. {user} is the giver, {count} is for example: 5 subs",
    )
    cheer: Template = Field(
        later("{user} cheered {count}. Thank you!"),
        validation_alias="SHOUTOUT_CHEER",
        description="Thanks for a cheer. {user} is the viewer, {count} is for example: 100 bits",
    )
    streak: Template = Field(
        later("{user} watched {count} in a row. Welcome back!"),
        validation_alias="SHOUTOUT_STREAK",
        description=(
            "Welcome for a viewer who shares a watch streak. {user} is the viewer, {count} is for example: 5 streams"
        ),
    )
    hype_train: Template = Field(
        later("The hype train reached level {count}. Thank you, all of you!"),
        validation_alias="SHOUTOUT_HYPE_TRAIN",
        description="Thanks at the end of a hype train. {count} is its level, a number",
    )
    raid: Template = Field(
        later("{user} raids with {count}. Welcome, all of you!"),
        validation_alias="SHOUTOUT_RAID",
        description="Thanks for a raid. {user} is the raider, {count} is for example: 12 viewers",
    )
    tip: Template = Field(
        later("{user} tipped {count}. Thank you!"),
        validation_alias="SHOUTOUT_TIP",
        description="Thanks for a tip on Joystick.tv. {user} is the viewer, {count} is for example: 50 tokens",
    )
