"""What a request may set on a reward."""

import re
from collections.abc import Mapping
from typing import Any

from pixel_bot.sandbox.twitch.calls import Refusal
from pixel_bot.sandbox.twitch.channel_points import Reward

LONGEST_TITLE = 45
LONGEST_PROMPT = 200
MOST_COST = 2**31 - 1
LONGEST_COOLDOWN = 604_800
COLOR = re.compile(r"^#[0-9A-Fa-f]{6}$")

FLAGS = {
    "is_enabled": "enabled",
    "is_paused": "paused",
    "is_user_input_required": "needs_input",
    "should_redemptions_skip_request_queue": "skips_queue",
}
LIMITS = {
    "per_stream": ("is_max_per_stream_enabled", "max_per_stream", MOST_COST),
    "per_viewer": ("is_max_per_user_per_stream_enabled", "max_per_user_per_stream", MOST_COST),
    "cooldown": ("is_global_cooldown_enabled", "global_cooldown_seconds", LONGEST_COOLDOWN),
}


def changes_of(body: Mapping[str, Any], reward: Reward) -> dict[str, Any]:
    """What a body changes on a reward, by the reward's own field names.

    Raises:
        Refusal: 400, a value that Twitch does not take.
    """
    given = {name: value for name, value in body.items() if value is not None}
    changes: dict[str, Any] = _texts(given)
    if "cost" in given:
        changes["cost"] = _number(given, "cost", MOST_COST)
    for name, ours in FLAGS.items():
        if name in given:
            changes[ours] = _flag(given, name)
    for ours, (switch, amount, most) in LIMITS.items():
        if switch not in given and amount not in given:
            continue
        on = _flag(given, switch) if switch in given else getattr(reward, ours) > 0
        changes[ours] = _number(given, amount, most) if on else 0
    return changes


def _texts(given: Mapping[str, Any]) -> dict[str, Any]:
    texts: dict[str, Any] = {}
    if "title" in given:
        texts["title"] = _text(given, "title", 1, LONGEST_TITLE)
    if "prompt" in given:
        texts["prompt"] = _text(given, "prompt", 0, LONGEST_PROMPT)
    if "background_color" in given:
        texts["color"] = _text(given, "background_color", 7, 7)
        if not COLOR.match(texts["color"]):
            raise Refusal(400, "The background_color must be a Hex color code, like #9147FF.")
    return texts


def _text(given: Mapping[str, Any], name: str, least: int, most: int) -> str:
    value = given[name]
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise Refusal(400, f"The {name} must contain a minimum of {least} and a maximum of {most} characters.")
    return value


def _number(given: Mapping[str, Any], name: str, most: int) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise Refusal(400, f"The value in {name} must be a number from 1 to {most}.")
    return value


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given[name]
    if not isinstance(value, bool):
        raise Refusal(400, f"The value in {name} must be true or false.")
    return value
