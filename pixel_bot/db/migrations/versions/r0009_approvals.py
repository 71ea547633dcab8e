"""Items of the queue that wait for a mod's yes, what was counted in chat, and when a cooldown began."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, add, index

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add("queue_items", sa.Column("approval", sa.Text))
    add("queue_items", sa.Column("approval_asked_at", sa.TIMESTAMP))
    add("queue_items", sa.Column("approved_at", sa.TIMESTAMP))
    add("queue_items", sa.Column("approved_by", sa.Text))
    waits = sa.text("approval = 'waiting' AND status = 'pending'")
    index("ix_queue_items_approval", "queue_items", ["id"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "known_chatters",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("messages", BigInt, nullable=False, server_default="0"),
        sa.Column("account_since", sa.TIMESTAMP),
    )
    op.create_table(
        "use_counts",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("uses", BigInt, nullable=False, server_default="0"),
    )
    add("cooldowns", sa.Column("started_at", sa.TIMESTAMP))
