"""Redemptions of channel points: as EventSub sends them, and as Helix lists them, which are the same fields."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from pixel_bot.model.people import Person
from pixel_bot.model.stream_events import Redemption
from pixel_bot.platforms.decoding import Anything, Unreadable, text_or
from pixel_bot.platforms.twitch.events.frames import Frame, decode_payload
from pixel_bot.platforms.twitch.events.structs import payloads
from pixel_bot.platforms.twitch.helix_structs import Row
from pixel_bot.redeems.channel_points import STATUSES, RedemptionEvent, RedemptionRef

ADDED = "channel.channel_points_custom_reward_redemption.add"
UPDATED = "channel.channel_points_custom_reward_redemption.update"
LONGEST_INPUT = 500

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Name = Annotated[str, Meta(min_length=1, max_length=50)]


class RewardRef(Struct, gc=False):
    """What was redeemed."""

    id: Id
    title: Anything = None
    cost: Anything = None


class RedemptionFields(Row, gc=False):
    """``channel.channel_points_custom_reward_redemption.*``, and ``channel_points/custom_rewards/redemptions``.

    https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/#channelchannel_points_custom_reward_redemptionadd
    """

    id: Id
    user_id: Id
    user_login: Name
    status: str
    redeemed_at: Id
    reward: RewardRef
    user_name: Annotated[str, Meta(max_length=50)] | None = None
    user_input: Anything = None


_REDEMPTIONS = payloads(RedemptionFields)


def parse_redemption(frame: Frame) -> RedemptionEvent | None:
    """Read a frame on a redemption of channel points; None for other types.

    Raises:
        Unreadable: a needed field is missing, or is not what it should be.
    """
    kind = frame.metadata.subscription_type
    if kind not in {ADDED, UPDATED}:
        return None
    return read_redemption(decode_payload(frame, _REDEMPTIONS).event, again=kind == UPDATED)


def read_redemption(fields: RedemptionFields, *, again: bool = False) -> RedemptionEvent:
    """The redemption of an event, or of a row of Helix.

    Raises:
        Unreadable: its status or its time is none.
    """
    status = fields.status.lower()
    if status not in STATUSES:
        raise Unreadable("a redemption of unknown status")
    person = Person(fields.user_id, fields.user_login.lower(), fields.user_name or fields.user_login.lower())
    user_input = text_or(fields.user_input)[:LONGEST_INPUT]
    ref = RedemptionRef(fields.id, fields.reward.id)
    return RedemptionEvent(ref, person, user_input, _moment(fields.redeemed_at), status, again)


def heard_redemption(frame: Frame) -> Redemption | None:
    """A new redemption, as cogs hear it; None for other types.

    Raises:
        Unreadable: a needed field is missing, or is not what it should be.
    """
    if frame.metadata.subscription_type != ADDED:
        return None
    fields = decode_payload(frame, _REDEMPTIONS).event
    known = read_redemption(fields)
    cost = fields.reward.cost if isinstance(fields.reward.cost, int) else 0
    title = text_or(fields.reward.title)
    return Redemption(
        known.ref.redemption, known.person, title, known.ref.reward, cost, known.user_input, known.redeemed_at
    )


def _moment(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise Unreadable("a redemption without a time") from None
    if at.tzinfo is None:
        raise Unreadable("a redemption without a time zone")
    return at
