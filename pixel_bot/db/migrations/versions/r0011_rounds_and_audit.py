"""Rounds of games, by whose id the ledger's rows of each can be summed; promised seeds; and the audit log."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, add, index

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rounds",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("cog", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("house", BigInt, nullable=False, server_default="0"),
        sa.Column("opened_at", sa.TIMESTAMP, nullable=False),
        sa.Column("ended_at", sa.TIMESTAMP),
    )
    is_open = sa.text("state = 'open'")
    index("ix_rounds_open", "rounds", ["cog"], sqlite_where=is_open, postgresql_where=is_open)
    add("transactions", sa.Column("round_id", BigInt))
    of_a_round = sa.text("round_id IS NOT NULL")
    index(
        "ix_transactions_round_id",
        "transactions",
        ["round_id"],
        sqlite_where=of_a_round,
        postgresql_where=of_a_round,
    )
    add("fair_draws", sa.Column("promise_id", BigInt))
    add("fair_draws", sa.Column("seed_hash", sa.Text))
    index("ix_fair_draws_promise_id", "fair_draws", ["promise_id"])
    _audit()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("at", sa.TIMESTAMP, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("area", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("before_json", sa.JSON),
        sa.Column("after_json", sa.JSON),
        sa.Column("change_id", BigInt),
    )
    index("ix_audit_change_id", "audit", ["change_id"])
    op.create_table(
        "answered_requests",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request_hash", sa.Text, nullable=False),
        sa.Column("status", BigInt),
        sa.Column("body", sa.Text),
        sa.Column("at", sa.TIMESTAMP, nullable=False),
    )
    index("ix_answered_requests_at", "answered_requests", ["at"])
