"""The seven tables of the user's schema document."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    people()
    work()
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def people() -> None:
    """Who has what, and where it came from."""
    op.create_table(
        "users",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("name", sa.Text, unique=True, nullable=False),
        sa.Column("points", BigInt, server_default="0"),
        sa.Column("created_at", sa.TIMESTAMP),
        sa.Column("updated_at", sa.TIMESTAMP),
    )
    op.create_table(
        "xp_records",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("user_name", sa.Text, unique=True, nullable=False),
        sa.Column("xp", BigInt, server_default="0"),
        sa.Column("level", sa.Integer, server_default="1"),
        sa.Column("created_at", sa.TIMESTAMP),
        sa.Column("updated_at", sa.TIMESTAMP),
    )
    op.create_table(
        "transactions",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("user_id", BigInt, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("amount", BigInt, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("balance_after", BigInt),
        sa.Column("created_at", sa.TIMESTAMP),
    )
    op.create_table(
        "cooldowns",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("user_id", BigInt, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP, nullable=False),
        sa.UniqueConstraint("user_id", "key"),
    )


def work() -> None:
    """What is to be done, and how to sign in where."""
    op.create_table(
        "queue_items",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, server_default="pending"),
        sa.Column("payload_json", sa.JSON),
        sa.Column("created_at", sa.TIMESTAMP),
        sa.Column("started_at", sa.TIMESTAMP),
        sa.Column("finished_at", sa.TIMESTAMP),
    )
    op.create_table(
        "redeems",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("cost", BigInt, server_default="0"),
        sa.Column("enabled", sa.Boolean, server_default=sa.true()),
        sa.Column("cooldown_s", sa.Integer, server_default="0"),
        sa.Column("created_at", sa.TIMESTAMP),
        sa.Column("updated_at", sa.TIMESTAMP),
    )
    op.create_table(
        "joystick_installs",
        sa.Column("id", BigInt, primary_key=True),
        sa.Column("channel_id", sa.Text, unique=True, nullable=False),
        sa.Column("access_token", sa.Text, nullable=False),
        sa.Column("refresh_token", sa.Text),
        sa.Column("expires_at", sa.TIMESTAMP),
        sa.Column("created_at", sa.TIMESTAMP),
        sa.Column("updated_at", sa.TIMESTAMP),
    )


INDEXES = [
    ("ix_transactions_user_id", "transactions", ["user_id"]),
    ("ix_transactions_created_at", "transactions", ["created_at"]),
    ("ix_cooldowns_expires_at", "cooldowns", ["expires_at"]),
    ("ix_queue_items_kind_status", "queue_items", ["kind", "status"]),
    ("ix_queue_items_created_at", "queue_items", ["created_at"]),
]
