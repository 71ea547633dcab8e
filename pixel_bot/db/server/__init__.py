"""A database server that several processes share: PostgreSQL."""
