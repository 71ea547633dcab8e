"""Giving points, changes by mods, and linking, merging and unlinking the accounts of one person."""
