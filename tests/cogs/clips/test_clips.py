"""!clip: what OBS has saved, and what is given back."""

from typing import Any

from pixel_bot.errors import ChatError, EffectFailed
from pixel_bot.testing import Stage


class Saver:
    """Stands in for OBS."""

    def __init__(self, problem: str = "", failure: str = "") -> None:
        self.problem = problem
        self.failure = failure
        self.saves = 0

    def start(self) -> None:
        """Nothing to connect."""

    async def check(self) -> None:
        if self.problem:
            raise ChatError(self.problem)

    async def save_clip(self) -> None:
        self.saves += 1
        if self.failure:
            raise EffectFailed(self.failure)


def clip_with(chat: Stage, saver: Any) -> None:
    chat.bot.obs = saver


async def test_a_clip_is_told_when_it_is_there(chat: Stage) -> None:
    clip_with(chat, Saver())
    assert await chat.say("alice", "!clip") == ["Saving it ...", "@alice The clip is saved on the streamer's disk."]


async def test_a_clip_that_cannot_be_saved_is_refused_at_once(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await chat.say("mila", "!redeem cost clip 10", "moderator")
    clip_with(chat, Saver(problem="OBS is not running."))
    assert await chat.say("alice", "!clip") == ["OBS is not running."]
    assert await chat.points("alice") == 100


async def test_a_clip_that_was_not_saved_is_given_back(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await chat.say("mila", "!redeem cost clip 10", "moderator")
    clip_with(chat, Saver(failure="OBS stopped."))
    assert (await chat.say("alice", "!clip"))[-1] == "@alice clip: OBS stopped. Your 10 points are back."
    assert await chat.say("alice", "!cooldowns") == ["You are not on cooldown for anything."]
