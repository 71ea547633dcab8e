"""Imports of points from other bots: reading their files, and paying each list once."""
