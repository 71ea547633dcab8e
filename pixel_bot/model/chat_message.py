"""A chat message, as every platform can tell it."""

from dataclasses import dataclass
from datetime import datetime

from pixel_bot.model.people import Person


@dataclass(frozen=True, slots=True)
class Spoken:
    """Somebody wrote in chat.

    Args:
        id: of the message, unique over all platforms: ``joystick:...`` there.
        person: who wrote it.
        text: what was written, without invisible characters.
        at: when, aware.
        is_mod, is_streamer: what they may do in this channel. The streamer is a mod, too.
        is_bot: True where a bot wrote it: it earns nothing, and is not obeyed.
        emotes: names of the platform's emotes in the text.
    """

    id: str
    person: Person
    text: str
    at: datetime
    is_mod: bool = False
    is_streamer: bool = False
    is_bot: bool = False
    emotes: tuple[str, ...] = ()
