"""Bots that sell from the store, each in a fork of its own, and each of which dies at one of its next commits.

Called with a folder, cogs that are off, and what each does: ``buy``, ``refund``, or ``make`` a redeem. Prints how many
bots that took.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from pixel_bot.testing import Stage, stage

SCRIPT = Path(__file__)
MOST = 40
START, COST, STOCK = 100, 30, 1_000
NEEDED = {"store", "redeems", "queue", "owed"}


def arm(nth: int) -> None:
    """Die at the nth commit from now on: odd ones right before it, even ones right after it."""
    left = (nth + 1) // 2

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "commit", count) if nth % 2 else event.listen(Session, "after_commit", count)


async def begin(chat: Stage) -> None:
    await chat.say("mila", f"!redeem new game {COST} manual", "moderator")
    await chat.say("mila", f"!redeem stock game {STOCK}", "moderator")
    await chat.say("mila", "!redeem limit game 1 day", "moderator")


async def buy(chat: Stage, number: int) -> None:
    if number > 1:
        await chat.say(f"fan{number - 1}", "!game", message_id=f"buy-{number - 1}")  # delivered again
    await chat.viewer(f"fan{number}", START)
    arm(number)
    await chat.say(f"fan{number}", "!game", message_id=f"buy-{number}")


async def refund(chat: Stage, number: int) -> None:
    if number > 1:
        await chat.say("mila", f"!refund @fan{number - 1}", "moderator", message_id=f"back-{number - 1}")
    await chat.viewer(f"fan{number}", START)
    await chat.say(f"fan{number}", "!game", message_id=f"buy-{number}")
    arm(number)
    await chat.say("mila", f"!refund @fan{number}", "moderator", message_id=f"back-{number}")


async def make(chat: Stage, number: int) -> None:
    if number > 1:
        await chat.say("mila", made_by(number - 1), "moderator", message_id=f"make-{number - 1}")
    arm(number)
    await chat.say("mila", made_by(number), "moderator", message_id=f"make-{number}")


def made_by(number: int) -> str:
    return f"!redeem new item{number} {number} manual"


ACTS = {"buy": buy, "refund": refund, "make": make}


async def live(folder: Path, off: str, work: Callable[[Stage], Awaitable[None]]) -> None:
    async with stage(folder, cogs_off=off) as chat:
        await work(chat)


def in_a_fork(folder: Path, off: str, work: Callable[[Stage], Awaitable[None]]) -> bool:
    """Returns whether it lived to the end."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            asyncio.run(live(folder, off, work))
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), code
    return code == 0


def main(folder: Path, off: str, what: str) -> None:
    act = ACTS[what]
    assert in_a_fork(folder, off, begin)
    number = lived = 0
    while lived < 2:  # neither before nor after a commit did it die any more
        number += 1
        assert number < MOST
        is_alive = in_a_fork(folder, off, lambda chat, number=number: act(chat, number))
        lived = lived + 1 if is_alive else 0
    sys.stdout.write(f"{number}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
