"""Who somebody is: to the platform, and to us."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from typing_extensions import override

from pixel_bot.model.service_bots import COMMAND_BOTS

Platform = Literal["twitch", "joystick"]

PLATFORMS: tuple[Platform, ...] = ("twitch", "joystick")


class Person(NamedTuple):
    """Somebody as a platform names them. Reads as the name for chat.

    ``platform_id`` stays the same when they rename themselves.
    """

    platform_id: str
    login: str
    display_name: str
    platform: Platform = "twitch"

    @override
    def __str__(self) -> str:
        return self.display_name

    @property
    def name(self) -> str:
        """The name in the database: the lower-case login, with the platform where it is not Twitch."""
        login = self.login.lower()
        return login if self.platform == "twitch" else f"{login}@{self.platform}"

    @property
    def is_command_bot(self) -> bool:
        """True for a service bot that answers commands of viewers, like Nightbot."""
        return self.login.lower() in COMMAND_BOTS

    @property
    def display_key(self) -> str | None:
        """The display name by which a person is found in any case; None where it says no more than the login."""
        key = self.display_name.casefold()
        return None if key == self.login.casefold() else key

    @property
    def key(self) -> str:
        """What the person is known by in memory: unique over all platforms, and on Twitch the same after a rename."""
        return self.platform_id if self.platform == "twitch" else self.name


def platform_of(message_id: str | None) -> Platform:
    """Where a message was written: ids of other platforms than Twitch begin with the platform's name."""
    return "joystick" if message_id is not None and message_id.startswith("joystick:") else "twitch"


def platform_of_name(name: str) -> Platform:
    """Where somebody lives, by their name in the database."""
    return "joystick" if name.endswith("@joystick") else "twitch"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody as the database knows them. Reads as the name for chat; ``points`` is the balance when looked up."""

    id: int
    name: str
    display_name: str
    points: int

    @override
    def __str__(self) -> str:
        return self.display_name
