"""Bets: a question, stakes on its answers, and who is right shares the pot."""

from pathlib import Path

import pytest

from pixel_bot.sandbox.twitch.users import Role
from pixel_bot.testing import SettableClock, Stage, stage
from tests.cogs.games.bets_scene import all_is_over, game, owned
from tests.harness.database import rows

OPEN = '!bet open "Do we win?" Yes|No'


async def mod(chat: Stage, typed: str, who: str = "mia", role: Role = "moderator") -> list[str]:
    """A mod types it. Returns what the bot said, also by and by."""
    return await chat.say(who, typed, role) + await chat.passes(1)


async def test_who_is_right_shares_the_pot_by_stakes(tmp_path: Path) -> None:
    async with game(tmp_path) as chat:
        assert await mod(chat, OPEN) == ["Bet: Do we win? Yes | No. Type !bet Yes 10, within 2m."]
        assert await chat.say("alice", "!bet yes 100") == ["You have 100 points on Yes."]
        assert await chat.say("bob", "!bet 50 YES") == ["You have 50 points on Yes."]
        assert await chat.say("carol", "!bet “no” 41") == ["You have 41 points on No."]
        assert await chat.say("bob", "!bet y 25") == ["25 more: you have 75 on Yes."]
        assert await chat.say("dave", "!bet") == [
            "Do we win? Yes: 175 points (x1.23) | No: 41 points (x5.27). !bet A N, within 1m 59s."
        ]
        assert await chat.passes(120) == [
            "No more bets! Do we win? Yes: 175 points (x1.23) | No: 41 points (x5.27). "
            "A mod settles it, like this: !bet settle Yes"
        ]
        assert await chat.say("bob", "!bet yes 25") == ["The bet is closed: Do we win?"]
        assert await owned(chat) == [900, 925, 959]
        assert await mod(chat, "!bet win YES") == [
            "Do we win? Yes! alice +123, bob +92. Left over for the house: 1 point."
        ]
        assert await owned(chat) == [1_023, 1_017, 959]
        assert await rows(chat, "SELECT state, house FROM rounds") == [("ended", 1)]
        assert await chat.say("dave", "!bet") == ["There is no bet just now."]
        await all_is_over(chat)


@pytest.mark.parametrize(
    ("stakes", "said"),
    [
        (["yes 10", "yes 20"], "Do we win? No! Nobody was right, so everybody has their points back."),
        (["no 10", "no 20"], "Do we win? No! Everybody was right, so everybody has their points back."),
        ([], "Do we win? No! Nobody bet on it."),
    ],
)
async def test_with_one_side_alone_all_is_given_back(tmp_path: Path, stakes: list[str], said: str) -> None:
    async with game(tmp_path) as chat:
        await mod(chat, OPEN)
        for who, stake in zip(("alice", "bob"), stakes, strict=False):
            await chat.say(who, f"!bet {stake}")
        assert await mod(chat, "!bet settle no") == [said]
        assert await owned(chat) == [1_000] * 3
        await all_is_over(chat)


async def test_who_leads_it_has_no_stake_in_it(tmp_path: Path) -> None:
    staked = "You have a stake in this bet. Only the streamer or a mod without one can do that."
    async with game(tmp_path) as chat:
        await mod(chat, OPEN, "alice")
        assert await chat.say("alice", "!bet no 10", "moderator") == [
            "You opened this bet, so you have no stake in it."
        ]
        await chat.say("bob", "!bet no 10", "moderator")
        for typed in ("!bet settle no", "!bet cancel", "!bet close"):
            assert await mod(chat, typed, "bob") == [staked]
        await chat.viewer("pixel_street", points=100)
        await chat.say("pixel_street", "!bet yes 10", "broadcaster")
        assert await mod(chat, "!bet settle yes", "", "broadcaster") == [staked]
        assert await chat.say("carol", "!bet settle no") == ["Only mods can do that."]
        assert (await mod(chat, "!bet close", "alice"))[0].startswith("No more bets!")
        assert await mod(chat, "!bet close", "alice") == ["The bet is closed already."]
        assert await mod(chat, "!bet settle no", "alice") == ["Do we win? No! bob +20."]


