"""Points from other bots: reading their files and paying them once."""
