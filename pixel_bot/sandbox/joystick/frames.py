"""Messages of Joystick.tv's gateway, in both versions."""

import html
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

Json = dict[str, Any]
Version = Literal["v1", "v2"]
BADGES = ("bot", "new", "streamer", "staff", "mod", "subscriber", "host")

V2_NAMES = {
    "Tipped": "tipped",
    "Followed": "followed",
    "Subscribed": "subscribed",
    "Resubscribed": "resubscribed",
    "GiftedSubscriptions": "gifted_subscriptions",
    "WheelSpinClaimed": "wheel_spin_claimed",
    "StreamDroppedIn": "stream_dropped_in",
    "DropinStream": "dropin_stream",
    "Started": "stream_started",
    "Ended": "stream_ended",
    "StreamEnding": "stream_ending",
    "StreamResuming": "stream_resuming",
    "TipGoalIncreased": "tip_goal_increased",
    "TipGoalMet": "tip_goal_met",
    "MilestoneCompleted": "milestone_completed",
    "ViewerCountUpdated": "viewer_count_updated",
    "FollowerCountUpdated": "follower_count_updated",
    "SubscriberCountUpdated": "subscriber_count_updated",
}
"""The second version's name of an event, by the first one's."""

PRESENCE = {"enter_stream", "leave_stream"}


def stamp(at: datetime) -> str:
    """A moment as the gateway writes it, in whole seconds."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def chat(
    version: Version,
    message_id: str,
    channel: tuple[str, str],
    username: str,
    text: str,
    badges: Collection[str],
    at: datetime,
) -> Json:
    """Somebody writes in the chat of a channel (its id and its streamer)."""
    if version == "v2":
        return _chat_v2(message_id, channel, username, text, badges, at)
    return _chat_v1(message_id, channel, username, text, badges, at)


def _chat_v2(
    message_id: str, channel: tuple[str, str], username: str, text: str, badges: Collection[str], at: datetime
) -> Json:
    channel_id, streamer = channel
    author = {
        "username": username,
        "nickname": None,
        "color": None,
        "badges": {badge: badge in badges for badge in BADGES},
    }
    return {
        "v": 2,
        "type": "new_message",
        "id": message_id,
        "channel_id": channel_id,
        "occurred_at": stamp(at),
        "text": text,
        "data": {
            "author": author,
            "streamer": {"username": streamer},
            "subscription": None,
            "text": text,
            "visibility": "public",
            "highlight": False,
            "emotes": [],
            "mentions": [],
        },
    }


def _chat_v1(
    message_id: str, channel: tuple[str, str], username: str, text: str, badges: Collection[str], at: datetime
) -> Json:
    channel_id, streamer = channel
    command, _, argument = text.removeprefix("!").partition(" ")
    return {
        "event": "ChatMessage",
        "createdAt": stamp(at),
        "messageId": message_id,
        "type": "new_message",
        "visibility": "public",
        "text": text,
        "botCommand": command if text.startswith("!") else None,
        "botCommandArg": argument.split(" ")[0] if text.startswith("!") else None,
        "emotesUsed": [],
        "author": {
            "slug": username.lower(),
            "username": username,
            "usernameColor": None,
            "displayNameWithFlair": html.escape(username),
            "isStreamer": "streamer" in badges,
            "isModerator": bool({"mod", "streamer"} & set(badges)),
            "isSubscriber": "subscriber" in badges,
        },
        "streamer": {"slug": streamer.lower(), "username": streamer},
        "channelId": channel_id,
        "mention": False,
        "mentionedUsername": None,
        "highlight": False,
    }


def event(
    version: Version, kind: str, event_id: str, channel_id: str, text: str, metadata: Mapping[str, Any], at: datetime
) -> Json:
    """Something happens; ``kind`` is the first version's name, ``text`` is in HTML."""
    if version == "v2":
        return {
            "v": 2,
            "type": V2_NAMES.get(kind, kind),
            "id": event_id,
            "channel_id": channel_id,
            "occurred_at": stamp(at),
            "text": text,
            "data": dict(metadata),
        }
    if kind in PRESENCE:
        return {
            "id": event_id,
            "event": "UserPresence",
            "type": kind,
            "text": metadata["username"],
            "channelId": channel_id,
            "createdAt": stamp(at),
        }
    return {
        "id": event_id,
        "event": "StreamEvent",
        "type": kind,
        "text": text,
        "metadata": json.dumps(dict(metadata)),
        "createdAt": stamp(at),
        "channelId": channel_id,
    }
