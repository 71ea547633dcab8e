"""The audit log: what people with rights did, each act a row in the transaction of its change."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.engine import Database
from pixel_bot.db.models_audit import AuditRow

log = logging.getLogger(__name__)

Via = Literal["chat", "page", "api"]
"""Where somebody acted: by a command, on a page of the bot, or by a script's token."""


@dataclass(slots=True)
class Act:
    """Something that somebody with rights does. The services below note what it changes.

    Args:
        actor: who: a login, or the name of a token.
        via: where.
        area: what it is about, like ``points``.
        action: what is done, like ``add``.
        at: when.
        target: to whom or what.
        before, after: the values that it changes.
        change_id: of the change that ``!undo`` takes back.
        is_written: True once its row is durable.
    """

    actor: str
    via: Via
    area: str
    action: str
    at: datetime
    target: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    change_id: int | None = None
    is_written: bool = False


# A context variable, as the idempotency key is: services note what they change without every signature naming it.
_current: ContextVar[Act | None] = ContextVar("act", default=None)


def begin_act(act: Act | None) -> None:
    """From now on this task does that."""
    _current.set(act)


def current_act() -> Act | None:
    """What this task does, if somebody with rights does it."""
    return _current.get()


def note_act(
    target: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    change_id: int | None = None,
) -> None:
    """Note what the current act changes; nothing where there is none."""
    act = _current.get()
    if act is not None:
        act.target, act.before, act.after, act.change_id = target or act.target, before, after, change_id


@asynccontextmanager
async def audited(session: AsyncSession) -> AsyncGenerator[None]:
    """Insert the row of the current act at the end of the block, in the transaction of its change."""
    yield
    act = _current.get()
    if act is not None and not act.is_written:
        await session.execute(insert(AuditRow).values(_values(act)))


def act_is_durable() -> None:
    """The transaction of the current act has committed."""
    act = _current.get()
    if act is not None:
        act.is_written = True


async def write_act(database: Database) -> None:
    """Insert the row of the current act in a transaction of its own, where nothing else wrote it."""
    act = _current.get()
    if act is None or act.is_written:
        return
    try:
        async with database.write() as session:
            await session.execute(insert(AuditRow).values(_values(act)))
    except DBAPIError as exc:
        # It is done: whoever did it must not read that it was not.
        log.warning("The audit log lacks what %s did (%s %s): %s", act.actor, act.action, act.target, exc.orig)
    act.is_written = True


def _values(act: Act) -> dict[str, Any]:
    return {
        "at": act.at,
        "actor": act.actor,
        "via": act.via,
        "area": act.area,
        "action": act.action,
        "target": act.target,
        "before_json": dict(act.before) if act.before is not None else None,
        "after_json": dict(act.after) if act.after is not None else None,
        "change_id": act.change_id,
    }
