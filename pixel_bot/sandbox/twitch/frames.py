"""EventSub messages as Twitch documents them (https://dev.twitch.tv/docs/eventsub/)."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser

Json = dict[str, Any]

_MENTION = re.compile(r"(?<!\w)@(\w{1,25})")


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, with nanoseconds, as Twitch writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def welcome(session_id: str, keepalive: int, now: datetime) -> Json:
    """The first message of a session."""
    session = {
        "id": session_id,
        "status": "connected",
        "connected_at": timestamp(now),
        "keepalive_timeout_seconds": keepalive,
        "reconnect_url": None,
    }
    return _message("session_welcome", f"welcome-{session_id}", now, {"session": session})


def keepalive(message_id: str, now: datetime) -> Json:
    """Sent when nothing else was for a while."""
    return _message("session_keepalive", message_id, now, {})


def reconnect(session_id: str, url: str, now: datetime) -> Json:
    """Asks the client to move to another address."""
    session = {
        "id": session_id,
        "status": "reconnecting",
        "connected_at": timestamp(now),
        "keepalive_timeout_seconds": None,
        "reconnect_url": url,
    }
    return _message("session_reconnect", f"reconnect-{session_id}", now, {"session": session})


def revocation(subscription: Json, now: datetime) -> Json:
    """Tells that a subscription has ended; its ``status`` says why."""
    payload = {"subscription": subscription}
    return _about(subscription, _message("revocation", f"revoked-{subscription['id']}", now, payload))


def notification(subscription: Json, event: Json, message_id: str, at: datetime) -> Json:
    """An event for one subscription."""
    payload = {"subscription": subscription, "event": event}
    return _about(subscription, _message("notification", message_id, at, payload))


def _about(subscription: Json, frame: Json) -> Json:
    frame["metadata"]["subscription_type"] = subscription["type"]
    frame["metadata"]["subscription_version"] = subscription["version"]
    return frame


def _message(kind: str, message_id: str, at: datetime, payload: Json) -> Json:
    metadata = {"message_id": message_id, "message_type": kind, "message_timestamp": timestamp(at)}
    return {"metadata": metadata, "payload": payload}


def chat_message(
    who: SandboxUser,
    text: str,
    message_id: str,
    reply: Json | None = None,
    mentioned: Callable[[str], SandboxUser | None] = lambda _: None,
    bits: int = 0,
) -> Json:
    """``channel.chat.message``; ``mentioned`` says whom a name after ``@`` means, ``bits`` what is cheered."""
    return {
        **broadcaster_fields(),
        "source_broadcaster_user_id": None,
        "source_broadcaster_user_login": None,
        "source_broadcaster_user_name": None,
        "chatter_user_id": who.id,
        "chatter_user_login": who.login,
        "chatter_user_name": who.name,
        "message_id": message_id,
        "source_message_id": None,
        "is_source_only": None,
        "message": {
            "text": text,
            "fragments": fragments(text, mentioned),
        },
        "color": who.color,
        "badges": badges(who.badges),
        "source_badges": None,
        "message_type": "text",
        "cheer": {"bits": bits} if bits else None,
        "reply": reply,
        "channel_points_custom_reward_id": None,
        "channel_points_animation_id": None,
    }


def fragments(text: str, mentioned: Callable[[str], SandboxUser | None]) -> list[Json]:
    """A text in pieces: a mention is just the ``@`` and the name, and says whose it is."""
    pieces: list[Json] = []
    end = 0
    for match in _MENTION.finditer(text) if "@" in text else ():
        if (person := mentioned(match[1])) is not None:
            pieces += [_fragment(before)] if (before := text[end : match.start()]) else []
            pieces.append(_fragment(match[0], person))
            end = match.end()
    return [*pieces, _fragment(text[end:])] if end < len(text) or not pieces else pieces


def _fragment(text: str, person: SandboxUser | None = None) -> Json:
    kind = "text" if person is None else "mention"
    mention = None if person is None else _user(person)
    return {"type": kind, "text": text, "cheermote": None, "emote": None, "mention": mention}


def badges(names: Iterable[str]) -> list[Json]:
    """Badges as chat messages carry them."""
    return [{"set_id": name, "id": "1", "info": ""} for name in names]


def chat_clear() -> Json:
    """``channel.chat.clear``."""
    return broadcaster_fields()


def message_delete(author: SandboxUser, message_id: str) -> Json:
    """``channel.chat.message_delete``."""
    return {**broadcaster_fields(), **_target(author), "message_id": message_id}


def clear_user_messages(author: SandboxUser) -> Json:
    """``channel.chat.clear_user_messages``: somebody was timed out or banned."""
    return {**broadcaster_fields(), **_target(author)}


def ban(who: SandboxUser, by: SandboxUser, at: datetime, until: datetime | None, reason: str = "") -> Json:
    """``channel.ban``: for good, or (with ``until``) for a while."""
    return {
        **_user(who),
        **broadcaster_fields(),
        **_moderator(by),
        "reason": reason,
        "banned_at": timestamp(at),
        "ends_at": timestamp(until) if until else None,
        "is_permanent": until is None,
    }


def unban(who: SandboxUser, by: SandboxUser) -> Json:
    """``channel.unban``."""
    return {**_user(who), **broadcaster_fields(), **_moderator(by)}


def moderator_change(who: SandboxUser) -> Json:
    """``channel.moderator.add`` and ``channel.moderator.remove``."""
    return {**broadcaster_fields(), **_user(who)}


def stream_online(stream_id: str, started_at: datetime) -> Json:
    """``stream.online``."""
    return {"id": stream_id, **broadcaster_fields(), "type": "live", "started_at": timestamp(started_at)}


def stream_offline(stream_id: str) -> Json:
    """``stream.offline``."""
    return {"id": stream_id, **broadcaster_fields()}


def follow(who: SandboxUser, at: datetime) -> Json:
    """``channel.follow`` version 2."""
    return {**_user(who), **broadcaster_fields(), "followed_at": timestamp(at)}


def subscribe(who: SandboxUser, *, gift: bool = False, tier: int = 1) -> Json:
    """``channel.subscribe``."""
    return {**_user(who), **broadcaster_fields(), "tier": f"{tier}000", "is_gift": gift}


def resub(who: SandboxUser, months: int, words: str = "", streak: int | None = None, *, tier: int = 1) -> Json:
    """``channel.subscription.message``; nobody has to share a streak."""
    return {
        **_user(who),
        **broadcaster_fields(),
        "tier": f"{tier}000",
        "message": {"text": words, "emotes": None},
        "cumulative_months": months,
        "streak_months": streak,
        "duration_months": 1,
    }


def gift(who: SandboxUser | None, total: int, *, tier: int = 1) -> Json:
    """``channel.subscription.gift``; nobody is named for an anonymous one."""
    return {
        **_user(who),
        **broadcaster_fields(),
        "total": total,
        "tier": f"{tier}000",
        "cumulative_total": None,
        "is_anonymous": who is None,
    }


def cheer(who: SandboxUser | None, bits: int) -> Json:
    """``channel.cheer``; nobody is named for an anonymous one."""
    return {"is_anonymous": who is None, **_user(who), **broadcaster_fields(), "message": f"Cheer{bits}", "bits": bits}


def bits_use(who: SandboxUser | None, bits: int, used_for: str = "cheer") -> Json:
    """``channel.bits.use``: a ``cheer``, ``power_up`` or ``custom_power_up``; for anonymous bits nobody is named."""
    power_up = {"type": "message_effect", "emote": None, "message_effect_id": "rainbow-eclipse"}
    custom = {"id": "custom-power-up-1", "title": "Confetti"}
    return {
        **(_user(who) if who is not None else {}),
        **broadcaster_fields(),
        "bits": bits,
        "type": used_for,
        "message": {"text": f"Cheer{bits}", "fragments": []} if used_for == "cheer" else None,
        "power_up": power_up if used_for == "power_up" else None,
        "custom_power_up": custom if used_for == "custom_power_up" else None,
    }


def hype_train(train_id: str, level: int, at: datetime, *, total: int = 1_000, ended: bool = False) -> Json:
    """``channel.hype_train.begin``, ``.progress`` and ``.end``, version 2."""
    ends = {"ended_at": timestamp(at), "cooldown_ends_at": timestamp(at + timedelta(hours=1))}
    goes_on = {"progress": 200, "goal": 1_800, "expires_at": timestamp(at + timedelta(minutes=5))}
    return {
        "id": train_id,
        **broadcaster_fields(),
        "total": total,
        "top_contributions": [],
        "level": level,
        "shared_train_participants": None,
        "started_at": timestamp(at),
        "is_shared_train": False,
        "type": "regular",
        **(ends if ended else goes_on),
    }


def automatic_reward(who: SandboxUser, redemption_id: str, reward: str, cost: int, at: datetime) -> Json:
    """``channel.channel_points_automatic_reward_redemption.add``, version 2."""
    return {
        **broadcaster_fields(),
        **_user(who),
        "id": redemption_id,
        "reward": {"type": reward, "channel_points": cost, "emote": None},
        "message": {"text": "look at me", "fragments": []},
        "redeemed_at": timestamp(at),
    }


def raid(who: SandboxUser, viewers: int) -> Json:
    """``channel.raid``."""
    return {
        "from_broadcaster_user_id": who.id,
        "from_broadcaster_user_login": who.login,
        "from_broadcaster_user_name": who.name,
        "to_broadcaster_user_id": STREAMER.id,
        "to_broadcaster_user_login": STREAMER.login,
        "to_broadcaster_user_name": STREAMER.name,
        "viewers": viewers,
    }


def broadcaster_fields() -> Json:
    """The channel, as events name it."""
    return {
        "broadcaster_user_id": STREAMER.id,
        "broadcaster_user_login": STREAMER.login,
        "broadcaster_user_name": STREAMER.name,
    }


def _target(who: SandboxUser) -> Json:
    return {"target_user_id": who.id, "target_user_login": who.login, "target_user_name": who.name}


def _moderator(who: SandboxUser) -> Json:
    return {"moderator_user_id": who.id, "moderator_user_login": who.login, "moderator_user_name": who.name}


def _user(who: SandboxUser | None) -> Json:
    if who is None:
        return {"user_id": None, "user_login": None, "user_name": None}
    return {"user_id": who.id, "user_login": who.login, "user_name": who.name}
