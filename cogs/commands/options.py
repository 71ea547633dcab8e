"""What can be set of a command: keys, and the values that people type for them."""

from collections.abc import Mapping

from pixel_bot.plugin import LEVELS, BadInput, listed, texts

from . import sentences

_ = texts(__name__)

KEYS = ("cooldown", "everyone", "who", "cost", "alias", "on", "reply")

LONGEST = 86_400
"""Seconds of a cooldown."""

LONGEST_SHOWN = 40
"""Characters of a typed name that are shown."""

MOST_POINTS = 1_000_000_000

LEVEL_NAMES: Mapping[str, str] = {
    **{level: level for level in LEVELS},
    # StreamElements' numbers. Its supermoderators are none of ours: nobody gets more than there.
    "100": "everyone",
    "250": "sub",
    "300": "regular",
    "400": "vip",
    "500": "mods",
    "1000": "streamer",
    "1500": "streamer",
    "all": "everyone",
    "subs": "sub",
    "subscriber": "sub",
    "subscribers": "sub",
    "regulars": "regular",
    "vips": "vip",
    "twitch_vip": "vip",
    "mod": "mods",
    "moderator": "mods",
    "moderators": "mods",
    "broadcaster": "streamer",
    "owner": "streamer",
    "admin": "streamer",
}
"""User levels as Nightbot and StreamElements call them."""

_SWITCH = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


def level_of(typed: str) -> str:
    """Who may use it.

    Raises:
        BadInput: there is no such level.
    """
    level = LEVEL_NAMES.get(typed.lower().lstrip("@+"))
    if level is None:
        raise BadInput(_(sentences.NOT_WHO, levels=listed(LEVELS)))
    return level


def seconds_of(key: str, typed: str) -> int:
    """A cooldown, like ``30`` or ``30s``.

    Raises:
        BadInput: it is none, or longer than a day.
    """
    digits = typed.lower().removesuffix("s")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 7 and int(digits) <= LONGEST):
        raise BadInput(_(sentences.NOT_SECONDS, key=key))
    return int(digits)


def points_of(typed: str) -> int:
    """A price.

    Raises:
        BadInput: it is none.
    """
    digits = typed.replace(",", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 11 and int(digits) <= MOST_POINTS):
        raise BadInput(_(sentences.NOT_POINTS))
    return int(digits)


def switch_of(key: str, typed: str) -> bool:
    """On or off.

    Raises:
        BadInput: it is neither.
    """
    chosen = _SWITCH.get(typed.lower())
    if chosen is None:
        raise BadInput(_(sentences.NOT_SWITCH, key=key))
    return chosen
