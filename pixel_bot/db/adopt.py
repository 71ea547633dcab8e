"""Adopts a pixel.db that was made by hand from the schema document: nothing is lost, what is missing is added."""

from datetime import UTC, datetime

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine.reflection import Inspector

from pixel_bot.db.migrations.versions import r0001_seed
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.db.normalise import normalise_names, normalise_numbers
from pixel_bot.db.tables import core_tables
from pixel_bot.errors import DatabaseRefused
from pixel_bot.texts import count

SEED_TABLES = ("users", "xp_records", "transactions", "cooldowns", "queue_items", "redeems", "joystick_installs")
UNIQUE = {
    "users": ["name"],
    "xp_records": ["user_name"],
    "cooldowns": ["user_id", "key"],
    "joystick_installs": ["channel_id"],
}


def is_hand_made(connection: Connection) -> bool:
    """True when some of the document's tables are there, and no migration has ever run."""
    tables = set(inspect(connection).get_table_names())
    return "alembic_version" not in tables and bool(tables.intersection(SEED_TABLES))


def refuse_what_cannot_be_adopted(connection: Connection) -> None:
    """Check, without changing anything, whether the database can be adopted.

    Raises:
        DatabaseRefused: names stand twice, or a table of the user has a name of ours.
    """
    present = set(inspect(connection).get_table_names())
    in_the_way = present & ({table.name for table in core_tables()} - set(SEED_TABLES))
    if in_the_way:
        raise DatabaseRefused(
            f"The table {min(in_the_way)} is not ours, but has a name that Pixel Bot needs. "
            "Rename it, then start again; nothing was changed."
        )
    for table, columns in UNIQUE.items():
        if table in present and table != "cooldowns":
            _refuse_duplicates(connection, table, columns)


def adopt(connection: Connection) -> list[str]:
    """Complete a hand-made database to the seed's schema.

    Returns:
        What was done and what needs a person's attention, one sentence each.
    """
    report = _complete_tables(connection)
    _keep_later_cooldowns(connection)
    report += _complete_indexes(connection)
    report += normalise_names(connection)
    report += normalise_numbers(connection)
    return report + explain_balances(connection)


def explain_balances(connection: Connection) -> list[str]:
    """Give every balance that its transactions do not explain, row by row, one row with the reason ``adopted``."""
    result = connection.execute(
        text(
            """
            INSERT INTO transactions (user_id, amount, reason, balance_after, created_at)
            SELECT u.id, u.points - COALESCE(s.total, 0), 'adopted', u.points, :now
            FROM users u
            LEFT JOIN (SELECT user_id, SUM(amount) AS total, MAX(id) AS last FROM transactions GROUP BY user_id) s
                   ON s.user_id = u.id
            LEFT JOIN transactions t ON t.id = s.last
            WHERE u.points <> COALESCE(s.total, 0)
               OR (s.last IS NOT NULL AND (t.balance_after IS NULL OR t.balance_after <> u.points))
               OR u.id IN (SELECT w.user_id
                           FROM (SELECT user_id, amount, balance_after,
                                        LAG(balance_after) OVER (PARTITION BY user_id ORDER BY id) AS before
                                 FROM transactions) w
                           WHERE w.balance_after IS NULL OR w.balance_after <> COALESCE(w.before, 0) + w.amount)
            """
        ),
        {"now": stamp(datetime.now(UTC))},
    )
    if not result.rowcount:
        return []
    return [f"{count(result.rowcount, 'balance')} got a row with the reason 'adopted', so that the ledger explains it."]


def _complete_tables(connection: Connection) -> list[str]:
    """Add the document's tables and columns that are missing, taking them from a model database in memory."""
    report: list[str] = []
    present = set(inspect(connection).get_table_names())
    engine = create_engine("sqlite://")
    with engine.connect() as model:
        with Operations.context(MigrationContext.configure(model)):
            r0001_seed.upgrade()
        for table in SEED_TABLES:
            if table not in present:
                query = text("SELECT sql FROM sqlite_master WHERE name = :name")
                connection.exec_driver_sql(model.execute(query, {"name": table}).scalar_one())
                report.append(f"Added the table {table}.")
                continue
            report += _complete_columns(connection, table, inspect(model))
    engine.dispose()
    return report


def _complete_columns(connection: Connection, table: str, model: Inspector) -> list[str]:
    have = {column["name"] for column in inspect(connection).get_columns(table)}
    missing = [column for column in model.get_columns(table) if column["name"] not in have]
    for column in missing:
        default = f" DEFAULT {column['default']}" if column["default"] is not None else ""
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column['name']} {column['type']}{default}")
    return [f"Added the column {table}.{column['name']}." for column in missing]


def _complete_indexes(connection: Connection) -> list[str]:
    indexes = [(table, columns, True) for table, columns in UNIQUE.items()]
    indexes += [(table, columns, False) for _, table, columns in r0001_seed.INDEXES]
    report: list[str] = []
    for table, columns, unique in indexes:
        if _has_index(connection, table, columns, unique=unique):
            continue
        name = f"{'ux' if unique else 'ix'}_{table}_{'_'.join(columns)}"
        kind = "UNIQUE INDEX" if unique else "INDEX"
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE {kind} {name} ON {table} ({', '.join(columns)})")
        report.append(f"Added the index on {table} ({', '.join(columns)}).")
    return report


def _has_index(connection: Connection, table: str, columns: list[str], *, unique: bool) -> bool:
    """SQLite's own list also knows the indexes behind UNIQUE constraints."""
    for row in connection.exec_driver_sql(f"PRAGMA index_list({table})").mappings().all():
        found = [str(r["name"]) for r in connection.exec_driver_sql(f'PRAGMA index_info("{row["name"]}")').mappings()]
        if found == columns and (row["unique"] or not unique) and not row["partial"]:
            return True
    return False


def _refuse_duplicates(connection: Connection, table: str, columns: list[str]) -> None:
    listed = ", ".join(columns)
    query = f"SELECT {listed} FROM {table} GROUP BY {listed} HAVING COUNT(*) > 1 LIMIT 5"
    rows = connection.exec_driver_sql(query).all()
    if rows:
        names = ", ".join(str(row[0]) for row in rows)
        raise DatabaseRefused(
            f"In the table {table} these stand more than once: {names}. Merge them by hand, then start again; "
            "nothing was changed."
        )


def _keep_later_cooldowns(connection: Connection) -> None:
    """Times in one form, so that text order is time order; of two cooldowns of one kind only the later one counts."""
    rows = connection.exec_driver_sql("SELECT id, expires_at FROM cooldowns WHERE expires_at IS NOT NULL").all()
    for row_id, written in rows:
        if stamp(read_stamp(written)) != written:
            connection.execute(
                text("UPDATE cooldowns SET expires_at = :at WHERE id = :id"),
                {"at": stamp(read_stamp(written)), "id": row_id},
            )
    connection.exec_driver_sql(
        "DELETE FROM cooldowns WHERE id NOT IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER "
        "(PARTITION BY user_id, key ORDER BY expires_at DESC, id DESC) AS n FROM cooldowns) WHERE n = 1)"
    )
