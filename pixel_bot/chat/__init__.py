"""Between TwitchIO and the services: context, converters, guards, errors to sentences, cogs, outgoing messages."""
