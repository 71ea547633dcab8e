"""The double of Twitch: its OAuth, its API and its event socket, as its public documents describe them."""
