"""Levels that a cog's transaction has given: told once it is durable, and not at all where it was undone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from pixel_bot.points.levels import LevelUp

_telling: set[asyncio.Task[None]] = set()
"""Held until they have told, because the event loop holds tasks weakly."""


def tell_when_durable(
    session: AsyncSession, ups: Sequence[LevelUp], notify: Callable[[Sequence[LevelUp]], Awaitable[None]]
) -> None:
    """Tell of levels after the commit of the session; a savepoint that is rolled back takes its levels along."""
    writer = session.sync_session
    savepoint = writer.get_nested_transaction()
    waiting = list(ups)

    def on_rollback(_: Session, ended: SessionTransaction) -> None:
        if ended is savepoint:
            waiting.clear()

    def on_commit(committing: Session) -> None:
        if committing.in_nested_transaction() or not waiting:
            return
        task = asyncio.ensure_future(_tell(tuple(waiting)))
        waiting.clear()
        _telling.add(task)
        task.add_done_callback(_telling.discard)

    async def _tell(given: Sequence[LevelUp]) -> None:
        await notify(given)

    # The session ends with this transaction, and its listeners with it.
    event.listen(writer, "after_soft_rollback", on_rollback)
    event.listen(writer, "after_commit", on_commit)
