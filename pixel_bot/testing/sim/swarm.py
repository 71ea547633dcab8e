"""Swarm runs: many seeds, each with another mix of people and troubles, several at a time."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from typing_extensions import override

from pixel_bot.testing.sim.forks import Played, play_all
from pixel_bot.testing.sim.plan import Plan


@dataclass
class Totals:
    """What a swarm came to; ``processor`` and ``wall`` are seconds."""

    seeds: int = 0
    simulated: float = 0.0
    processor: float = 0.0
    wall: float = 0.0
    kills: int = 0
    commands: int = 0
    messages: int = 0
    commits: int = 0

    def add(self, played: Played) -> None:
        """One more seed."""
        result = played.result
        self.seeds += 1
        self.simulated += result.seconds
        self.processor += played.seconds
        self.kills += result.kills
        self.messages += result.messages
        self.commands += result.commands
        self.commits += result.commits

    @override
    def __str__(self) -> str:
        return (
            f"{self.seeds:,} seeds: {self.kills:,} kills, {self.commands:,} commands, {self.messages:,} messages, "
            f"{self.commits:,} commits; {self.simulated / 3_600:,.1f} simulated hours in {self.processor:,.0f} s of "
            f"processor time ({self.simulated / max(self.processor, 1e-9):,.0f} times real time), {self.wall:,.0f} s"
        )


def swarm(plans: Iterable[Plan], jobs: int, tell: Callable[[str], None], totals: Totals) -> Played | None:
    """Play plans until one breaks a promise.

    Args:
        plans: which; they may depend on the totals.
        jobs: how many are played at the same time.
        tell: is called with a line for each, as it ends.
        totals: what it comes to is added here.

    Returns:
        The one that broke a promise; None where all were kept.
    """
    began = time.monotonic()
    for played in play_all(plans, jobs):
        totals.add(played)
        totals.wall = time.monotonic() - began
        tell(line(played))
        if played.result.violation is not None:
            return played
    return None


def line(played: Played) -> str:
    """A seed in one line."""
    result = played.result
    return (
        f"seed {played.plan.seed}: {result.seconds:,.0f} s in {played.seconds:,.1f} s of processor time, "
        f"{result.messages:,} messages, {result.commands:,} commands, {result.commits:,} commits, "
        f"{result.kills:,} kills: "
        f"{result.violation or 'held'} [{result.digest[:12]}]"
    )
