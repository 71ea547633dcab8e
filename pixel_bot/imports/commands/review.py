"""What happens to each command of a file: it runs as it is, is changed, is off, or is left out."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pixel_bot.imports.commands.texts import MAX_LENGTH, needs_of
from pixel_bot.imports.commands.values import CommandFile, ImportedCommand
from pixel_bot.texts import number

_NAME = re.compile(r"[^\s@/\\.,:;|`'\"$(){}<>\[\]=]+")
LONGEST_NAME = 30


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A command as it would be stored.

    Attributes:
        command: with its aliases that are free.
        left_out: why it is not stored at all; empty where it is.
        hosts: servers that the streamer must allow before it says anything.
        counts: whether it tells how often it was used.
    """

    command: ImportedCommand
    left_out: str = ""
    hosts: tuple[str, ...] = ()
    counts: bool = False

    @property
    def is_off(self) -> bool:
        """Whether it is stored, and does not answer."""
        return not self.left_out and bool(self.command.off)

    @property
    def is_changed(self) -> bool:
        """Whether it runs, and not as it did."""
        return not self.left_out and not self.command.off and bool(self.command.changes)


@dataclass(frozen=True, slots=True)
class Review:
    """All commands of a file."""

    commands: Sequence[Reviewed]

    @property
    def stored(self) -> Sequence[Reviewed]:
        """Those that would be stored."""
        return [one for one in self.commands if not one.left_out]

    @property
    def as_they_are(self) -> int:
        """How many run as they did, also where the streamer must allow a server first."""
        return sum(not one.left_out and not one.is_off and not one.is_changed for one in self.commands)

    @property
    def hosts(self) -> Sequence[str]:
        """All servers to be allowed, each once."""
        return list(dict.fromkeys(host for one in self.stored if not one.command.off for host in one.hosts))


def review(file: CommandFile, built_in: Collection[str], there: Collection[str]) -> Review:
    """Look at all commands of a file.

    Args:
        file: what was read.
        built_in: the names of the bot's own commands.
        there: the names of commands that mods have made already.
    """
    taken = {**dict.fromkeys(there, "there is a command of that name already")}
    taken |= dict.fromkeys(built_in, "Pixel Bot has a command of that name")
    targets = {command.name for command in file.commands if not command.alias_of} | set(built_in) | set(there)
    reviewed: list[Reviewed] = []
    for command in file.commands:
        one = _look_at(command, taken, targets, is_desktop=file.source == "Streamlabs Chatbot")
        reviewed.append(one)
        if not one.left_out:
            names = (command.name, *one.command.aliases)
            taken |= dict.fromkeys(names, "the file has that name twice")
    return Review(reviewed)


def _look_at(
    command: ImportedCommand, taken: Mapping[str, str], targets: Collection[str], *, is_desktop: bool
) -> Reviewed:
    left_out = _left_out(command, taken, targets)
    if left_out or command.alias_of:
        return Reviewed(command, left_out)
    needs = needs_of(command.text, is_desktop=is_desktop)
    free = tuple(name for name in command.aliases if is_name(name) and name not in taken and name != command.name)
    gone = [name for name in command.aliases if name not in (*free, command.name)]
    changes = (*command.changes, *(f"!{name} is no other name of it any more, as that is taken" for name in gone))
    off = command.off or needs.off or _off(command)
    return Reviewed(replace(command, aliases=free, changes=changes, off=off), "", needs.hosts, needs.counts)


def _left_out(command: ImportedCommand, taken: Mapping[str, str], targets: Collection[str]) -> str:
    if not is_name(command.name):
        return f"its name has signs, blanks or more than {LONGEST_NAME} letters"
    if command.name in taken:
        return taken[command.name]
    if command.alias_of:
        return "" if command.alias_of in targets else f"it only calls !{command.alias_of}, which is not there"
    if not command.text:
        return "it has no text"
    return f"its text has more than {number(MAX_LENGTH)} characters" if len(command.text) > MAX_LENGTH else ""


def _off(command: ImportedCommand) -> str:
    if command.cost and not (command.name.isascii() and command.name.isidentifier()):
        return "it costs points, and then its name may have only letters, digits and _"
    return "" if command.enabled else "it was off there, too"


def is_name(name: str) -> bool:
    """Whether a command of the bot may have that name."""
    return 0 < len(name) <= LONGEST_NAME and bool(_NAME.fullmatch(name)) and name.isprintable() and name[0].isalnum()
