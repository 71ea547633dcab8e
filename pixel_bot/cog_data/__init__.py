"""What cogs keep: points in transactions of their own, tables, and what of them belongs to one viewer."""
