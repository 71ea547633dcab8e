"""Variables in texts of streamers: how they are read and filled in. What each one means, cogs say."""
