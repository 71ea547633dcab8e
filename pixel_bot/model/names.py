"""How people type the name of somebody, on either platform."""

from collections.abc import Sequence
from typing import NamedTuple

from pixel_bot.model.people import Person, Platform
from pixel_bot.texts import ENDINGS, narrow, visible

SHOWN: dict[Platform, str] = {"twitch": "Twitch", "joystick": "Joystick.tv"}
"""The platforms as people call them."""

LONGEST = 40
"""Characters of a typed name that an answer repeats."""


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

    def is_display_name(self, shown: str) -> bool:
        """True for a display name that was typed in any case."""
        return shown.casefold() == self.login.casefold()

    def fits(self, person: Person) -> bool:
        """True for somebody of that login or that display name."""
        return person.platform == self.platform and (
            person.login.lower() == self.login or self.is_display_name(person.display_name)
        )


class Mention(NamedTuple):
    """A mention in a chat message, as the platform read it: the text, and whom it means. A name may be missing."""

    text: str
    user_id: str
    login: str
    display_name: str

    def is_typed(self, who: Named) -> bool:
        """True when that name is this mention."""
        typed = _without_at(self.text), self.login, self.display_name
        return who.platform == "twitch" and any(name and who.is_display_name(name) for name in typed)


def named(typed: str, here: Platform) -> Named:
    """What a name means that was typed in chat ``here``: with ``@`` or without, in any case, like ``bob@twitch``."""
    return _named(_without_at(typed).rstrip(ENDINGS), here)


def readings(typed: str, here: Platform) -> Sequence[Named]:
    """What a typed name can mean, the likelier first.

    A name on Joystick.tv may end in a full stop, and full-width letters are part of a name, or of a keyboard.
    """
    bare = _without_at(typed)
    ways = (narrow(bare).rstrip(ENDINGS.replace(".", "")), narrow(bare).rstrip(ENDINGS), bare.rstrip(ENDINGS))
    return tuple(dict.fromkeys(_named(way, here) for way in ways))


def shown_name(typed: str) -> str:
    """A typed name as an answer repeats it."""
    return _without_at(typed).rstrip(ENDINGS)[:LONGEST]


def name_of(login: str, platform: Platform) -> str:
    """The name in the database of who has that login there."""
    return Person("", login, "", platform).name


def other_than(platform: Platform) -> Platform:
    """The other platform."""
    return "joystick" if platform == "twitch" else "twitch"


def _named(bare: str, here: Platform) -> Named:
    login = bare.lower()
    for platform in SHOWN:
        if login.endswith(f"@{platform}"):
            return Named(login.removesuffix(f"@{platform}"), platform, said=True)
    return Named(login, here, said=False)


def _without_at(typed: str) -> str:
    return visible(typed).lstrip("@＠").strip()
