"""What happened once although several events tell of it, who does not play, display names to find people by, and which
application the sign-ins are for."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import BigInt, add, index

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHUNK = 10_000


def upgrade() -> None:
    _events()
    _who_does_not_play()
    _display_names()
    _sign_ins()


def _events() -> None:
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


def _who_does_not_play() -> None:
    """The ignore list, by account and by names that nobody has had yet, and bans."""
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


def _sign_ins() -> None:
    """Which application the tokens of an account are for, and since when."""
    add("accounts", sa.Column("client_id", sa.Text))
    add("accounts", sa.Column("renewed_at", sa.TIMESTAMP))
    op.execute("UPDATE accounts SET renewed_at = updated_at")


def _display_names() -> None:
    """Those that say more than the login, in one case."""
    add("users", sa.Column("display_key", sa.Text))
    filled = sa.text("display_key IS NOT NULL")
    index("ix_users_display_key", "users", ["display_key"], sqlite_where=filled, postgresql_where=filled)
    # In Python: what upper and lower case are beyond ASCII, SQLite does not know.
    rows = op.get_bind().execute(sa.text("SELECT id, name, display_name FROM users WHERE lower(display_name) <> name"))
    keys = [{"id": row.id, "key": row.display_name.casefold()} for row in rows if not _is_login(row)]
    for start in range(0, len(keys), CHUNK):
        op.get_bind().execute(
            sa.text("UPDATE users SET display_key = :key WHERE id = :id"), keys[start : start + CHUNK]
        )


def _is_login(row: sa.Row[tuple[int, str, str]]) -> bool:
    """True where the display name is the login, also one that has its platform behind it, or the mark of a lost one."""
    return row.display_name.casefold() == row.name.partition("~")[0].partition("@")[0].casefold()
