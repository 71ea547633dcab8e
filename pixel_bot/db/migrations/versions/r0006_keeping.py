"""Imports that stand once, whose an item of the queue is where processes share one, and places in their order."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, add, index

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add("queue_items", sa.Column("owner", BigInt))
    add("changes", sa.Column("batch", sa.Text))
    stands = sa.text("batch IS NOT NULL AND undone_at IS NULL")
    index("ux_changes_batch", "changes", ["batch"], unique=True, sqlite_where=stands, postgresql_where=stands)
    # In the very order of the leaderboard: among a million people who have the same, the first few are the first rows.
    for name, table, column in (("ix_users_points", "users", "points"), ("ix_xp_records_xp", "xp_records", "xp")):
        op.drop_index(name, table, if_exists=True)
        op.create_index(name, table, [sa.text(f"{column} DESC"), "id"])
