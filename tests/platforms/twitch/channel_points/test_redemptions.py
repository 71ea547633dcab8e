"""Channel points: the reward, its redemptions, and what a mod does to them."""

from datetime import UTC, datetime, timedelta

import pytest

from pixel_bot.sandbox.twitch.channel_points import BALANCE, Redemption, Reward
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import SettableClock
from tests.harness.page_double import Message, PageDouble
from tests.harness.twitch_harness import Harness, the_bot
from tests.platforms.twitch.channel_points.redemption_helpers import (
    ADDED,
    ALICE,
    COST,
    balance,
    becomes,
    items,
    ledger,
    offered,
    ours,
    page_of,
    status_of,
    until,
)


async def plays(page: PageDouble, message: Message) -> None:
    """The page plays it from begin to end."""
    await page.ack(message, "started", seconds=1.0)
    await page.ack(message, "finished")


# The reward


async def test_a_reward_is_made_and_kept_in_step(home: Harness) -> None:
    async with home.signed_in():
        reward = await offered(home, cooldown=5)
        assert (reward.title, reward.cost, reward.cooldown) == ("Play sound effect", COST, 5)
        assert (reward.enabled, reward.needs_input, reward.skips_queue) == (True, True, False)
        assert reward.prompt == "Play a sound on stream, or any when you name none."
        await offered(home, 250, cooldown=5)
        await home.ask("", "!redeem cooldown sound 60", "broadcaster")
        await until(home, lambda: ours(home)[0].cooldown == 60)
        await home.ask("", "!redeem off sound", "broadcaster")
        await until(home, lambda: not ours(home)[0].enabled)
        await home.ask("", "!redeem on sound", "broadcaster")
        await until(home, lambda: ours(home)[0].enabled)
        await home.ask("", "!redeem native off sound", "broadcaster")
        (reward,) = ours(home)
        assert (reward.cost, reward.cooldown, reward.enabled) == (250, 60, False)


async def test_a_reward_of_somebody_else_is_never_touched(home: Harness) -> None:
    by_hand = Reward("by-hand", "Play sound effect", 900)
    home.twitch.points.put(by_hand)
    async with home.signed_in() as app, page_of(app) as page:
        answer = await home.ask("", "!redeem native on sound 100", "broadcaster")
        assert answer.startswith("There is a reward named Play sound effect already that I did not make.")
        made = await home.twitch.redeem(ALICE, by_hand.id)
        await the_bot(app).settled()
        assert ours(home) == []
        assert (home.twitch.points.rewards[by_hand.id], page.asked) == (by_hand, [])
    # After the orderly end nothing is under way any more that could touch it.
    assert status_of(home, made) == "UNFULFILLED"
    asked = [a for a in home.twitch.requests if a.method in {"PATCH", "DELETE"}]
    assert [a for a in asked if by_hand.id in str(a.query)] == []


# A redemption


