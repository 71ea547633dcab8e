"""How people type the name of somebody, on either platform."""

from typing import NamedTuple

from pixel_bot.model.people import Person, Platform

SHOWN: dict[Platform, str] = {"twitch": "Twitch", "joystick": "Joystick.tv"}
"""The platforms as people call them."""


class Named(NamedTuple):
    """Who is meant: the login, the platform, and whether it was said or only follows from where it was typed."""

    login: str
    platform: Platform
    said: bool

    @property
    def name(self) -> str:
        """The name in the database."""
        return name_of(self.login, self.platform)

    @property
    def elsewhere(self) -> Platform:
        """The other platform."""
        return other_than(self.platform)


def named(typed: str, here: Platform) -> Named:
    """What a name means that was typed in chat ``here``: with ``@`` or without, in any case, like ``bob@twitch``."""
    login = typed.strip().removeprefix("@").rstrip(",").lower()
    for platform in SHOWN:
        if login.endswith(f"@{platform}"):
            return Named(login.removesuffix(f"@{platform}"), platform, said=True)
    return Named(login, here, said=False)


def name_of(login: str, platform: Platform) -> str:
    """The name in the database of who has that login there."""
    return Person("", login, "", platform).name


def other_than(platform: Platform) -> Platform:
    """The other platform."""
    return "joystick" if platform == "twitch" else "twitch"
