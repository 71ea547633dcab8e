"""The bot's web server: one port for all pages."""
