"""Calls of cogs that survive a restart."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, index

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
