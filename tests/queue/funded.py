"""A chat with a viewer who has points."""

from pixel_bot.testing import Stage


async def rich(chat: Stage) -> Stage:
    await chat.viewer("alice", points=100)
    return chat
