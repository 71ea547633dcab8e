"""Between TwitchIO and the rules: bot, context, converters, guards, cogs, event dispatch, outgoing messages."""
