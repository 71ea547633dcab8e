"""What tests of Joystick's chat on a stage look at."""

from typing import Any

from pixel_bot.model.outgoing import Outgoing
from pixel_bot.testing import Stage, there

JULES = there("Jules")


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
