"""The built-in cogs: commands and redeems, one feature in each file."""
