"""Giving points, changes by mods, ignoring people, and linking, merging and unlinking the accounts of one person."""
