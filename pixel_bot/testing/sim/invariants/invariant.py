"""The base of what is checked by listening to the channel."""

from collections.abc import Callable

from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.violation import Violation


class Invariant:
    """Compares what happens in the channel with what is durable.

    Args:
        channel: where it happens.
        durable: what is in the database.
        report: is given what is wrong, where nobody is there to raise it to.
    """

    def __init__(self, channel: Channel, durable: Durable, report: Callable[[Violation], None]) -> None:
        self._channel = channel
        self._durable = durable
        self._report = report
