"""A person and an amount, in whatever order and spelling they are typed."""

from pathlib import Path

import pytest

from pixel_bot.testing import Stage, stage

GIFTS = [
    "!give @bob 10",
    "!give bob 10",
    "!give 10 @bob",
    "!give 10 bob",
    "!give @bob, 10",
    "!give @bob,10",
    "!give @bob , 10",
    "!give @bob: 10!",
    "!give @@bob 10",
    "!give @bob +10",
    "!give +10 @bob",
    "!give １０ ＠bob",
    "！ｇｉｖｅ　＠ｂｏｂ　１０",
    "!give @bob 10%",
    "!give 10% @bob",
    "!give 10 % @bob",
    "!give @bob 10 %",
    "!give @BOB 10 please",
]
"""Ways to give bob 10 of 100 points."""


async def test_give(chat: Stage) -> None:
    await chat.viewer("bob")
    for number, typed in enumerate(GIFTS, 1):
        await chat.viewer(f"alice{number}", 100)
        answer = f"You gave bob 10 points. You have 90 left, bob has {number * 10}."
        assert await chat.say(f"alice{number}", typed) == [answer], typed


async def test_a_number_is_no_person(chat: Stage) -> None:
    await chat.viewer("alice", 100)
    await chat.viewer("bob")
    assert await chat.say("alice", "!give 1 bob") == ["You gave bob 1 point. You have 99 left, bob has 1."]
    assert await chat.say("alice", "!give 1 ghost") == ["I have not seen ghost here yet."]
    assert await chat.say("alice", "!give 1,5k bob") == ["I cannot tell how much 1,5k is. Type it like 1.5k, or 1500."]
    assert await chat.say("alice", "!give -1 bob") == ["I need a number above zero there, like 50."]


@pytest.mark.parametrize("name", ["50", "all", "1up"])
async def test_who_has_a_number_for_a_name(chat: Stage, name: str) -> None:
    await chat.viewer("alice", 100)
    await chat.viewer(name)
    for typed in (f"!give {name} 3", f"!give @{name} 3", f"!give 3 @{name}"):
        (answer,) = await chat.say("alice", typed)
        assert answer.startswith(f"You gave {name} 3 points.")
    assert await chat.points(name) == 9


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("!points add 5 bob won", "Added 5 points: bob has 105."),
        ("!points add 1.5k @bob", "Added 1,500 points: bob has 1,600."),
        ("!points remove half bob", "Removed 50 points: bob has 50."),
        ("!points remove bob 25%", "Removed 25 points: bob has 75."),
        ("!points set 1k bob", "bob has 1,000 points now (+900)."),
        ("!points set bob 0", "bob has 0 points now (-100)."),
        ("!xp add 5 @bob", "bob has 5 XP now (+5)."),
        ("!xp set 7 bob", "bob has 7 XP now (+7)."),
        ("!points add bob half", "I need a number there, like 50."),
        ("!points add 50% bob", "I need a number there, like 50."),
        ("!points addall 50%", "I need a number there, like 50."),
        ("!xp add bob all", "I need a number there, like 50."),
        ("!points set bob half", "I need a number there, like 50."),
        ("!points set bob +10", "I need a number there, like 50."),
    ],
)
async def test_mods(chat: Stage, typed: str, answer: str) -> None:
    await chat.viewer("bob", 100)
    assert await chat.say("mila", typed, "moderator") == [answer]


async def test_a_share_of_nothing(chat: Stage) -> None:
    await chat.viewer("bob")
    await chat.viewer("carol", 1)
    for share in ("all", "half", "50%", "100%"):
        assert await chat.say("alice", f"!give bob {share}") == ["You have no points to give."]
        answer = await chat.say("mila", f"!points remove bob {share}", "moderator")
        assert answer == ["bob has no points to take."]
    assert await chat.say("carol", "!give bob half") == ["half of your 1 point is less than one point."]
    answer = await chat.say("mila", "!points remove carol 50%", "moderator")
    assert answer == ["50% of the 1 point of carol is less than one point."]


async def test_cogs_that_take_the_amount_first(tmp_path: Path) -> None:
    (tmp_path / "cogs").mkdir()
    (tmp_path / "cogs" / "bet.py").write_text(
        "from pixel_bot.plugin import Amount, Cog, Context, KnownViewer, command\n"
        "class Bet(Cog):\n"
        "    @command()\n"
        "    async def bet(self, ctx: Context, amount: Amount, rival: KnownViewer) -> None:\n"
        "        '''Bet.'''\n"
        "        await ctx.reply(f'{rival} {amount.exact}')\n"
        "async def setup(bot):\n"
        "    await bot.add_component(Bet(bot))\n",
        encoding="utf-8",
    )
    async with stage(tmp_path, cogs_dir=tmp_path / "cogs") as chat:
        await chat.viewer("bob")
        for typed in ("!bet 5 bob", "!bet @bob 5", "!bet bob 5", "!bet @bob,5"):
            assert await chat.say("alice", typed) == ["bob 5"]
