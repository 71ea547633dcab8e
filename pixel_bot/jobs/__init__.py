"""What was bought, made to happen: lanes, claims, timeouts, recovery."""
