"""Pixel Bot: the Twitch chat bot that streamers trust with their community's economy."""

__version__ = "0.1.0"
