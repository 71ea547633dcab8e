"""Events from Twitch: their frames, what stands in them, and what they mean."""
