"""Stories: what happened in a simulation, as a file for people that can be played again.

First a sentence, the broken promise, behind ``#``; then the plan as JSON, to an empty line; then what happened, for
people alone: seconds, the event's id, and who did what.
"""

from pathlib import Path
from typing import Any, cast

import msgspec

from pixel_bot.testing.sim.forks import Played
from pixel_bot.testing.sim.plan import Plan

HELD = "No promise was broken."


def written(played: Played) -> str:
    """A simulation as the text of a file."""
    result = played.result
    lines = [f"# {result.violation or HELD}", _json(played.plan), ""]
    lines += [f"{at:9.2f} s  {event:18} {words}" for at, event, words in _until_broken(played)]
    if result.violation is not None:
        at = f"{result.violated_at:9.2f} s" if result.violated_at is not None else " " * 11
        lines.append(f"{at}  {'BROKEN':18} {result.violation}")
    return "\n".join(lines) + "\n"


def read(file: Path) -> Plan:
    """The plan of a file.

    Raises:
        ValueError: it holds none.
    """
    text = file.read_text(encoding="utf-8")
    head = [line for line in text.split("\n\n", 1)[0].splitlines() if not line.startswith("#")]
    try:
        plan: Plan = cast(Any, msgspec.json).decode("\n".join(head), type=Plan)
    except msgspec.DecodeError as exc:
        raise ValueError(f"{file.name} is no story: {exc}") from exc
    return plan


def _json(plan: Plan) -> str:
    plain: Any = msgspec.json.encode(plan, order="deterministic")
    text: bytes = cast(Any, msgspec.json).format(plain, indent=2)
    return text.decode()


def _until_broken(played: Played) -> list[tuple[float, str, str]]:
    end = played.result.violated_at
    return [line for line in played.result.story.lines if end is None or line[0] <= end]
