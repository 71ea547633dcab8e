"""What cogs ask for by name: moderation, the channel, HTTP and OBS."""
