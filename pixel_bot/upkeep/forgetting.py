"""Forgets a person: the ledger stays exact, but nothing in the database says any more who they were.

Rows of the ledger stay, with the account's id. Its name becomes ``forgotten-<id>``, in every table, summary, note and
queue item; what the platform knows the person by is deleted. Who was forgotten is listed by id in the database and in
a file beside the backups, so that a backup that is restored forgets them again. Older backups themselves still have
the name, until they are removed.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Column, Table, Text, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cog_data.tables import CogWithTables
from pixel_bot.db.engine import Database
from pixel_bot.db.json_type import AnyJson
from pixel_bot.db.meta import Mode
from pixel_bot.db.models import Cooldown, User, XpRecord
from pixel_bot.db.models_board import Ban, IgnoredName
from pixel_bot.db.models_chatters import KnownChatter
from pixel_bot.db.models_claims import EventClaim
from pixel_bot.db.models_cogs import ForgottenAccount
from pixel_bot.db.models_links import LinkCode
from pixel_bot.db.tables import core_tables
from pixel_bot.model.people import Viewer
from pixel_bot.security.private_files import make_file
from pixel_bot.upkeep.person_rows import (
    TEXTS,
    Account,
    accounts_with,
    all_tables,
    mentions,
    pattern_of,
    without_names,
)

log = logging.getLogger(__name__)

LIST = "forgotten.json"
"""In BACKUP_DIR: ids of accounts, and since when each account existed. No names."""

Hook = Callable[[Account, AsyncSession], Awaitable[None]]
"""What the cogs delete of a person, in the same transaction."""


class Entry(NamedTuple):
    """An account that was forgotten. ``since`` tells it from another database's account of the same id."""

    mode: str
    user_id: int
    since: str


async def forget(
    database: Database, accounts: Sequence[Account], now: datetime, folder: Path, mode: Mode, hook: Hook | None = None
) -> None:
    """Forget a person's accounts, all in one transaction, and list them.

    Args:
        database: where.
        accounts: of the person.
        now: when this is.
        folder: of the backups, where the list is kept.
        mode: of the database.
        hook: lets the cogs delete what they keep; None where none are loaded: then the next start asks them.
    """
    # Listed first: should the machine stop in between, the next start does what the list says.
    await asyncio.to_thread(_add_to_list, folder, {_entry(account, mode) for account in accounts})
    async with database.write("Forgetting a person") as session:
        tables = await all_tables(session)
        for account in accounts:
            if hook is not None:
                await hook(account, session)
            await _forget(session, tables, account, now, cogs_due=hook is None)


async def forget_again(database: Database, now: datetime, folder: Path, mode: Mode) -> int:
    """Forget whoever is on the list and is known again, as after a restore. Returns how many accounts there were."""
    listed = await asyncio.to_thread(read_list, folder)
    if not listed and not await database.look_up("SELECT user_id FROM forgotten_accounts LIMIT 1", {}):
        return 0
    async with database.readers() as session:
        rows = (await session.execute(select(ForgottenAccount.user_id, ForgottenAccount.account_since))).all()
        mine = {Entry(mode, user_id, _written(since)) for user_id, since in rows}
        # An account that nobody knows the age of could be another one: there only the database's own list counts.
        wanted = mine | {entry for entry in listed if entry.mode == mode and entry.since}
        if not wanted:
            return 0
        found = await accounts_with(session, sorted({entry.user_id for entry in wanted}))
    if mine - listed:
        await asyncio.to_thread(_add_to_list, folder, mine)
    back = [account for account in found if account.name != account.alias and _entry(account, mode) in wanted]
    if back:
        await forget(database, back, now, folder, mode)
        log.info("The database knew %d forgotten accounts again. They were forgotten again.", len(back))
    return len(back)


