"""What happened once, although several events tell of it."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, index

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_claims",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("at", sa.TIMESTAMP, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.Column("months", BigInt),
        sa.Column("duration", BigInt, nullable=False, server_default="1"),
        sa.Column("gifted", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("announced", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    index("ix_event_claims_person", "event_claims", ["kind", "person", "at"])
