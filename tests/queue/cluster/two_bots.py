"""Two bots on one database."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from pixel_bot.testing import SettableClock, Stage, stage
from tests.harness.seed import query

SECONDS = 30


@asynccontextmanager
async def two_on(url: str, folder: Path) -> AsyncGenerator[tuple[Stage, Stage]]:
    """Two bots on one database, each with an overlay page of its own."""
    clock = SettableClock()
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(stage(folder / "one", clock, page="one", database_url=url)),
            await stack.enter_async_context(stage(folder / "two", clock, page="two", database_url=url)),
        )


async def say_to(both: tuple[Stage, Stage], who: str, text: str, role: str = "viewer", *, message_id: str) -> list[str]:
    """One message, as both hear it. Returns all answers."""
    answers = await asyncio.gather(*(one.say(who, text, role, message_id=message_id) for one in both))  # pyright: ignore[reportArgumentType]
    return [answer for some in answers for answer in some]


async def items_of(one: Stage) -> list[tuple[str, str]]:
    """Redeem and status of all items, as the database has them."""
    return query(one.services.database.url, "SELECT redeem, status FROM queue_items ORDER BY id")  # pyright: ignore[reportReturnType]


async def is_failed(one: Stage) -> bool:
    return await items_of(one) == [("sound", "failed")]
