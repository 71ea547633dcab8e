"""The power goes at each single moment of a show of redemptions."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from pixel_bot.platforms.twitch.events.redemptions import ADDED
from pixel_bot.sandbox.twitch.users import sandbox_user
from tests.harness.rounds import rounds
from tests.redeems.near_twitch import NearTwitch
from tests.redeems.page_model import NearPage
from tests.redeems.power_cuts.life import NEVER, Life, Power, holds, new_twitch

pytestmark = [pytest.mark.repeated, pytest.mark.sqlite]


# The power goes at each single moment


async def show(life: Life) -> None:
    """One that plays, one that breaks off, one that is refused, and one that is answered in chat."""
    twitch, page = life.twitch, life.page
    for login, reward, typed, trouble in (
        ("alice", "reward-sound", "ding", ""),
        ("bob", "reward-sound", "ding", "error"),
        ("carol", "reward-sound", "no such sound", ""),
        ("dave", "reward-asks", "", ""),
    ):
        page.trouble = trouble
        life.hear(ADDED, twitch.redeem(sandbox_user(login), reward, typed))
        await life.settled()


async def show_with_a_cut(template: Path, folder: Path, at: int) -> tuple[NearTwitch, int]:
    """The show until the power goes, and then another run of the bot that puts things right."""
    twitch, page, power = new_twitch(template, folder), NearPage(), Power(at)
    life = Life(folder, twitch, page, power)

    async def first() -> None:
        await life.begin()
        await show(life)

    work = {asyncio.create_task(first()), asyncio.create_task(power.off.wait())}
    await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
    cut = power.off.is_set()
    await life.die()
    for task in work:
        with suppress(asyncio.CancelledError):
            await task
    answered = {r["id"] for r in twitch.redemptions.values() if r["user_login"] == "dave"}
    life = Life(folder, twitch, page, Power())
    await life.begin()
    await life.settled()
    # An answer in chat and its refund may meet when the power went between the two.
    await holds(life, relaxed=answered if cut else set())
    assert sum("Because." in line for line in twitch.chat) <= 1
    await life.end()
    return twitch, power.moments


PARTS = (0, 2, 1, 3)
"""Each is every fourth moment; with ``PIXEL_ROUNDS=4`` all of them are taken."""


@pytest.mark.parametrize("part", PARTS[: rounds(1)])
async def test_whenever_the_power_goes_each_redemption_is_settled_once(
    template: Path, tmp_path: Path, part: int
) -> None:
    twitch, moments = await show_with_a_cut(template, tmp_path, NEVER)
    ends = {row["user_login"]: row["status"] for row in twitch.redemptions.values()}
    assert ends == {"alice": "FULFILLED", "bob": "CANCELED", "carol": "CANCELED", "dave": "FULFILLED"}
    assert moments > 30
    for at in range(1 + part, moments + 1, 4):
        await show_with_a_cut(template, tmp_path, at)
