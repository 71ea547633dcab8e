"""Delivery: what the bot says waits here for its turn, in a fair order and within the platform's rules."""
