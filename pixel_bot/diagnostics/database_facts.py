"""Facts on the databases for a report: schema, size, the result of the check, numbers of rows, the queue."""

import json
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from pixel_bot.db.engine import Database, sqlite_path
from pixel_bot.db.meta import recall
from pixel_bot.db.schema import HEAD, check_file, revision
from pixel_bot.errors import StartError
from pixel_bot.services import curve_of
from pixel_bot.settings import Mode, Settings
from pixel_bot.upkeep.check import check

COUNTED = {
    "viewers": "SELECT COUNT(*) FROM users",
    "transactions": "SELECT COUNT(*) FROM transactions",
    "events": "SELECT COUNT(*) FROM events",
    "draws": "SELECT COUNT(*) FROM draws",
    "refunded_items": "SELECT COUNT(*) FROM queue_items WHERE refunded_at IS NOT NULL",
    "items_to_tell": "SELECT COUNT(*) FROM queue_items WHERE NOT told",
}
"""Queries for one number each."""


async def database_facts(settings: Settings) -> str:
    """JSON about the live database and that of the sandbox, as far as they are there."""
    found: dict[str, Any] = {"newest_schema": HEAD, "free_bytes": _free(settings)}
    modes: tuple[Mode, ...] = ("live", "sandbox")
    urls = {settings.database_for(mode): mode for mode in reversed(modes)}
    for url, mode in urls.items():
        found[mode] = {"url": url, **await _facts(url, settings)}
    return json.dumps(found, indent=2, ensure_ascii=False, default=str) + "\n"


def _free(settings: Settings) -> dict[str, int]:
    folders = {"data": settings.data_dir, "backups": settings.backup_dir}
    return {name: shutil.disk_usage(folder).free for name, folder in folders.items() if folder.is_dir()}


async def _facts(url: str, settings: Settings) -> dict[str, Any]:
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return {"there": False}
    facts: dict[str, Any] = {} if path is None else _file_facts(path)
    database = Database(url)
    try:
        if path is not None:
            check_file(path)
        facts["schema"] = await revision(database)
        async with database.readers() as session:
            facts["mode"] = await recall(session, "mode")
        if facts["schema"] == HEAD:
            facts |= await _numbers(database)
            async with database.readers() as session:
                findings = await check(session, curve_of(settings).level_of)
            facts["check"] = findings or "everything is right"
    except (SQLAlchemyError, StartError, OSError) as exc:
        facts["problem"] = str(getattr(exc, "orig", None) or exc)
    finally:
        await database.close()
    return facts


def _file_facts(path: Path) -> dict[str, Any]:
    sizes = {file.name: file.stat().st_size for file in path.parent.glob(f"{path.name}*") if file.is_file()}
    return {"bytes": sizes}


async def _numbers(database: Database) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    for name, query in COUNTED.items():
        ((numbers[name],),) = await database.look_up(query, {})
    query = "SELECT kind, status, COUNT(*) FROM queue_items GROUP BY kind, status ORDER BY kind, status"
    rows = await database.look_up(query, {})
    numbers["queue"] = {f"{kind} {status}": many for kind, status, many in rows}
    reasons = "SELECT reason, COUNT(*), SUM(amount) FROM transactions GROUP BY reason ORDER BY COUNT(*) DESC LIMIT 50"
    ledger = await database.look_up(reasons, {})
    numbers["ledger"] = {str(reason): {"rows": rows, "points": points} for reason, rows, points in ledger}
    return numbers