async def test_it_is_fulfilled_only_when_it_played_and_costs_none_of_our_points(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        page.plays = False
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        playing = await page.asks()
        assert (playing["what"], status_of(home, made), balance(home)) == ("sound", "UNFULFILLED", BALANCE - COST)
        await plays(page, playing)
        await becomes(home, made, "FULFILLED")
        assert (balance(home), await items(app), await ledger(app)) == (BALANCE - COST, ["done"], [])
        assert (await home.said(lambda line: "Playing ding" in line.text)).text == "@Alice Playing ding!"


async def test_it_is_cancelled_when_the_page_could_not_play_it(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        page.plays = False
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        await page.ack(await page.asks(), "failed", reason="no such file")
        await becomes(home, made, "CANCELED")
        assert (balance(home), await items(app), await ledger(app)) == (BALANCE, ["failed"], [])
        assert "Your channel points are back." in (await home.said(lambda line: "are back" in line.text)).text


async def test_what_cannot_be_is_refused_at_once(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        made = await home.twitch.redeem(ALICE, reward.id, "no-such-sound")
        await becomes(home, made, "CANCELED")
        assert (balance(home), await items(app), page.asked) == (BALANCE, [], [])
        assert "Your channel points are back." in (await home.said(lambda line: "are back" in line.text)).text


async def test_a_redemption_that_is_told_twice_runs_once(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        for number in range(5):
            await home.twitch.notify(ADDED, made.as_event(), f"again-{number}", datetime.now(UTC))
        await becomes(home, made, "FULFILLED")
        await home.twitch.notify(ADDED, made.as_event(), "late", datetime.now(UTC))
        await the_bot(app).settled()
    assert (len(page.asked), balance(home)) == (1, BALANCE - COST)
    async with home.signed_in() as app, page_of(app, page) as page:
        await home.twitch.notify(ADDED, made.as_event(), "after the restart", datetime.now(UTC))
        second = await home.twitch.redeem(sandbox_user("bob"), ours(home)[0].id, "ding")
        await becomes(home, second, "FULFILLED")
        assert (await items(app), len(page.asked)) == (["done", "done"], 1)


# A mod, in Twitch's own queue


async def reject(home: Harness, made: Redemption) -> None:
    await home.twitch.tell_settled(home.twitch.points.settle([made.id], "CANCELED"))


async def test_what_a_mod_rejects_while_it_plays_is_stopped(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        page.plays = False
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        playing = await page.asks()
        await page.ack(playing, "started", seconds=30.0)
        await reject(home, made)
        await home.said(lambda line: "A mod rejected it." in line.text)
        assert playing["id"] in page.stopped
        assert (await items(app), await ledger(app), balance(home)) == (["failed"], [], BALANCE)
    assert status_of(home, made) == "CANCELED"


@pytest.mark.parametrize("told", [True, False], ids=["told at once", "told at the next start"])
async def test_what_a_mod_rejects_while_it_waits_never_plays(home: Harness, told: bool) -> None:
    async with home.signed_in() as app:
        reward = await offered(home)
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        await home.said(lambda line: "Playing ding" in line.text)
        if told:
            await reject(home, made)
            await home.said(lambda line: "A mod rejected it." in line.text)
    if not told:
        await reject(home, made)
    async with home.signed_in() as app:
        await home.said(lambda line: "A mod rejected it." in line.text)
        async with page_of(app) as page:
            second = await home.twitch.redeem(sandbox_user("bob"), reward.id, "ding")
            await becomes(home, second, "FULFILLED")
            assert (await items(app), len(page.asked)) == (["failed", "done"], 1)
    assert balance(home) == BALANCE


# While the bot is away


@pytest.mark.parametrize(("minutes", "status"), [(9, "FULFILLED"), (11, "CANCELED")])
async def test_what_came_while_the_bot_was_away_runs_or_is_given_back(home: Harness, minutes: int, status: str) -> None:
    async with home.signed_in():
        reward = await offered(home)
    made = await home.twitch.redeem(ALICE, reward.id, "ding")
    clock = SettableClock(datetime.now(UTC) + timedelta(minutes=minutes))
    async with home.signed_in(clock) as app, page_of(app) as page:
        await becomes(home, made, status)
        played = status == "FULFILLED"
        assert (await items(app), len(page.asked)) == (["done"] * played, played)
        assert (await ledger(app), balance(home)) == ([], BALANCE - COST * played)
        if not played:
            late = await home.said(lambda line: "too late" in line.text)
            assert late.text == ("While I was away, a redemption came too late: @Alice. Your channel points are back.")


async def test_what_came_while_only_the_socket_was_away_runs(home: Harness) -> None:
    async with home.signed_in() as app, page_of(app) as page:
        reward = await offered(home)
        for session in tuple(home.twitch.sessions.values()):
            await home.twitch.lose(session)
        made = await home.twitch.redeem(ALICE, reward.id, "ding")
        await becomes(home, made, "FULFILLED")
        assert (await items(app), len(page.asked)) == (["done"], 1)
