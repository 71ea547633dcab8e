"""The outside world behind small interfaces: speech, AI, OBS."""