async def ask_cogs(database: Database, cogs: Mapping[str, CogWithTables]) -> None:
    """Let the cogs that are loaded now delete what they keep of people who were forgotten again without them."""
    due = [
        user_id for (user_id,) in await database.look_up("SELECT user_id FROM forgotten_accounts WHERE cogs_due", {})
    ]
    if not due:
        return
    try:
        async with database.write("Forgetting a person") as session:
            for user_id in due:
                for cog in cogs.values():
                    await cog.forget(Viewer(user_id, f"forgotten-{user_id}", f"forgotten-{user_id}", 0), session)
            await session.execute(update(ForgottenAccount).values(cogs_due=False))
    except Exception:
        # The boundary to cogs: one that raises must not keep the bot from its start. Nothing of it was committed.
        log.exception("A cog could not delete what it keeps of a forgotten person. It is asked again at the start.")


def read_list(folder: Path) -> set[Entry]:
    """The accounts that the list beside the backups names; none where it is missing or cannot be read."""
    try:
        return {
            Entry(str(mode), int(user), str(since)) for mode, user, since in json.loads((folder / LIST).read_text())
        }
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, TypeError) as exc:
        log.error("%s cannot be read (%s): who was forgotten may be known again after a restore.", folder / LIST, exc)
        return set()


def _add_to_list(folder: Path, entries: Collection[Entry]) -> None:
    known = read_list(folder)
    if set(entries) <= known:
        return
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{LIST}.part"
    make_file(part)
    part.write_text(json.dumps(sorted(known | set(entries))), encoding="utf-8")
    part.replace(folder / LIST)


def _entry(account: Account, mode: Mode) -> Entry:
    return Entry(mode, account.id, _written(account.since))


def _written(since: datetime | None) -> str:
    return since.isoformat() if since is not None else ""


async def _forget(
    session: AsyncSession, tables: Sequence[Table], account: Account, now: datetime, *, cogs_due: bool
) -> None:
    core = {table.name for table in core_tables()}
    if account.words:
        for table in tables:
            for column in _columns_with_names(table, is_ours=table.name in core):
                await _replace(session, table, column, account)
    if account.platform != "twitch":
        await _rename_events(session, tables, account)
    both = (Ban.platform == account.platform, Ban.platform_id == account.platform_id)
    for statement in (
        delete(Cooldown).where(Cooldown.user_id == account.id),
        delete(LinkCode).where((LinkCode.user_id == account.id) | (LinkCode.taken_by == account.id)),
        delete(KnownChatter).where(KnownChatter.key == account.key),
        delete(IgnoredName).where(IgnoredName.name == account.name),
        delete(Ban).where(*both),
        update(EventClaim).where(EventClaim.person == account.platform_id).values(person=account.alias),
        update(XpRecord).where(XpRecord.user_name == account.name).values(user_name=account.alias),
        update(User).where(User.id == account.id).values(**_nobody(account), updated_at=now),
        delete(ForgottenAccount).where(ForgottenAccount.user_id == account.id),
        insert(ForgottenAccount).values(user_id=account.id, account_since=account.since, at=now, cogs_due=cogs_due),
    ):
        await session.execute(statement.execution_options(synchronize_session=False))


def _nobody(account: Account) -> dict[str, Any]:
    alias = account.alias
    return {"name": alias, "display_name": alias, "display_key": None, "platform_id": None, "voice": None}


def _columns_with_names(table: Table, *, is_ours: bool) -> list[Column[Any]]:
    """Ours are known; in a table of a cog any text may have a name in it."""
    if is_ours:
        return [table.c[name] for name in TEXTS.get(table.name, ())]
    return [column for column in table.columns if isinstance(column.type, Text | AnyJson)]


async def _replace(session: AsyncSession, table: Table, column: Column[Any], account: Account) -> None:
    names, keys = pattern_of(account), list(table.primary_key.columns)
    rows = await session.execute(select(column.label("found_value"), *keys).where(mentions(column, account)))
    for value, *key in rows.all():
        replaced = without_names(value, names, account.alias)
        if replaced == value:
            continue
        here = and_(*(part == known for part, known in zip(keys, key, strict=True))) if keys else column == value
        await session.execute(update(table).where(here).values({column.name: replaced}))


async def _rename_events(session: AsyncSession, tables: Sequence[Table], account: Account) -> None:
    """On other platforms than Twitch the id of an event may have the person's name in it."""
    events = next(table for table in tables if table.name == "events")
    await _replace(session, events, events.c.id, account)
