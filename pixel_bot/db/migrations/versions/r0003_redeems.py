"""What the queue knows of a redeem, pauses, blocks, the wheel's draws, and each viewer's voice."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, add, index

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

QUEUE: tuple[tuple[str, Any], ...] = (
    ("redeem", sa.Text),
    ("user_id", BigInt),
    ("track", sa.Text),
    ("token", sa.Text),
    ("message_id", sa.Text),
    ("page", sa.Text),
    ("begun_at", sa.TIMESTAMP),
    ("cooldown_until", sa.TIMESTAMP),
    ("everyone_until", sa.TIMESTAMP),
    ("refunded_at", sa.TIMESTAMP),
    ("note", sa.Text),
)


def upgrade() -> None:
    queue()
    add("redeems", sa.Column("everyone_cooldown_s", sa.Integer, nullable=False, server_default="0"))
    add("redeems", sa.Column("everyone_until", sa.TIMESTAMP))
    add("users", sa.Column("voice", sa.Text))
    lanes = op.create_table(
        "lanes",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.bulk_insert(lanes, [{"kind": kind} for kind in ("tts", "wheel", "effect")])
    op.create_table(
        "blocks",
        sa.Column("user_id", BigInt, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
    )
    draws()


def queue() -> None:
    """Items of a hand-made queue have no buyer: nobody can be given anything back for them."""
    columns: list[sa.Column[Any]] = [sa.Column(name, kind) for name, kind in QUEUE]
    columns += [
        sa.Column("cost", BigInt, nullable=False, server_default="0"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("told", sa.Boolean, nullable=False, server_default=sa.true()),
    ]
    # Asked once for all of them: a look at the table for each would take most of a first start.
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("queue_items")}
    for column in columns:
        if column.name not in known:
            op.add_column("queue_items", column)
    index("ix_queue_items_track_status", "queue_items", ["track", "status"])
    index("ix_queue_items_user_id", "queue_items", ["user_id"])
    untold = {"sqlite_where": sa.text("told = 0"), "postgresql_where": sa.text("NOT told")}
    index("ix_queue_items_untold", "queue_items", ["id"], **untold)


def draws() -> None:
    op.create_table(
        "draws",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("user_id", BigInt, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("odds_json", sa.JSON, nullable=False),
        sa.Column("prize", sa.Text, nullable=False),
        sa.Column("prize_json", sa.JSON, nullable=False),
        sa.Column("created_at", sa.TIMESTAMP, nullable=False),
        sa.Column("landed_at", sa.TIMESTAMP),
        sa.Column("cancelled_at", sa.TIMESTAMP),
        sa.Column("owed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("given_by", sa.Text),
    )
    index("ix_draws_prize", "draws", ["prize"])
    index("ix_draws_owed", "draws", ["id"], sqlite_where=sa.text("owed = 1"), postgresql_where=sa.text("owed"))
