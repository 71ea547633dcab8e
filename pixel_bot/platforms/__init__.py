"""The places where viewers are: Twitch, and the sandbox that stands in for it."""
