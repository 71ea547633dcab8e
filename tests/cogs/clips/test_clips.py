"""!clip: what OBS has saved, and what is given back."""

from typing import Any

import pytest

from pixel_bot.backends.obs_problems import BufferOff, ObsLost, ObsProblem
from pixel_bot.testing import Stage
from tests.cogs.loaded import cog_class


class Saver:
    """Stands in for OBS."""

    def __init__(self, problem: ObsProblem | None = None, failure: ObsProblem | None = None) -> None:
        self.problem = problem
        self.failure = failure
        self.saves = 0
        self.listeners: set[Any] = set()

    async def check(self) -> None:
        if self.problem is not None:
            raise self.problem

    async def save_replay(self) -> None:
        self.saves += 1
        if self.failure is not None:
            raise self.failure


def clip_with(chat: Stage, saver: Any) -> None:
    chat.bot.obs.use(saver)


async def test_a_clip_is_told_when_it_is_there(chat: Stage) -> None:
    clip_with(chat, Saver())
    assert await chat.say("alice", "!clip") == ["Saving it ...", "@alice The clip is saved on the streamer's disk."]


async def test_a_clip_that_cannot_be_saved_is_refused_at_once(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await chat.say("mila", "!redeem cost clip 10", "moderator")
    clip_with(chat, Saver(problem=BufferOff()))
    assert await chat.say("alice", "!clip") == ["No clip right now: the replay buffer is off in OBS."]
    assert await chat.points("alice") == 100


async def test_a_clip_that_was_not_saved_is_given_back(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await chat.say("mila", "!redeem cost clip 10", "moderator")
    clip_with(chat, Saver(failure=ObsLost()))
    told = await chat.say("alice", "!clip")
    assert told[-1] == "@alice clip: The clip was not saved: OBS went away. Your 10 points are back."
    assert await chat.say("alice", "!cooldowns") == ["You are not on cooldown for anything."]


async def test_without_obs_twitch_makes_it(chat: Stage) -> None:
    async def made() -> str:
        return "https://clips.example/1"

    cog_class(chat.bot, "Clips").twitch.make = made
    assert await chat.say("alice", "!clip") == ["Saving it ...", "@alice Here is the clip: https://clips.example/1"]


async def test_where_neither_is_connected_nothing_is_charged(chat: Stage) -> None:
    del chat.bot.channels["twitch"]
    assert await chat.say_there("Jules", "!clip") == [
        "@Jules Clips are not set up here: neither OBS nor Twitch is connected. Nothing was charged."
    ]


@pytest.mark.parametrize(("place", "words"), [("obs", "OBS saves"), ("twitch", "Twitch makes"), ("", "There are none")])
async def test_the_set_up_page_says_who_makes_them(chat: Stage, place: str, words: str) -> None:
    if place == "obs":
        clip_with(chat, Saver())
    elif not place:
        del chat.bot.channels["twitch"]
    (step,) = [step for step in chat.bot.setup_steps() if step.key == "clips"]
    assert step.words.startswith(words)
