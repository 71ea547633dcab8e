"""Pixel Bot: the chat bot for Twitch and Joystick.tv that streamers trust with their community's economy."""

__version__ = "0.1.0"
