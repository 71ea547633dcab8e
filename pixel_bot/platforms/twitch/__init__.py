"""Twitch: its event socket and the subscriptions on it."""
