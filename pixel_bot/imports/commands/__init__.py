"""Imports of other bots' commands, timers, quotes and counters: reading their files, and storing each list once."""
