"""Alembic's entry: runs on the connection that ``pixel_bot.db.schema`` hands over."""

from alembic import context

from pixel_bot.db.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
context.run_migrations()
