"""Lives of a bot in forked processes: each plays a bet, a duel and a heist, and is killed at a commit."""

import asyncio
import logging
import os
import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from typing_extensions import override

from pixel_bot.sandbox.twitch.users import Role
from pixel_bot.testing import SettableClock, Stage, stage
from tests.cogs.games.bets_scene import OTHERS

YES, NO = ("alice", "bob"), ("carol", "dave")
"""Who bets on which answer, so that a payout says which one was right."""

At = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Kill:
    """When a life ends: before or after its nth commit; 0 for one that lives."""

    at: At = "before"
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Typed:
    """A message: who, what, and its id, by which it can be delivered again."""

    who: str
    text: str
    id: str
    role: Role = "viewer"


Step = Typed | float
"""Somebody types something, or so many seconds pass."""


def program(number: int, rng: random.Random) -> list[Step]:
    """What happens in a life."""
    n = 0

    def typed(who: str, text: str, role: Role = "viewer") -> Typed:
        nonlocal n
        n += 1
        return Typed(who, text, f"{number}-{n}", role)

    def mod(text: str) -> Typed:
        return typed("mia", text, "moderator")

    bettors = rng.sample(YES + NO, rng.randrange(1, 5))
    steps: list[Step] = [
        mod(f"!bet settle {rng.choice(['yes', 'no'])}"),  # of the life before, where one is left
        mod(f'!bet open "Q{number}?" yes|no 60'),
        typed("alice", f"!duel @bob {100 + number}"),
        *(typed(who, f"!bet {'yes' if who in YES else 'no'} {rng.randrange(10, 200)}") for who in bettors),
        *(typed(who, f"!heist {rng.randrange(10, 200)}") for who in rng.sample(YES + NO, rng.randrange(1, 5))),
        typed("bob", rng.choice(["!accept", "!accept", "!decline", "hm"])),
        typed("alice", rng.choice(["!cancel", "hm"])),
        *([mod("!bet close")] if rng.random() < 0.3 else []),
        float(rng.choice([30, 60, 130])),
        mod(rng.choice(["!bet settle yes", "!bet win no", "!bet cancel", "hm"])),
        1.0,
    ]
    again = [step for step in steps if isinstance(step, Typed) and rng.random() < 0.2]
    return [*steps, *rng.sample(again, len(again))]


class _Told(list[str]):
    """What was said, also in a file, for after the death."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("a", encoding="utf-8", buffering=1)

    @override
    def append(self, line: str, /) -> None:
        super().append(line)
        self._file.write(f"{line}\n")


def begin_life(folder: Path, number: int, steps: Sequence[Step], kill: Kill, **settings: Any) -> int:
    """Begin one life in a process of its own. Returns its id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        logging.disable()
        asyncio.run(_live(folder, number, steps, kill, settings))
        code = 0
    finally:
        os._exit(code)


def end_of_life(process: int) -> bool:
    """Wait for the end of a life. Returns whether it was killed."""
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert status in (0, -signal.SIGKILL), status
    return status != 0


def live(folder: Path, number: int, steps: Sequence[Step], kill: Kill, **settings: Any) -> bool:
    """Run one life in a process of its own. Returns whether it was killed."""
    return end_of_life(begin_life(folder, number, steps, kill, **settings))


async def _live(folder: Path, number: int, steps: Sequence[Step], kill: Kill, settings: dict[str, Any]) -> None:
    clock = SettableClock()
    clock.advance(timedelta(hours=number).total_seconds())
    _arm(kill)
    rules: dict[str, Any] = {"games": True, "games_day_loss": 0, "heist_wait": 0, "duel_wait": 0, "bets_give_back": 1}
    async with stage(folder, clock, cogs_off=OTHERS, **rules | settings) as chat:
        chat.sent = _Told(folder / "told.txt")
        await chat.goes_live()
        await play(chat, steps)


async def play(chat: Stage, steps: Sequence[Step]) -> None:
    """Let it happen."""
    for step in steps:
        if isinstance(step, Typed):
            await chat.say(step.who, step.text, step.role, message_id=step.id)
        else:
            await chat.passes(step)


def _arm(kill: Kill) -> None:
    left = kill.nth

    def on_commit(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if kill.nth and kill.at == "before":
        event.listen(Engine, "commit", on_commit)
    elif kill.nth:
        event.listen(Session, "after_commit", on_commit)
