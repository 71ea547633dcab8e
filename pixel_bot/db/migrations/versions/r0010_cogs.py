"""What cogs have: versions of their tables, limits, draws, calls that wait; and who was forgotten."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, index

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installed_cogs",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("tables", sa.Text, nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP, nullable=False),
    )
    op.create_table(
        "limit_uses",
        sa.Column("cog", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("user_id", BigInt, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("uses", BigInt, nullable=False),
        sa.Column("at", sa.TIMESTAMP, nullable=False),
    )
    index("ix_limit_uses_at", "limit_uses", ["at"])
    op.create_table(
        "fair_draws",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("cog", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("odds_json", sa.JSON, nullable=False),
        sa.Column("choice", sa.Text, nullable=False),
        sa.Column("at", sa.TIMESTAMP, nullable=False),
    )
    op.create_table(
        "followed_rows",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("link_id", BigInt, sa.ForeignKey("links.id"), nullable=False),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("column_name", sa.Text, nullable=False),
        sa.Column("key_json", sa.JSON, nullable=False),
    )
    index("ix_followed_rows_link_id", "followed_rows", ["link_id"])
    op.create_table(
        "forgotten_accounts",
        sa.Column("user_id", BigInt, primary_key=True, autoincrement=False),
        sa.Column("account_since", sa.TIMESTAMP),
        sa.Column("at", sa.TIMESTAMP, nullable=False),
        sa.Column("cogs_due", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    _stored_calls()


def _stored_calls() -> None:
    op.create_table(
        "stored_calls",
        sa.Column("id", BigInt, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("cog", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False, server_default=""),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("missed", sa.Text, nullable=False),
        sa.Column("attempts", BigInt, nullable=False, server_default="0"),
        sa.Column("due_at", sa.TIMESTAMP, nullable=False),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
    )
    index("ix_stored_calls_due_at", "stored_calls", ["due_at"])
