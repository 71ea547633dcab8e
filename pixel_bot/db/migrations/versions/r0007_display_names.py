"""Display names that say more than the login, in one case, so that people are found by them."""

import sqlalchemy as sa
from alembic import op

from pixel_bot.db.migrations.versions.r0002_identity_and_events import add, index

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHUNK = 10_000


def upgrade() -> None:
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
