"""The ignore list, by account and by names that nobody has had yet, and bans."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ignored_accounts",
        sa.Column("user_id", BigInt, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("ignored", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
    )
    op.create_table(
        "ignored_names",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("ignored", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
    )
    op.create_table(
        "bans",
        sa.Column("platform", sa.Text, primary_key=True),
        sa.Column("platform_id", sa.Text, primary_key=True),
        sa.Column("banned", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.TIMESTAMP, nullable=False),
    )
