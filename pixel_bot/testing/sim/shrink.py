"""Cuts a plan that breaks a promise down to what it needs for that: less time, fewer troubles, people and events."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import fields, replace
from itertools import chain, pairwise
from math import ceil
from typing import Any

from pixel_bot.testing.sim.forks import Played
from pixel_bot.testing.sim.plan import Plan

TRIES = 150
FEWEST_CHATTERS = 2
SHORTEST = 5.0
"""Seconds."""


class Shrinker:
    """Tries smaller plans for as long as the same promise breaks.

    Args:
        failed: the plan that broke it, and its result.
        play: plays one plan.
        tries: how many are played at most.
        tell: is called with a line for each smaller plan.
    """

    def __init__(
        self,
        failed: Played,
        play: Callable[[Plan], Played],
        tries: int = TRIES,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.smallest = failed
        self.tries = 0
        self._play = play
        self._limit = tries
        self._tell = tell
        self._tried = {_key(failed.plan)}

    def shrink(self) -> Played:
        """Returns the smallest plan that was found, played; that of the beginning where none is smaller."""
        before = None
        while before != self.smallest.plan and self.tries < self._limit:
            before = self.smallest.plan
            self._shorten()
            self._leave_out_parts()
            self._thin_out()
            self._leave_out_kinds()
            self._leave_out_events()
        return self.smallest

    def _holds(self, plan: Plan) -> bool:
        """Whether the same promise breaks with this plan, which is then the smallest."""
        if self.tries >= self._limit or _key(plan) in self._tried:
            return False
        self._tried.add(_key(plan))
        self.tries += 1
        played = self._play(plan)
        if played.result.kind != self.smallest.result.kind:
            return False
        self.smallest = played
        self._tell(
            f"try {self.tries}: {plan.seconds:,.0f} s, {plan.chatters} chatters, {len(happened(played))} events, "
            f"{', '.join(str(part) for _, part in _parts(plan))}"
        )
        return True

    def _shorten(self) -> None:
        at = self.smallest.result.violated_at
        if at is not None and ceil(at) < self.smallest.plan.seconds:
            self._holds(replace(self.smallest.plan, seconds=float(ceil(at))))
        for share in (0.5, 0.75, 0.9):
            while (seconds := float(ceil(self.smallest.plan.seconds * share))) >= SHORTEST:
                if not self._holds(replace(self.smallest.plan, seconds=seconds)):
                    break

    def _leave_out_parts(self) -> None:
        """Kinds of trouble and actors, one after another."""
        for name, part in _parts(self.smallest.plan):
            self._holds(_without(self.smallest.plan, name, part))

    def _thin_out(self) -> None:
        while (chatters := self.smallest.plan.chatters // 2) >= FEWEST_CHATTERS:
            if not self._holds(replace(self.smallest.plan, chatters=chatters)):
                break

    def _leave_out_kinds(self) -> None:
        """All events of a kind at once."""
        for kind in dict.fromkeys(_kind(event) for event in happened(self.smallest)):
            ids = [event for event in happened(self.smallest) if _kind(event) == kind]
            self._holds(_without_events(self.smallest.plan, ids))

    def _leave_out_events(self) -> None:
        """Delta debugging (Zeller and Hildebrandt's ddmin) over the events that happened."""
        count = 2
        while (events := happened(self.smallest)) and self.tries < self._limit:
            parts = _split(events, min(count, len(events)))
            if any(self._holds(_without_events(self.smallest.plan, ids)) for ids in _smaller(events, parts)):
                count = max(count - 1, 2)
            elif count >= len(events):
                break
            else:
                count = min(2 * count, len(events))


def happened(played: Played) -> list[str]:
    """The ids of the events that happened, in order."""
    return list(dict.fromkeys(event for _, event, _ in played.result.story.lines if event))


def _kind(event: str) -> str:
    return event.partition(":")[0]


def _parts(plan: Plan) -> list[tuple[str, Any]]:
    """Each kind of trouble and each actor, with the field of the plan that has it."""
    return [
        (field.name, part)
        for field in fields(plan)
        if field.name != "left_out" and isinstance(value := getattr(plan, field.name), dict | frozenset)
        for part in _sorted(value)
    ]


def _sorted(value: Any) -> list[Any]:
    return sorted(value, key=str)


def _without(plan: Plan, name: str, part: Any) -> Plan:
    value: Any = getattr(plan, name)
    left = [each for each in value if each != part]
    changes: dict[str, Any] = {name: {k: value[k] for k in left} if isinstance(value, dict) else frozenset(left)}
    return replace(plan, **changes)


def _without_events(plan: Plan, ids: Sequence[str]) -> Plan:
    return replace(plan, left_out=plan.left_out | frozenset(ids))


def _split(events: list[str], count: int) -> list[list[str]]:
    edges = [len(events) * n // count for n in range(count + 1)]
    return [events[start:end] for start, end in pairwise(edges)]


def _smaller(events: list[str], parts: list[list[str]]) -> Generator[list[str]]:
    """What to leave out: all but one part, then each part; of two parts, each is all but the other."""
    if len(parts) > 1:
        yield from ([e for e in events if e not in part] for part in parts)
    if len(parts) != 2:
        yield from parts


def _key(plan: Plan) -> str:
    return "\n".join(chain((repr(replace(plan, left_out=frozenset())),), sorted(plan.left_out)))
