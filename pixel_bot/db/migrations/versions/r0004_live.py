"""The accounts with their tokens, and channel points of Twitch."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, add, index

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("tokens", sa.Text),
        sa.Column("scopes", sa.Text, nullable=False, server_default=""),
        sa.Column("updated_at", sa.TIMESTAMP, nullable=False),
    )
    op.create_table(
        "native_rewards",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("reward_id", sa.Text, unique=True),
        sa.Column("cost", BigInt, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("updated_at", sa.TIMESTAMP, nullable=False),
    )
    op.create_table(
        "redemptions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("item_id", BigInt, unique=True),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
        sa.Column("reported_at", sa.TIMESTAMP),
    )
    still_open = sa.text("reported_at IS NULL")
    index("ix_redemptions_open", "redemptions", ["id"], sqlite_where=still_open, postgresql_where=still_open)
    add("queue_items", sa.Column("redemption", sa.Text))
