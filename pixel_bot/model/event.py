"""The base of everything that cogs can hear."""


class Event:
    """Something that happened. A cog's own events derive from it, and are told with ``bot.emit``."""

    __slots__ = ()
