"""Greets who comes to a stream, and shows the channels of friends and raiders."""

from pixel_bot.plugin import PixelBot

from .greeting import Greetings
from .shouting import ShoutOuts


async def setup(bot: PixelBot) -> None:
    shout_outs = ShoutOuts(bot)
    await bot.add_component(shout_outs)
    await bot.add_component(Greetings(bot, shout_outs))
