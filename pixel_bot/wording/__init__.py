"""What the bot says, in the language of the chat and in the streamer's own words."""
