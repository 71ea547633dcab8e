"""Imports as changes that stand once, and whose an item of the queue is where several processes share one database."""

import sqlalchemy as sa

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
