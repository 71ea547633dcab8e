"""Normalises names and numbers that were written by hand to the form in which the bot stores them."""

from sqlalchemy import Connection

from pixel_bot.texts import count, number

LARGEST = 10**18

NUMBERS = (
    ("users", "points", 0),
    ("xp_records", "xp", 0),
    ("xp_records", "level", 1),
    ("transactions", "amount", 0),
)

# Names that stand in several cases in either table: which of them is the viewer is not ours to decide.
CLASHES = (
    "SELECT LOWER(name) FROM users GROUP BY LOWER(name) HAVING COUNT(*) > 1 UNION "
    "SELECT LOWER(user_name) FROM xp_records GROUP BY LOWER(user_name) HAVING COUNT(*) > 1"
)


def normalise_names(connection: Connection) -> list[str]:
    """Logins are lower case. Names that differ only by case are two people's rows, and stay two.

    Returns:
        A sentence on names that were left as they are.
    """
    tables = (("users", "name"), ("xp_records", "user_name"))
    clashing = {str(row[0]) for row in connection.exec_driver_sql(CLASHES)}
    report: list[str] = []
    for table, column in tables:
        names = [str(row[0]) for row in connection.exec_driver_sql(f"SELECT {column} FROM {table} ORDER BY {column}")]
        kept = [name for name in names if name.lower() in clashing]
        if kept:
            report.append(
                f"These names in {table} differ only by case and were left as they are: {', '.join(kept)}. "
                "Only the lower-case one is found in chat."
            )
    for table, column in tables:
        rows = connection.exec_driver_sql(f"SELECT id, {column} FROM {table} WHERE {column} <> LOWER({column})").all()
        for row_id, name in rows:
            if str(name).lower() not in clashing:
                statement = f"UPDATE {table} SET {column} = LOWER({column}) WHERE id = ?"
                connection.exec_driver_sql(statement, (row_id,))
    return report


def normalise_numbers(connection: Connection) -> list[str]:
    """The document allows NULL, and SQLite allows anything: whole numbers from here on, fractions floored.

    Returns:
        Sentences on balances that a person should look at.
    """
    for table, column, default in NUMBERS:
        connection.exec_driver_sql(
            f"UPDATE {table} SET {column} = COALESCE(CAST({column} AS INTEGER), {default}) "
            f"WHERE TYPEOF({column}) <> 'integer'"
        )
    connection.exec_driver_sql(
        "UPDATE transactions SET balance_after = CAST(balance_after AS INTEGER) "
        "WHERE TYPEOF(balance_after) NOT IN ('integer', 'null')"
    )
    odd = connection.exec_driver_sql(
        f"SELECT name, points FROM users WHERE points < 0 OR points > {LARGEST} ORDER BY points LIMIT 20"
    ).all()
    return [_odd_balance(str(name), int(points)) for name, points in odd]


def _odd_balance(name: str, points: int) -> str:
    if points < 0:
        return f"{name} is below zero with {count(points, 'point')}; that was kept. A mod can set it with !points set."
    return f"{name} has {number(points)} points, more than the bot can add to. A mod should set it with !points set."
