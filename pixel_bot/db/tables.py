"""All tables: with this import, ``Base`` knows every one of them."""

from pixel_bot.db import (
    models_access,
    models_board,
    models_calls,
    models_chatters,
    models_claims,
    models_links,
    models_twitch,
)
from pixel_bot.db.models import Base
from pixel_bot.db.partial_indexes import complete_before_create

__all__ = [
    "Base",
    "models_access",
    "models_board",
    "models_calls",
    "models_chatters",
    "models_claims",
    "models_links",
    "models_twitch",
]

complete_before_create(Base.metadata)
