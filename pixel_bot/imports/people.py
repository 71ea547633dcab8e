"""Deduplication of a list: each person once. A person with contradicting lines is not paid at all."""

from collections.abc import Sequence
from typing import NamedTuple

from pixel_bot.imports.table import Skipped


class Holder(NamedTuple):
    """A person, their points, and their XP where it is taken over.

    Either of ``login`` and ``platform_id`` may be empty, never both.
    """

    line: int
    login: str
    shown: str
    platform_id: str
    points: int
    xp: int = 0


class People:
    """Collects the lines of a list. Two lines are one person when they share a login or a Twitch id."""

    def __init__(self) -> None:
        self._kept: list[Holder] = []
        self._by_login: dict[str, int] = {}
        self._by_id: dict[str, int] = {}
        self._repeats: list[Skipped] = []
        self._disputed: dict[int, list[int]] = {}

    def add(self, holder: Holder) -> None:
        """Add a line. A repeated person with the same points counts once."""
        matches = (self._by_login.get(holder.login), self._by_id.get(holder.platform_id))
        known = {index for index in matches if index is not None}
        index = min(known, default=len(self._kept))
        if holder.login:
            self._by_login.setdefault(holder.login, index)
        if holder.platform_id:
            self._by_id.setdefault(holder.platform_id, index)
        if not known:
            self._kept.append(holder)
        elif len(known) == 1 and self._agree(self._kept[index], holder) and index not in self._disputed:
            first = self._kept[index]
            again = f"{holder.login or holder.shown} stands on line {first.line} already, with the same points"
            self._repeats.append(Skipped(holder.line, f"{again}: counted once", harmless=True))
        else:
            for match in known:
                self._disputed.setdefault(match, [self._kept[match].line]).append(holder.line)

    def paid(self) -> Sequence[Holder]:
        """The people who are paid, in the order of the list."""
        return [one for index, one in enumerate(self._kept) if (one.points or one.xp) and index not in self._disputed]

    def without_points(self) -> int:
        """How many have 0 points, and so are not paid."""
        return sum(
            not one.points and not one.xp and index not in self._disputed for index, one in enumerate(self._kept)
        )

    def skipped(self) -> Sequence[Skipped]:
        """The lines that are not paid because of another line."""
        disputes: dict[int, str] = {}
        for index, lines in self._disputed.items():
            one = self._kept[index]
            listed = f"{', '.join(map(str, lines[:-1]))} and {lines[-1]}"
            why = f"{one.login or one.shown} stands on lines {listed}, and they differ; leave only the right one"
            disputes |= dict.fromkeys(lines, why)
        return [*self._repeats, *(Skipped(line, why) for line, why in disputes.items())]

    @staticmethod
    def _agree(one: Holder, other: Holder) -> bool:
        same_id = not one.platform_id or not other.platform_id or one.platform_id == other.platform_id
        return same_id and (one.points, one.xp) == (other.points, other.xp)
