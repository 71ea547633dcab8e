"""!economy: the figures in chat."""

from pixel_bot.testing import Stage


async def test_mods_hear_the_figures(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!sound ding")
    (said,) = await chat.say("mila", "!economy", "moderator")
    assert said == (
        "In 1 day 100 points came (mods 100.0%), 15 went (redeems 100.0%). "
        "In circulation: 85 points, the median has 85. At this pace it doubles in 1 day."
    )
    assert await chat.say("alice", "!economy") == ["Only mods can do that."]
