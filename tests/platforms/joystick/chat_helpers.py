"""What tests of Joystick's chat on a stage look at."""

from typing import Any

from pixel_bot.model.outgoing import Outgoing
from pixel_bot.testing import Stage, there
from pixel_bot.upkeep.check import check

JULES = there("Jules")


async def problems(chat: Stage) -> list[str]:
    """What is wrong with the ledger."""
    async with chat.services.database.readers() as session:
        return await check(session, chat.services.levels.curve.level_of)


async def points(chat: Stage, login: str = "jules") -> int:
    return (await chat.bot.viewers.find(login, "joystick")).points


def notes_there(chat: Stage, room: Any) -> list[str]:
    """What is said in one room from now on."""
    outbox, said = chat.bot.channels[room].outbox, list[str]()
    put = outbox.put

    async def note(message: Outgoing) -> str | None:
        said.append(message.text)
        return await put(message)

    outbox.put = note  # pyright: ignore[reportAttributeAccessIssue]
    return said
