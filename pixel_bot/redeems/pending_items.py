"""Whether there is anything to do in the queue: small reads, as workers look whenever something may have changed."""

from pixel_bot.db.engine import Database

FREE = "(approval IS NULL OR approval <> 'waiting')"
"""The condition for items that wait for no mod's yes."""


async def any_pending(database: Database, worker: str | None) -> bool:
    """True when an item is pending for that lane's worker; for None, one that runs concurrently.

    An item that a mod must say yes to first is for nobody yet.
    """
    track = "track IS NULL" if worker is None else "track = :worker"
    query = f"SELECT 1 FROM queue_items WHERE {track} AND status = 'pending' AND {FREE} LIMIT 1"
    return bool(await database.look_up(query, {} if worker is None else {"worker": worker}))


async def any_unfinished(database: Database) -> bool:
    """True when an item is pending or running."""
    return bool(await database.look_up("SELECT 1 FROM queue_items WHERE status IN ('pending', 'running') LIMIT 1", {}))


async def any_unannounced(database: Database) -> bool:
    """True when a result was not announced in chat yet, on whatever platform."""
    return bool(await database.look_up(unannounced_query(database), {}))


def unannounced_query(database: Database) -> str:
    # As in the partial index: SQLite would not use it for another spelling, and read all items that ever were.
    untold = "told = 0" if database.path is not None else "NOT told"
    return f"SELECT 1 FROM queue_items WHERE {untold} LIMIT 1"
