"""The cog classes of a bot, for tests that look at one of them."""

from typing import Any

from pixel_bot.bot.bot import PixelBot


def cog_class(bot: PixelBot, name: str) -> Any:
    """The object of a loaded cog class, by the name of the class."""
    found = bot.get_component(name)
    assert found is not None, f"no cog class {name} is loaded"
    return found


async def thanks_said(bot: PixelBot) -> None:
    """What is gathered for the next thanks is said now."""
    await cog_class(bot, "Thanks").close()
