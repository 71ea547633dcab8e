"""Groups of settings: points and XP, what the bot says, upkeep. ``settings.py`` has the others, and reads all."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from pixel_bot.setting_types import Amount, Factor, Seconds, Template


class PointsSettings(BaseSettings):
    """How many points and XP viewers earn, and for what."""

    points_chat_amount: Amount = Field(1, description="Points for a chat message")
    points_chat_cooldown_seconds: Seconds = Field(
        60, description="Seconds that must pass before a viewer earns points for a chat message again"
    )
    points_follow_amount: Amount = Field(50, description="Points for a follow. Each viewer gets them only once")
    points_sub_amount: Amount = Field(
        200, description="Points for a subscription. For gifted subscriptions the giver gets them, for each one"
    )
    points_sub_tier2_factor: Factor = Field(
        2.0, description="A subscription of tier 2 gives its points and XP times this factor, and so does a gifted one"
    )
    points_sub_tier3_factor: Factor = Field(
        5.0, description="A subscription of tier 3 gives its points and XP times this factor, and so does a gifted one"
    )
    points_upgrade_amount: Amount = Field(
        50, description="Points for a viewer who goes on paying for a subscription that was a gift or came with Prime"
    )
    points_cheer_per_bit: Factor = Field(1.0, description="Points for each bit in a cheer or a power-up")
    points_raid_amount: Amount = Field(100, description="Points for the streamer who raids your channel")
    points_tip_per_token: Factor = Field(1.0, description="Points for each token in a tip on Joystick.tv")
    points_enter_amount: Amount = Field(25, description="Points for a viewer who enters the stream on Joystick.tv")
    points_enter_cooldown_seconds: Seconds = Field(
        3_600, description="Seconds that must pass before a viewer earns points for entering again"
    )
    points_start_amount: Amount = Field(0, description="Points that a new viewer starts with")
    points_streak_amount: Amount = Field(
        20, description="Points for a viewer who tells in chat that they watched several streams in a row"
    )
    points_watch_amount: Amount = Field(5, description="Points for watching the live stream on Twitch. 0: none")
    points_watch_minutes: int = Field(
        10, ge=1, le=1_440, description="Minutes of the stream for which a viewer gets these points once"
    )
    points_watch_offline: bool = Field(
        False, description="true: viewers in chat earn these points while the stream is off, too"
    )
    points_watch_sub_factor: Factor = Field(1.0, description="Subscribers get these points times this factor")
    points_watch_vip_factor: Factor = Field(1.0, description="VIPs get these points times this factor")
    points_watch_mod_factor: Factor = Field(
        1.0,
        description=(
            "Mods get these points times this factor. For a viewer with several roles, the highest factor counts"
        ),
    )

    xp_base: float = Field(100, gt=0, le=1_000_000, description="XP that level 2 needs")
    xp_exponent: float = Field(
        1.8, ge=1, le=5, description="How quickly the levels get harder. A higher number makes them harder"
    )
    xp_max_level: int = Field(9_999, ge=1, le=9_999, description="The highest level")
    xp_chat_amount: Amount = Field(1, description="XP for a chat message")
    xp_chat_cooldown_seconds: Seconds = Field(
        30, description="Seconds that must pass before a viewer earns XP for a chat message again"
    )
    xp_follow_amount: Amount = Field(10, description="XP for a follow. Each viewer gets them only once")
    xp_sub_amount: Amount = Field(
        50, description="XP for a subscription. For gifted subscriptions the giver gets them, for each one"
    )
    xp_cheer_per_bit: Factor = Field(0.1, description="XP for each bit in a cheer or a power-up")
    xp_watch_amount: Amount = Field(
        5, description="XP for watching the live stream on Twitch, each time that it gives points. 0: none"
    )
    xp_tip_per_token: Factor = Field(0.1, description="XP for each token in a tip on Joystick.tv")
    level_rewards_file: Path = Field(
        Path("./data/level_rewards.json"), description="File with the rewards for levels. You may leave it out"
    )


class MessageSettings(BaseSettings):
    """Messages that the bot sends by itself; an empty one is not sent."""

    silent: bool = Field(
        False,
        description=(
            "true: the bot counts and pays everything, and says nothing in chat. So you can try it beside another bot"
        ),
    )
    greeting: Template = Field(
        "Hi, I am here! Type {prefix}help to see what I can do.",
        description="What the bot says when you have connected it to a platform. {prefix} is COMMAND_PREFIX",
    )
    shoutout_follow: Template = Field(
        "Welcome, {user}! Thank you for the follow.", description="Thanks for a follow. {user} is the follower"
    )
    shoutout_sub: Template = Field(
        "Thank you for the sub, {user}!",
        description="Thanks for a subscription. {user} is the subscriber, {months} is a number",
    )
    shoutout_upgrade: Template = Field(
        "{user} goes on with their sub. Thank you!",
        description=(
            "Thanks for going on with a subscription that was a gift or came with Prime. {user} is the subscriber"
        ),
    )
    shoutout_gift: Template = Field(
        "{user} gifted {count}. Thank you!",
        description="Thanks for gifted subscriptions. {user} is the giver, {count} is for example: 5 subs",
    )
    shoutout_cheer: Template = Field(
        "{user} cheered {count}. Thank you!",
        description="Thanks for a cheer. {user} is the viewer, {count} is for example: 100 bits",
    )
    shoutout_streak: Template = Field(
        "{user} watched {count} in a row. Welcome back!",
        description=(
            "Welcome for a viewer who shares a watch streak. {user} is the viewer, {count} is for example: 5 streams"
        ),
    )
    shoutout_hype_train: Template = Field(
        "The hype train reached level {count}. Thank you, all of you!",
        description="Thanks at the end of a hype train. {count} is its level, a number",
    )
    shoutout_raid: Template = Field(
        "{user} raids with {count}. Welcome, all of you!",
        description="Thanks for a raid. {user} is the raider, {count} is for example: 12 viewers",
    )
    shoutout_tip: Template = Field(
        "{user} tipped {count}. Thank you!",
        description="Thanks for a tip on Joystick.tv. {user} is the viewer, {count} is for example: 50 tokens",
    )


class UpkeepSettings(BaseSettings):
    """How long things are kept."""

    keep_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description=(
            "Days after which the bot deletes what people wrote: texts of redeems, summaries of changes, old log files."
            " Points and the ledger stay. 0: keep it for ever"
        ),
    )
