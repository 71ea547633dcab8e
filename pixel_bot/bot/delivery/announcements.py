"""What the bot says by itself about its services: levels that viewers reach, and files that break."""

from collections.abc import Callable, Mapping

from pixel_bot.bot.channel import ChatChannel
from pixel_bot.model.people import Platform
from pixel_bot.points.levels import LevelUp
from pixel_bot.services import Services
from pixel_bot.texts import fit


class Announcements:
    """Listens to the services, and says it in chat. Nobody paid for it: under pressure it is dropped.

    Args:
        services: of this bot.
        channels: the chats that it is in; more may come later.
        bleeped: takes slurs out of a text, which may be in a name.
    """

    def __init__(
        self, services: Services, channels: Mapping[Platform, ChatChannel], bleeped: Callable[[str], str]
    ) -> None:
        self._channels = channels
        self._bleeped = bleeped
        services.levels.on_level_up = self._level_up
        services.files.tell(self._file_problem)

    async def _level_up(self, up: LevelUp) -> None:
        channel = self._channels.get(up.platform) or next(iter(self._channels.values()), None)
        if channel is not None:
            channel.tasks.spawn(channel.say_free(self._bleeped(up.message)))

    def _file_problem(self, problem: str) -> None:
        for channel in self._channels.values():
            channel.tasks.spawn(channel.say_free(fit(problem)))
