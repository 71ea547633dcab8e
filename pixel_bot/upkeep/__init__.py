"""Keeping the database: upgrade, backup, restore, verification, cleanup, copies."""
