"""Composition: builds the bot on the sandbox or on the real platforms, runs it, and closes it in reverse."""
