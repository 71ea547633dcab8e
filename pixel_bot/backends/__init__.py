"""Clients of external services behind small interfaces: speech, OBS."""
