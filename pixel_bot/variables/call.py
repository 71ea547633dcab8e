"""What a variable is asked with, and what comes out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from pixel_bot.errors import PixelError
from pixel_bot.model.people import Person, Platform


class VariableFailed(PixelError):
    """A variable has no value because something does not work. The sentence says what; what costs points goes back."""


@dataclass(frozen=True, slots=True)
class VariableSource:
    """For whom a text with variables is filled in: who typed the command, and what. Nobody, in the text of a timer.

    Attributes:
        key: what it is done for, once: the id of the message.
        command: the name of the command, or another name of the text.
        text: what was typed after it.
        login, display_name, platform_id, platform: who typed; all but the platform are empty where nobody did.
        roles: ``streamer``, ``mod``, ``vip``, ``sub``.
        emotes: in what was typed.
    """

    key: str
    command: str = ""
    text: str = ""
    login: str = ""
    display_name: str = ""
    platform_id: str = ""
    platform: Platform = "twitch"
    roles: tuple[str, ...] = ()
    emotes: tuple[str, ...] = ()

    @property
    def person(self) -> Person | None:
        """Who typed; None where nobody did."""
        if not self.platform_id:
            return None
        return Person(self.platform_id, self.login, self.display_name, self.platform)

    @property
    def words(self) -> list[str]:
        """What was typed, word by word."""
        return self.text.split()

    def as_args(self) -> dict[str, Any]:
        """As the arguments of a ``Run`` keep it."""
        return asdict(self)

    @classmethod
    def from_args(cls, args: Mapping[str, Any]) -> "VariableSource":
        """What ``as_args`` returned, after it was stored."""
        known: dict[str, Any] = {name: args[name] for name in cls.__dataclass_fields__ if name in args}
        for name in ("roles", "emotes"):
            known[name] = tuple(cast(list[str], known.get(name, ())))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class VariableCall:
    """A variable as it stands in a text.

    Attributes:
        name: what it is called there, lower case: ``user``, or ``1:`` for the words from the first one on.
        field: what follows its dot, like ``points``.
        words: its arguments, each filled in already; those in quotes without them.
        source: for whom.
        number: which of the variables in the text, from 1.
    """

    name: str
    field: str
    words: tuple[str, ...]
    source: VariableSource
    number: int

    @property
    def text(self) -> str:
        """The arguments as one text."""
        return " ".join(self.words)

    @property
    def id(self) -> str:
        """The same when the text is filled in again for the same message, and of no other variable."""
        return f"{self.source.key}:{self.number}"

    @property
    def chat_message(self) -> Any:
        """What ``bot.transaction(call, "count")`` claims: it is done once for each place in a text and each message."""
        return self


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text with its variables filled in, on one line. ``problems`` says what did not work, a sentence each."""

    text: str
    problems: tuple[str, ...] = ()
