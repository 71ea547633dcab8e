"""Thanks in chat for follows, subs, gifts, cheers, raids and the rest of what viewers do for a channel."""

from dataclasses import replace
from functools import partial

from typing_extensions import override

from pixel_bot.plugin import (
    ChannelEvent,
    Cheer,
    Cog,
    Follow,
    Gift,
    HypeTrain,
    Person,
    PixelBot,
    Raid,
    Sub,
    Tip,
    Upgrade,
    WatchStreak,
    on,
)

from .gathering import ChannelThanks
from .settings import Settings


class Thanks(Cog):
    """Says thank you, in the chat in which it happened."""

    settings = Settings

    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        self._channels: dict[str, ChannelThanks] = {}

    @on(Follow)
    @on(Sub, gifted=False)
    @on(Upgrade)
    @on(Gift)
    @on(Cheer)
    @on(Raid)
    @on(WatchStreak)
    @on(HypeTrain, phase="end")
    @on(Tip)
    async def thank(self, event: ChannelEvent) -> None:
        """Gather it for the next line. Blocked words are taken out of names."""
        told = replace(event, person=self._harmless(event.person)) if event.person else event
        self._channel(event).on_event(told)

    async def close(self) -> None:
        """Say at once what is gathered, and wait until it is said."""
        for channel in tuple(self._channels.values()):
            await channel.close()

    @override
    async def component_teardown(self) -> None:
        """Say what is gathered before the cog goes."""
        await self.close()

    def _channel(self, event: ChannelEvent) -> ChannelThanks:
        """The thanks of the chat in which something happened."""
        if event.platform not in self._channels:
            say = partial(self.bot.announce, platform=event.platform)
            self._channels[event.platform] = ChannelThanks(self.config, self.bot.settings.command_prefix, say)
        return self._channels[event.platform]

    def _harmless(self, person: Person) -> Person:
        name = self.bot.text_filter.name
        return person._replace(login=name(person.login), display_name=name(person.display_name))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Thanks(bot))
