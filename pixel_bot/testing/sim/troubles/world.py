"""What troubles can reach."""

from dataclasses import dataclass

from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.page import SimulatedPage
from pixel_bot.testing.sim.seeded import WallClock
from pixel_bot.testing.sim.series import Event, Story


@dataclass(frozen=True)
class World:
    """What troubles can reach.

    Args:
        channel: where they happen.
        page: the overlay's.
        wall: the wall clock of the bot's machine.
        story: is told what goes wrong.
    """

    channel: Channel
    page: SimulatedPage
    wall: WallClock
    story: Story

    def tell(self, event: Event, words: str) -> None:
        """Note what goes wrong."""
        self.story.tell(event, words)
