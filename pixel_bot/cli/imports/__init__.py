"""``import`` and ``compare``: points and commands of other bots."""
