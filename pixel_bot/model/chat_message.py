"""An incoming chat message, the same value on every platform."""

from datetime import datetime
from typing import NamedTuple

from pixel_bot.clock import micros
from pixel_bot.model.people import Person, Platform


class ChatMessage(NamedTuple):
    """Somebody wrote in chat. A tuple, because a busy chat makes thousands of them a second.

    Args:
        id: of the message, unique over all platforms: ``joystick:...`` there.
        key: of its author, unique over all platforms (``Person.key``).
        platform_id, login, display_name, platform: its author; the login is lower case.
        at: when it was sent, in microseconds since 1970.
        text: what was written, without invisible characters.
        is_guest: True where it comes from another channel's shared chat.
        is_mod, is_streamer: what its author may do in this channel, where the platform says so in the message itself.
            The streamer is a mod, too.
        is_bot: True where a bot wrote it: it earns nothing, and its commands are ignored.
        emotes: names of the platform's emotes in the text.
        bits: what was cheered with it.
    """

    id: str
    key: str
    platform_id: str
    login: str
    display_name: str
    at: int
    platform: Platform = "twitch"
    text: str = ""
    is_guest: bool = False
    is_mod: bool = False
    is_streamer: bool = False
    is_bot: bool = False
    emotes: tuple[str, ...] = ()
    bits: int = 0

    @property
    def person(self) -> Person:
        """Its author."""
        return Person(self.platform_id, self.login, self.display_name, self.platform)

    @property
    def name(self) -> str:
        """Its author's name in the database."""
        return self.login if self.platform == "twitch" else self.key


def chat_message(
    person: Person,
    message_id: str,
    at: datetime,
    text: str = "",
    *,
    is_mod: bool = False,
    is_streamer: bool = False,
    is_bot: bool = False,
    emotes: tuple[str, ...] = (),
) -> ChatMessage:
    """A message by that person, sent at the aware moment ``at``."""
    return ChatMessage(
        message_id,
        person.key,
        person.platform_id,
        person.login.lower(),
        person.display_name,
        micros(at),
        person.platform,
        text,
        is_mod=is_mod,
        is_streamer=is_streamer,
        is_bot=is_bot,
        emotes=emotes,
    )


class BanChange(NamedTuple):
    """A mod banned somebody for good, or lifted a ban. By the platform's id, at the aware moment ``at``."""

    author_id: str
    banned: bool
    at: datetime
    platform: Platform = "twitch"


class Removal(NamedTuple):
    """A mod removed messages from chat: one, all of one author, or (neither is named) everything."""

    message_id: str = ""
    author_id: str = ""
