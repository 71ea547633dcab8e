"""Cogs: how they are loaded and kept apart, and what they hear and do at a time."""
