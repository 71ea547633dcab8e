"""A bot that plays a program of chat on a database, and may be killed before or after one of its commits.

Called with the database's URL, a folder, and the program as JSON: see ``test_giveaway_rounds.py``.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from pixel_bot.testing import SettableClock, stage

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
OFF = "clips,commands,counters,greetings,lineup,pixel,quotes,speech,thanks,timers,wheel"
"""Cogs that no program needs."""


def arm(at: str, nth: int) -> None:
    """Die before or after the nth commit."""
    left = nth

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if nth:
        event.listen(Engine, "commit", count) if at == "before" else event.listen(Session, "after_commit", count)


async def main(url: str, folder: str, program: str) -> None:
    order = json.loads(program)
    clock = SettableClock(BEGIN + timedelta(seconds=order["from"]))
    async with stage(Path(folder), clock, database_url=url, games=True, cogs_off=OFF, **order["settings"]) as chat:
        arm(order["at"], order["nth"])
        for who, text, role, message_id, seconds in order["steps"]:
            await chat.say(who, text, role, message_id=message_id)
            await chat.passes(seconds)
        for _ in range(order["minutes"]):
            await chat.passes(60)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
