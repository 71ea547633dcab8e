"""The tables of the cogs that keep commands, as they make them."""

from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text

from pixel_bot.db.engine import Database
from pixel_bot.db.models import UtcDateTime

_TABLES = MetaData()

Table(
    "cog_commands_custom_command",
    _TABLES,
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
Table(
    "cog_commands_options",
    _TABLES,
    Column("name", Text, primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("who", Text, nullable=False),
    Column("cooldown", BigInteger, nullable=False),
    Column("everyone", BigInteger, nullable=False),
    Column("reply", Boolean),
)
Table(
    "cog_commands_other_name", _TABLES, Column("name", Text, primary_key=True), Column("command", Text, nullable=False)
)
Table(
    "cog_timers_timer",
    _TABLES,
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("minutes", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("lines_then", BigInteger, nullable=False),
    Column("turns", BigInteger, nullable=False),
)
Table(
    "cog_quotes_quote",
    _TABLES,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("said_at", UtcDateTime, nullable=False),
    Column("game", Text, nullable=False),
    Column("added_by", BigInteger),
)
Table(
    "cog_counters_counter", _TABLES, Column("name", Text, primary_key=True), Column("value", BigInteger, nullable=False)
)


async def make_tables(database: Database) -> None:
    """Make them, as the first start of the bot does."""
    async with database.write() as session:
        connection = await session.connection()
        await connection.run_sync(_TABLES.create_all)
