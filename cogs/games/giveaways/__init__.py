"""Giveaways and raffles: viewers enter, and a seed that was promised before the first ticket draws who wins."""

from pixel_bot.plugin import PixelBot

from .answers import Answers
from .entering import Entering
from .giveaways import Giveaways
from .keywords import Keywords
from .raffles import Raffles
from .watch import Watch


async def setup(bot: PixelBot) -> None:
    watch = Watch(bot)
    await bot.add_component(Raffles(bot))
    await bot.add_component(Entering(bot))
    await bot.add_component(Keywords(bot, watch))
    await bot.add_component(Answers(bot, watch))
    await bot.add_component(Giveaways(bot, watch))  # the last one is asked about the tables of all
