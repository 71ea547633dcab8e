"""A plan that breaks a promise is cut down to what it needs for that, with as few tries as may be."""

import sys
from dataclasses import replace

import pytest

if sys.platform == "win32":
    pytest.skip("locks of files are simulated for POSIX systems", allow_module_level=True)

from pixel_bot.testing.sim.forks import Played
from pixel_bot.testing.sim.plan import Plan, Trouble
from pixel_bot.testing.sim.series import Story
from pixel_bot.testing.sim.shrink import Shrinker, happened
from pixel_bot.testing.sim.simulate import Result

WHOLE = Plan(3, 600.0, 300, 1.0, 0.3, {Trouble.KILL: 20.0, Trouble.CUT: 60.0, Trouble.TWICE: 60.0})
EVENTS = [*(f"chat:{n}" for n in range(60)), *(f"kill:{n}" for n in range(4))]
PACE = 10.0
"""Seconds between two events in the imagined simulation."""


def imagined(plan: Plan, *needed: str, kills: bool = True) -> Played:
    """A simulation that breaks a promise when these events happen, and the bot can be killed."""
    events = [e for n, e in enumerate(EVENTS) if e not in plan.left_out and n * PACE < plan.seconds]
    if Trouble.KILL not in plan.every:
        events = [e for e in events if not e.startswith("kill")]
    story = Story([(PACE * n, e, f"{e} happens") for n, e in enumerate(EVENTS) if e in events])
    breaks = set(needed) <= set(events) and (Trouble.KILL in plan.every or not kills)
    at = PACE * EVENTS.index(needed[-1]) + 0.5
    violation = f"User {len(events)} has too much." if breaks else None
    return Played(plan, Result("", plan.seconds, 0, 0, 0, 0, violation, story, at if breaks else None), 0.0)


def test_only_what_the_failure_needs_is_left() -> None:
    failed = imagined(WHOLE, "chat:3", "chat:41")
    shrinker = Shrinker(failed, lambda plan: imagined(plan, "chat:3", "chat:41"))
    smallest = shrinker.shrink()
    assert happened(smallest) == ["chat:3", "chat:41"]
    assert smallest.plan.seconds == 411
    assert smallest.plan.chatters == 2
    assert [*smallest.plan.every] == [Trouble.KILL]
    assert shrinker.tries <= 100


def test_another_broken_promise_is_not_taken_for_it() -> None:
    def play(plan: Plan) -> Played:
        played = imagined(plan, "chat:3")
        if len(plan.left_out) < 10:
            return played
        return replace(played, result=replace(played.result, violation="Item 7 was forgotten."))

    smallest = Shrinker(imagined(WHOLE, "chat:3"), play).shrink()
    assert smallest.result.kind == "User # has too much."
    assert len(smallest.plan.left_out) < 10


def test_the_number_of_tries_is_bounded() -> None:
    tried: list[Plan] = []

    def play(plan: Plan) -> Played:
        tried.append(plan)
        return imagined(plan, "chat:3", "chat:41")

    Shrinker(imagined(WHOLE, "chat:3", "chat:41"), play, tries=7).shrink()
    assert len(tried) == 7
