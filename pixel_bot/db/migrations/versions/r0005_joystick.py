"""A second platform: its installations in full, and people who are on both."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, add, index

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add("joystick_installs", sa.Column("username", sa.Text))
    add("joystick_installs", sa.Column("pending", sa.Boolean, nullable=False, server_default=sa.false()))
    add("joystick_installs", sa.Column("problem", sa.Text))
    add("users", sa.Column("merged_into", BigInt))
    merged = sa.text("merged_into IS NOT NULL")
    index("ix_users_merged_into", "users", ["merged_into"], sqlite_where=merged, postgresql_where=merged)
    op.create_table(
        "links",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("kept_id", BigInt, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("merged_id", BigInt, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("points", BigInt, nullable=False),
        sa.Column("xp", BigInt, nullable=False),
        sa.Column("change_id", BigInt),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
        sa.Column("undone_at", sa.TIMESTAMP),
    )
    index("ix_links_kept_id", "links", ["kept_id"])
    stands = sa.text("undone_at IS NULL")
    index("ux_links_merged_id", "links", ["merged_id"], unique=True, sqlite_where=stands, postgresql_where=stands)
    op.create_table(
        "link_codes",
        sa.Column("user_id", BigInt, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("public", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("taken_by", BigInt),
        sa.Column("expires_at", sa.TIMESTAMP, nullable=False),
    )
