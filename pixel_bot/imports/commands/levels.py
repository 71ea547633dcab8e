"""User levels of other bots in our words. What is not known is for the streamer alone: nobody may more than there."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pixel_bot.imports.commands.values import Level
from pixel_bot.texts import fit, plain


class Who(NamedTuple):
    """Who may use a command, and what is not as it was there; empty where it is the same."""

    level: Level
    change: str = ""


NIGHTBOT: Mapping[str, Level] = {
    "everyone": "everyone",
    "subscriber": "sub",
    "regular": "regular",
    "twitch_vip": "vip",
    "moderator": "mods",
    "admin": "streamer",
    "owner": "streamer",
}
"""https://api-docs.nightbot.tv/#user-levels"""

STREAMELEMENTS: Sequence[tuple[int, Level]] = (
    (100, "everyone"),
    (250, "sub"),
    (300, "regular"),
    (400, "vip"),
    (500, "mods"),
)
"""The least number of each level; above 500 come its super moderators (1000) and the broadcaster (1500)."""

STREAMLABS: Sequence[tuple[int, Level]] = ((1, "everyone"), (2, "sub"), (32, "mods"), (128, "streamer"))
"""Cloudbot's bits, of which the widest counts (``ChatbotPermissions`` of streamlabs/desktop)."""

DESKTOP: Mapping[str, Level] = {
    "everyone": "everyone",
    "subscriber": "sub",
    "subscriber+": "sub",
    "regular": "regular",
    "vip+": "vip",
    "moderator": "mods",
    "editor": "streamer",
    "caster": "streamer",
}
"""Permissions of Streamlabs Chatbot."""

_FOSSABOT: Mapping[str, Level] = {
    "subscriber": "sub",
    "regular": "regular",
    "vip": "vip",
    "moderator": "mods",
    "broadcaster": "streamer",
}

_BELOW: Sequence[Level] = ("sub", "vip", "mods")
"""Groups of Twitch, from the widest one."""


def nightbot(written: object) -> Who:
    """Of Nightbot's word; none at all is everyone."""
    return Who("everyone") if written is None else _known(NIGHTBOT, str(written))


def desktop(written: object) -> Who:
    """Of Streamlabs Chatbot's word."""
    return _known(DESKTOP, str(written))


def streamelements(number: int) -> Who:
    """Of StreamElements' number; what lies between two levels is the narrower one."""
    for least, level in STREAMELEMENTS:
        if number <= least:
            return Who(level)
    return Who("streamer", "it was for super moderators, and is for you alone") if number < 1_500 else Who("streamer")


def streamlabs(bits: int) -> Who:
    """Of Cloudbot's bits."""
    for bit, level in STREAMLABS:
        if bits & bit:
            return Who(level)
    return Who("streamer", f"who may use it ({bits}) is not known here: you alone may")


def fossabot(role_ids: Collection[str], roles: Mapping[str, tuple[str, bool]]) -> Who:
    """Of Fossabot's roles.

    Args:
        role_ids: of the command; none means everyone.
        roles: the name of each role, and whether it comes along. A role that the streamer made may be called anything.
    """
    if not role_ids:
        return Who("everyone")
    known = [roles.get(role, ("", False)) for role in role_ids]
    levels = {_FOSSABOT[name.lower()] for name, is_default in known if is_default and name.lower() in _FOSSABOT}
    others = [
        name or "?" for name, is_default in known if not is_default or name.lower() not in (*_FOSSABOT, "founder")
    ]
    # With one group all above it may: where one of these is not among the roles, only a narrower level is not wider.
    for place, level in enumerate(_BELOW):
        if level in levels and all(above in levels for above in _BELOW[place + 1 :]):
            left = sorted(levels - set(_BELOW[place:]) - {"streamer"})
            return Who(level, _narrower([*left, *others]))
    left = sorted(levels - {"streamer"})
    return Who(
        "mods" if "mods" in levels else "streamer", _narrower([*(one for one in left if one != "mods"), *others])
    )


def _narrower(left_out: Sequence[str]) -> str:
    if not left_out:
        return ""
    return f"it was also for {fit(plain(', '.join(left_out)), 60)}, and is not any more"


def _known(levels: Mapping[str, Level], written: str) -> Who:
    level = levels.get(written.lower())
    if level is None:
        return Who("streamer", f"who may use it ({fit(plain(written), 30)}) is not known here: you alone may")
    return Who(level)
