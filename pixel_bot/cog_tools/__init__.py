"""Tools for authors of cogs: a cog to begin with, and a check of one that is written."""
