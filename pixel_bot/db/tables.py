"""All tables: with this import, ``Base`` knows every one of them."""

from sqlalchemy import Table

from pixel_bot.db import (
    models_access,
    models_audit,
    models_board,
    models_chatters,
    models_claims,
    models_cogs,
    models_links,
    models_twitch,
)
from pixel_bot.db.models import Base
from pixel_bot.db.partial_indexes import complete_before_create

__all__ = [
    "COG_PREFIX",
    "Base",
    "core_tables",
    "models_access",
    "models_audit",
    "models_board",
    "models_chatters",
    "models_claims",
    "models_cogs",
    "models_links",
    "models_twitch",
]

COG_PREFIX = "cog_"
"""With what the names of cogs' tables begin, which stand in the same metadata while their cog is loaded."""


def core_tables() -> list[Table]:
    """Our own tables, those that others refer to first."""
    return [table for table in Base.metadata.sorted_tables if not table.name.startswith(COG_PREFIX)]


complete_before_create(Base.metadata)
