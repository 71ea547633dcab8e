"""Commands of the streamer's own: !cmd makes them, with variables like $(user), and sets options of every command."""

from pixel_bot.plugin import PixelBot

from .beside import BesideOtherBots
from .channel_variables import ChannelVariables
from .editing import CustomCommands
from .moment_variables import MomentVariables
from .people_variables import PeopleVariables
from .registry import CommandRegistry
from .web_variables import WebVariables
from .word_variables import WordVariables


async def setup(bot: PixelBot) -> None:
    registry = CommandRegistry(bot)
    for variables in (PeopleVariables, WordVariables, MomentVariables, ChannelVariables):
        await bot.add_component(variables(bot))
    await bot.add_component(WebVariables(bot, registry))
    await bot.add_component(CustomCommands(bot, registry))
    await bot.add_component(BesideOtherBots(bot, registry))
