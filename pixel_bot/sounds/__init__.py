"""The sounds that come with the bot. ``synthesise`` makes them; nobody else's recording is in them."""
