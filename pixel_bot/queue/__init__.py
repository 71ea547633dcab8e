"""The queue: lanes and their workers, effects, timeouts, recovery, and announcing results in chat."""
