"""Values that every other room passes on: people, messages, outcomes, channel events, the stream's state."""
