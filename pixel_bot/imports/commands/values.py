"""What another bot's file holds, in our words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["everyone", "sub", "regular", "vip", "mods", "streamer"]
"""Who may use a command, each with all that follow it."""


@dataclass(frozen=True, slots=True)
class ImportedCommand:
    """A command of another bot.

    Attributes:
        name: without what commands begin with, lower case.
        text: what it says.
        who: who may use it.
        cooldown, everyone: seconds before the same viewer, and before anybody may use it again.
        cost: points.
        aliases: other names.
        enabled: whether it was on.
        count: how often it was used, for ``$(count)``.
        reply: True where it answers as a reply, None where that is left to the bot.
        alias_of: the command that it only calls; it has no text then.
        changes: what is not as it was there, a sentence each.
        off: why it cannot run here; empty where it can.
    """

    name: str
    text: str
    who: Level = "everyone"
    cooldown: int = 0
    everyone: int = 0
    cost: int = 0
    aliases: tuple[str, ...] = ()
    enabled: bool = True
    count: int = 0
    reply: bool | None = None
    alias_of: str = ""
    changes: tuple[str, ...] = ()
    off: str = ""


@dataclass(frozen=True, slots=True)
class ImportedTimer:
    """A text that the bot said by itself every so many minutes, once chat had written so many lines."""

    name: str
    text: str
    minutes: int
    lines: int = 0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ImportedQuote:
    """A quote; ``said`` is the day or moment as ISO 8601, empty where the file does not say it."""

    text: str
    said: str = ""
    game: str = ""


@dataclass(frozen=True, slots=True)
class ImportedCounter:
    """A counter of its own."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class CommandFile:
    """Everything that was read of a file. ``problems`` names the entries that could not be read."""

    source: str
    commands: Sequence[ImportedCommand] = ()
    timers: Sequence[ImportedTimer] = ()
    quotes: Sequence[ImportedQuote] = ()
    counters: Sequence[ImportedCounter] = ()
    problems: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to import in it."""
        return not (self.commands or self.timers or self.quotes or self.counters)
