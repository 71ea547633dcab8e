"""The queue at work: lanes, workers, effects, timeouts, recovery, and what chat is told of results."""
