"""What the tests of texts that wait for a mod's yes share."""

from pixel_bot.testing import Stage


async def buys(chat: Stage, login: str = "alice", text: str = "hello there") -> list[str]:
    """Somebody with 100 points lets a text be read out. Returns what the bot says."""
    await chat.viewer(login, points=100)
    return await chat.say(login, f"!tts {text}")


def spoken(chat: Stage) -> list[str]:
    """The texts that the page was asked to play."""
    return [message["text"] for message in chat.overlay.played if message["what"] == "speak"]
