"""What must always hold."""

from pixel_bot.testing.sim.invariants.all import Promises
from pixel_bot.testing.sim.invariants.violation import Violation

__all__ = ["Promises", "Violation"]
