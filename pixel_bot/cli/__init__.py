"""The command line."""

from pixel_bot.cli.command_line import main

__all__ = ["main"]
