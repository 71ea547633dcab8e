"""The sandbox: a local double of the Twitch endpoints that the bot uses, a page to play with it, and replays.

It is the demo, the test double and the load generator. The real bot connects to it with the real TwitchIO over real
sockets.
"""
