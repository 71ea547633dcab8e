"""All tables: with this import, ``Base`` knows every one of them."""

from pixel_bot.db import models_board, models_links, models_twitch
from pixel_bot.db.models import Base

__all__ = ["Base", "models_board", "models_links", "models_twitch"]
