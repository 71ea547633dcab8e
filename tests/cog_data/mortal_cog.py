"""A process that runs programs of a cog's transactions, several at once, beside awards for chat, and may be killed.

Called with the database's URL, a folder, and a program as JSON: see ``programs.py``. It dies before or after a commit.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, Session, mapped_column

from pixel_bot.clock import Clock
from pixel_bot.cog_data.models import CogModel, ViewerId
from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.cog_data.transactions import AlreadyDone
from pixel_bot.errors import ChatError
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.people import Person, Viewer
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import settings_in

LIMIT = 4


class Stake(CogModel):
    """What was staked and won under a key."""

    __module__ = "cogs.game"

    key: Mapped[str] = mapped_column(primary_key=True)
    viewer: Mapped[ViewerId]
    staked: Mapped[int]
    won: Mapped[int]


class Game:
    """The cog of the process."""

    __module__ = "cogs.game"
    tables = (Stake,)
    version = 1


class Failed(Exception):
    """Between two calls."""


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


async def work(tx: Transaction, step: dict[str, Any], viewers: dict[str, Viewer]) -> None:
    """One transaction: a stake, its row, perhaps a win for somebody, in the order that the step says."""
    who, rival, key = viewers[step["who"]], viewers[step["rival"]], step["key"]
    if step["limited"]:
        await tx.limit(who, "play", LIMIT, "ever")
    staked = await tx.debit(who, step["amount"], note=key)
    won = 0
    if step["shares"]:
        shares = await tx.share(staked, {who: 1, rival: 2})
        won = staked - shares.rest
    tx.session.add(Stake(key=key, viewer=who.id, staked=staked, won=won))
    await tx.session.flush()
    if step["fails"]:
        raise Failed
    if step["draws"] and (await tx.draw({"win": 1, "lose": 1})).choice == "win":
        row = await tx.session.get(Stake, key)
        assert row is not None
        row.won += staked
        await tx.credit(rival, staked, note=key)


async def run(services: Services, step: dict[str, Any], viewers: dict[str, Viewer]) -> None:
    try:
        async with services.transactions.open(step["key"], "game", "game") as tx:
            await work(tx, step, viewers)
    except (ChatError, AlreadyDone, Failed):
        return


async def main(url: str, folder: str, program: str) -> None:
    order = json.loads(program)
    settings = settings_in(Path(folder), database_url=url)
    async with opened(settings, "sandbox", Clock()) as services:
        await services.cog_tables.prepare(Game())
        services.awards.start()
        viewers = {name: await services.viewers.meet(Person(name, name, name)) for name in "abc"}
        arm(order["at"], order["nth"])
        for number, name in enumerate("abc" * 3):
            person = Person(name, name, name)
            services.awards.chat(chat_message(person, f"{order['round']}-{number}", services.clock.now()))
        await asyncio.gather(*(run(services, step, viewers) for step in order["steps"]))
        await services.awards.drained()
        await services.awards.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
