"""What only cogs know, asked of all of them: what they owe viewers, and what is open to viewers."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.bot.cogs.cog_base import CogBase
from pixel_bot.bot.cogs.faults import Faults
from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.db.engine import Database
from pixel_bot.model.owed import Owed
from pixel_bot.model.people import Viewer

T = TypeVar("T")

Asked = Callable[[CogBase, AsyncSession], Awaitable[Sequence[T]]]


async def all_owed(components: Iterable[object], database: Database, faults: Faults) -> list[Owed]:
    """What all cogs owe, the oldest first."""
    answers = await _asked(components, database, faults, "in what_is_owed", lambda cog, s: cog.what_is_owed(s))
    owed = [replace(one, cog=cog) for cog, found in answers for one in found]
    return sorted(owed, key=lambda one: (one.since, one.cog, one.id))


async def all_open(components: Iterable[object], database: Database, faults: Faults) -> dict[str, list[str]]:
    """What viewers may type just now to take part in something, by cog."""
    answers = await _asked(components, database, faults, "in what_is_open", lambda cog, s: cog.what_is_open(s))
    found: dict[str, list[str]] = {}
    for cog, lines in sorted(answers, key=lambda answer: answer[0]):
        if lines:
            found.setdefault(cog, []).extend(lines)
    return found


async def handed_over(components: Iterable[object], tx: Transaction, owed: Owed, by: Viewer) -> bool:
    """Whether a cog whose classes these are kept that it was handed over."""
    return any([await cog.hand_over(tx, owed, by) for cog in components if isinstance(cog, CogBase)])


async def _asked(
    components: Iterable[object], database: Database, faults: Faults, where: str, ask: Asked[T]
) -> list[tuple[str, Sequence[T]]]:
    """The answer of each cog class. One that fails at it counts as crashed, and has nothing to say here."""
    answers: list[tuple[str, Sequence[T]]] = []
    for component in components:
        if not isinstance(component, CogBase):
            continue
        cog = component.bot.cogs.owner_of(component)
        with faults.caught(cog, where):
            async with database.readers() as session:
                answers.append((cog, await ask(component, session)))
    return answers
