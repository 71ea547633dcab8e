"""Who gets in: links that sign a browser in, sessions, tokens, and where the web servers are."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_keys",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP, nullable=False),
        sa.Column("used_at", sa.TIMESTAMP),
    )
    op.create_table(
        "web_sessions",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
        sa.Column("seen_at", sa.TIMESTAMP, nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP, nullable=False),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
        sa.Column("used_at", sa.TIMESTAMP),
    )
    op.create_table(
        "web_servers",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("started_at", sa.TIMESTAMP, nullable=False),
    )
