"""Who a viewer is on the platform, which events were worked, what mods changed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def add(table: str, column: sa.Column[Any]) -> None:
    """Add the column, unless a hand has added one of that name before."""
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def index(name: str, table: str, columns: list[str], **options: Any) -> None:
    """Make the index. One of that name that a hand has made before gives way, unless it is the same."""
    known = {i["name"]: i for i in sa.inspect(op.get_bind()).get_indexes(table)}
    if name in known:
        if known[name]["column_names"] == columns and not options.get("unique"):
            return
        op.drop_index(name, table)
    op.create_index(name, table, columns, **options)


def upgrade() -> None:
    add("users", sa.Column("platform", sa.Text, nullable=False, server_default="twitch"))
    add("users", sa.Column("platform_id", sa.Text))
    add("users", sa.Column("display_name", sa.Text))
    index("ux_users_platform_id", "users", ["platform", "platform_id"], unique=True)
    index("ix_users_points", "users", ["points"])
    index("ix_xp_records_xp", "xp_records", ["xp"])

    op.create_table(
        "events",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("points", BigInt, nullable=False),
        sa.Column("xp", BigInt, nullable=False),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "changes",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("xp_user_id", BigInt),
        sa.Column("xp_delta", BigInt),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
        sa.Column("undone_at", sa.TIMESTAMP),
    )
    op.create_table("meta", sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))
    # SQLite adds a column without its foreign key; the change is written before its transactions in one transaction.
    add("transactions", sa.Column("change_id", BigInt))
    add("transactions", sa.Column("note", sa.Text))
    index("ix_transactions_change_id", "transactions", ["change_id"], sqlite_where=sa.text("change_id IS NOT NULL"))
