"""Series of events: each is drawn by seed, kind and number alone, so that leaving one out changes no other."""

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from itertools import count

from pixel_bot.testing.sim.plan import Plan


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Args:
        id: its kind and number, like ``chat:17``.
        number: of its kind, from 0.
        chance: draws what belongs to it.
    """

    id: str
    number: int
    chance: random.Random


@dataclass
class Story:
    """What happened, in order: seconds, id of the event, and a few words."""

    lines: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])

    def tell(self, event: Event, words: str) -> None:
        """Note what an event is."""
        self.lines.append((asyncio.get_running_loop().time(), event.id, words))


async def series(plan: Plan, kind: str, mean: float) -> AsyncGenerator[Event]:
    """Events of a kind at drawn moments, for ever, but for those that the plan leaves out.

    Args:
        plan: whose seed draws them.
        kind: their name.
        mean: seconds between two of them, on average.
    """
    due = asyncio.get_running_loop().time()
    for number in count():
        chance = random.Random(f"{plan.seed} {kind} {number}")
        due += chance.expovariate(1 / mean)
        event = Event(f"{kind}:{number}", number, chance)
        if event.id not in plan.left_out:
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            yield event