async def test_limits_sides_and_words(tmp_path: Path) -> None:
    async with game(tmp_path, bets_max=300, bets_limit=400) as chat:
        assert await chat.say("alice", "!bet yes 10") == ["There is no bet just now."]
        await mod(chat, '!bet open "Who?" Red team|Blue team|2-0 60')
        assert await mod(chat, OPEN) == ["There is a bet already: Who?"]
        assert await chat.say("alice", "!bet all red team") == ["You have 300 points on Red team."]
        assert await chat.say("alice", "!bet blue team 10") == [
            "You are on Red team already, and nobody bets on two sides."
        ]
        assert await chat.say("alice", "!bet red 101") == ["A stake is from 10 to 100 points."]
        assert await chat.say("alice", "!bet red 100") == ["100 more: you have 400 on Red team."]
        assert await chat.say("alice", "!bet red 10") == ["You have 400 points in this bet, which is the most."]
        assert await chat.say("bob", "!bet 9 2-0") == ["A stake is from 10 to 300 points."]
        assert await chat.say("bob", "!bet 10 2-0") == ["You have 10 points on 2-0."]
        assert await chat.say("bob", "!bet green 10") == ["One of these: Red team | Blue team | 2-0"]
        assert await chat.say("bob", "!bet red") == ["Type it like this: !bet A N"]
        assert (await chat.say("dave", "!bet red 10"))[0].startswith("That takes 10 points, you have ")
        assert await mod(chat, "!bet cancel") == ["The bet is off: Who? 410 points went back."]
        assert await owned(chat) == [1_000] * 3
        await all_is_over(chat)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Yes|No", 'Type it like this: !bet open "..." A|B'),
        ('"Q" Yes', 'Type it like this: !bet open "..." A|B'),
        ('"Q" Yes||No', 'Type it like this: !bet open "..." A|B'),
        ('"!" Yes|No', 'Type it like this: !bet open "..." A|B'),
        ('"Q" 1|2', "1 reads like a number of points. Take a word for it."),
        ('"Q" all|none', "all reads like a number of points. Take a word for it."),
        ('"Q" open door|no', "An option cannot begin with open, which is a command."),
        ('"Q" yes|YES', "Two options are the same."),
        ('"Q" yes|no 5', "A bet is open for 10 to 3,600 seconds."),
        (f'"{"Q" * 121}" yes|no', "That question is too long: 120 characters at most."),
        (f'"Q" yes|{"n" * 31}', f"{'n' * 31} is too long: 30 characters at most."),
        (f'"Q" {"|".join("abcdefghijk")}', "10 options at most."),
    ],
)
async def test_what_cannot_be_a_bet_is_refused(tmp_path: Path, typed: str, said: str) -> None:
    async with game(tmp_path) as chat:
        assert await mod(chat, f"!bet open {typed}") == [said]
        assert await rows(chat, "SELECT id FROM rounds") == []


async def test_without_quotes_and_with_other_seconds(tmp_path: Path) -> None:
    async with game(tmp_path) as chat:
        said = await mod(chat, "!bet open Do we win? yes | no 2m")
        assert said == ["Bet: Do we win? yes | no. Type !bet yes 10, within 2m."]
        assert await chat.passes(120) == ["Nobody bet on it: Do we win?"]
        await mod(chat, "!bet open „!Wer?“ a|b 30")
        await chat.say("alice", "!bet a 10")
        assert (await chat.passes(30))[0].startswith("No more bets! Wer?")


async def test_a_bet_that_nobody_settles_is_reminded_of_and_given_back(tmp_path: Path) -> None:
    clock = SettableClock()
    async with game(tmp_path, clock, bets_give_back=2) as chat:
        await mod(chat, OPEN)
        await chat.say("alice", "!bet yes 100")
        await chat.passes(120)
        (reminder,) = await chat.passes(15 * 60)
        assert reminder == (
            "A bet waits for its outcome: Do we win? (Yes | No). A mod without a stake types !bet settle or "
            "!bet cancel; in 1h 45m it is given back."
        )
        assert len(await chat.passes(29 * 60)) == 0
    async with stage(tmp_path, clock, games=True, bets_give_back=2) as chat:
        assert len(await chat.passes(2 * 60)) == 1  # the next reminder, after twice as long
        assert await chat.passes(2 * 3_600) == [
            reminder.replace("1h 45m", "15m"),
            "Nobody said how this bet ended: Do we win? 100 points went back.",
        ]
        assert await owned(chat) == [1_000] * 3
        await all_is_over(chat)


async def test_only_while_the_stream_is_on_and_bets_are(tmp_path: Path) -> None:
    async with game(tmp_path, bets_on=False) as chat:
        assert await mod(chat, OPEN) == ["Bets are switched off."]
        await chat.goes_offline()
        assert await chat.say("alice", "!bet yes 10") == ["Bets are there only while the stream is on."]


async def test_a_house_that_keeps_something_and_one_that_would_give(tmp_path: Path) -> None:
    async with game(tmp_path, bets_back=90) as chat:
        await mod(chat, OPEN)
        await chat.say("alice", "!bet yes 100")
        await chat.say("bob", "!bet no 100")
        assert await mod(chat, "!bet settle yes") == ["Do we win? Yes! alice +190."]
        assert await rows(chat, "SELECT house FROM rounds") == [(10,)]


async def test_more_than_comes_in_is_refused_without_force(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with game(tmp_path, bets_back=101) as chat:
        assert await mod(chat, OPEN) == []
    assert any("BETS_BACK: would pay more than comes in." in line for line in caplog.messages)
    async with game(tmp_path, bets_back=101, bets_force=True) as chat:
        assert (await mod(chat, OPEN))[0].startswith("Bet: ")


async def test_what_may_be_typed_while_it_is_open_is_a_stake_on_each_answer(tmp_path: Path) -> None:
    async with game(tmp_path) as chat:
        await mod(chat, '!bet open "Who is first?" Red team|Blue')
        lines = (await chat.bot.what_is_open())["bets"]
        assert lines == ["bet Red team 10", "bet Blue 20"]
        for who, line in zip(("alice", "bob"), lines, strict=True):
            await chat.say(who, f"!{line}")
        assert await owned(chat) == [990, 980, 1_000]
        await chat.passes(120)
        assert "bets" not in await chat.bot.what_is_open()
