"""The rows of Helix's answers, as far as the bot uses them.

Every field is documented at https://dev.twitch.tv/docs/api/reference/. Fields that are not needed are left
out; those that may be missing have a default.
"""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct, field

from pixel_bot.platforms.decoding import Anything, NoObject, Text


class Row(Struct, gc=False):
    """A row. One that cannot be read is left out of an answer; where it ``is_needed``, the answer cannot be read."""

    is_needed: ClassVar[bool] = False


class User(Row, gc=False):
    """``users``."""

    id: Text
    login: Text
    display_name: str | None = None
    created_at: Anything = None


class Chatter(Row, gc=False):
    """``chat/chatters``."""

    user_id: Text
    user_login: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_]+\Z")]
    user_name: str | None = None


class Member(Row, gc=False):
    """``subscriptions``, ``channels/vips`` and ``moderation/moderators``: who is one."""

    user_id: Text


class BannedUser(Row, gc=False):
    """``moderation/banned``. A timeout has an end; it is empty for a ban for good."""

    user_id: Text
    expires_at: str | None = None


class StreamRow(Row, gc=False):
    """``streams``: one that is on. Without it, the stream would be taken for over."""

    is_needed: ClassVar[bool] = True
    id: Text
    started_at: Text
    user_id: str | None = None


class ChatSettings(Row, gc=False):
    """``chat/settings``: the modes of the chat."""

    is_needed: ClassVar[bool] = True
    slow_mode: bool
    slow_mode_wait_time: float | None = None
    follower_mode: bool = False
    subscriber_mode: bool = False
    emote_mode: bool = False


class Transport(Struct, gc=False):
    """Where events are sent to; other transports than websockets have no session."""

    session_id: str = ""


class HeldSubscription(Row, gc=False):
    """``eventsub/subscriptions``."""

    id: Text
    type: str
    condition: dict[str, Anything]
    status: str = ""
    transport: Transport = field(default_factory=Transport)


class Created(Row, gc=False):
    """Something new; its id is all that is needed of it."""

    id: Text


class CooldownSetting(Struct, gc=False):
    """How long a reward rests after each redemption."""

    is_enabled: Anything = None
    global_cooldown_seconds: Anything = None


class Reward(Row, gc=False):
    """``channel_points/custom_rewards``. What stands in it is compared with what should: any difference is one."""

    id: Text
    title: Anything = None
    prompt: Anything = None
    cost: Anything = None
    is_enabled: Anything = None
    is_user_input_required: Anything = None
    should_redemptions_skip_request_queue: Anything = None
    global_cooldown_setting: CooldownSetting | NoObject = None


class ChannelRow(Row, gc=False):
    """``channels``."""

    is_needed: ClassVar[bool] = True
    title: str
    game_id: str = ""
    game_name: str = ""


class CategoryRow(Row, gc=False):
    """``search/categories``."""

    id: Text
    name: Text


class FollowerRow(Row, gc=False):
    """``channels/followers``."""

    is_needed: ClassVar[bool] = True
    followed_at: Text
