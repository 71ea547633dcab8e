"""A pixel.db that was made by hand from the schema document becomes ours: nothing lost, what is missing added."""

from datetime import UTC, datetime

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine.reflection import Inspector

from pixel_bot.db.migrations.versions import r0001_seed
from pixel_bot.db.models import stamp
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


def adopt(connection: Connection) -> list[str]:
    """Complete a hand-made database to the seed's schema.

    Returns:
        What was done and what needs a person's eye, one sentence each.

    Raises:
        DatabaseRefused: names stand twice, so that the unique index of the document cannot be made.
    """
    report = _complete_tables(connection)
    report += _complete_indexes(connection)
    report += _tidy_names(connection, "users", "name") + _tidy_names(connection, "xp_records", "user_name")
    _tidy_numbers(connection)
    return report + explain_balances(connection)


def explain_balances(connection: Connection) -> list[str]:
    """Give every balance that its transactions do not explain one row with the reason ``adopted``."""
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
                ddl = model.execute(
                    text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table}
                ).scalar_one()
                connection.exec_driver_sql(ddl)
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
    wanted = [(table, columns, True) for table, columns in UNIQUE.items()]
    wanted += [(table, columns, False) for _, table, columns in r0001_seed.INDEXES]
    report: list[str] = []
    for table, columns, unique in wanted:
        if _has_index(connection, table, columns, unique=unique):
            continue
        if unique:
            _refuse_duplicates(connection, table, columns)
        name = f"{'ux' if unique else 'ix'}_{table}_{'_'.join(columns)}"
        kind = "UNIQUE INDEX" if unique else "INDEX"
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
    if table == "cooldowns":
        # Of two cooldowns of one kind only the later one has a meaning.
        connection.exec_driver_sql(
            "DELETE FROM cooldowns WHERE id NOT IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER "
            "(PARTITION BY user_id, key ORDER BY expires_at DESC, id DESC) AS n FROM cooldowns) WHERE n = 1)"
        )
    query = f"SELECT {listed} FROM {table} GROUP BY {listed} HAVING COUNT(*) > 1 LIMIT 5"
    rows = connection.exec_driver_sql(query).all()
    if rows:
        names = ", ".join(str(row[0]) for row in rows)
        raise DatabaseRefused(
            f"In the table {table} these stand more than once: {names}. Merge them by hand, then start again; "
            "nothing was changed."
        )


def _tidy_names(connection: Connection, table: str, column: str) -> list[str]:
    """Logins are lower case. Names that differ only by case are two rows, and stay two."""
    twice = f"SELECT LOWER({column}) FROM {table} GROUP BY LOWER({column}) HAVING COUNT(*) > 1"
    query = f"SELECT {column} FROM {table} WHERE LOWER({column}) IN ({twice}) ORDER BY LOWER({column}), {column}"
    clashes = [str(row[0]) for row in connection.exec_driver_sql(query)]
    connection.exec_driver_sql(
        f"UPDATE {table} SET {column} = LOWER({column}) "
        f"WHERE {column} <> LOWER({column}) AND LOWER({column}) NOT IN ({twice})"
    )
    if not clashes:
        return []
    return [
        f"These names in {table} differ only by case and were left as they are: {', '.join(clashes)}. "
        "Only the lower-case one is found in chat."
    ]


def _tidy_numbers(connection: Connection) -> None:
    """The document allows NULL, and SQLite allows anything: whole numbers from here on."""
    for table, column, default in (("users", "points", 0), ("xp_records", "xp", 0), ("xp_records", "level", 1)):
        connection.exec_driver_sql(
            f"UPDATE {table} SET {column} = COALESCE(CAST({column} AS INTEGER), {default}) "
            f"WHERE TYPEOF({column}) <> 'integer'"
        )
