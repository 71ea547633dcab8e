"""The people of a list, each once. Who stands there twice with different points gets neither: which one is right?"""

from collections.abc import Sequence
from typing import NamedTuple


class Holder(NamedTuple):
    """Somebody who gets points. Either of ``login`` and ``platform_id`` may be empty, never both."""

    line: int
    login: str
    shown: str
    platform_id: str
    points: int


class Skipped(NamedTuple):
    """A line that pays nobody, and why."""

    line: int
    why: str


class People:
    """Collects holders. Two lines mean one person when they share a login or a Twitch id."""

    def __init__(self) -> None:
        self._kept: list[Holder] = []
        self._by_login: dict[str, int] = {}
        self._by_id: dict[str, int] = {}
        self._repeats: list[Skipped] = []
        self._disputed: dict[int, list[int]] = {}

    def add(self, holder: Holder) -> None:
        """One more line. The same person with the same points again counts once."""
        places = (self._by_login.get(holder.login), self._by_id.get(holder.platform_id))
        known = {place for place in places if place is not None}
        place = min(known, default=len(self._kept))
        if holder.login:
            self._by_login.setdefault(holder.login, place)
        if holder.platform_id:
            self._by_id.setdefault(holder.platform_id, place)
        if not known:
            self._kept.append(holder)
        elif len(known) == 1 and self._agree(self._kept[place], holder) and place not in self._disputed:
            first = self._kept[place]
            again = f"{holder.login or holder.shown} stands on line {first.line} already, with the same points"
            self._repeats.append(Skipped(holder.line, f"{again}: counted once"))
        else:
            for index in known:
                self._disputed.setdefault(index, [self._kept[index].line]).append(holder.line)

    def paid(self) -> Sequence[Holder]:
        """Who is paid, in the order of the list."""
        return [one for place, one in enumerate(self._kept) if one.points and place not in self._disputed]

    def without_points(self) -> int:
        """How many have 0 points, so that there is nothing to pay."""
        return sum(not one.points and place not in self._disputed for place, one in enumerate(self._kept))

    def skipped(self) -> Sequence[Skipped]:
        """The lines that are not paid because of another line."""
        disputes: dict[int, str] = {}
        for place, lines in self._disputed.items():
            one = self._kept[place]
            listed = f"{', '.join(map(str, lines[:-1]))} and {lines[-1]}"
            why = f"{one.login or one.shown} stands on lines {listed}, and they differ; leave only the right one"
            disputes |= dict.fromkeys(lines, why)
        return [*self._repeats, *(Skipped(line, why) for line, why in disputes.items())]

    @staticmethod
    def _agree(one: Holder, other: Holder) -> bool:
        same_id = not one.platform_id or not other.platform_id or one.platform_id == other.platform_id
        return same_id and one.points == other.points
