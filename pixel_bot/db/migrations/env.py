"""Alembic's entry: runs on the connection that ``pixel_bot.db.schema`` hands over."""

from alembic import context

from pixel_bot.db import models_twitch  # noqa: F401 - its tables count, too
from pixel_bot.db.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
context.run_migrations()
