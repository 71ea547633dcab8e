"""Ways in which people spell a command."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixel_bot.bot.spelling import Spelling
from pixel_bot.plugin import Amount, KnownViewer, command
from pixel_bot.testing import Stage, live, stage

REPLY = {
    "parent_message_id": "parent",
    "parent_message_body": "hi",
    "parent_user_id": "1",
    "parent_user_login": "bob",
    "parent_user_name": "Bob",
    "thread_message_id": "parent",
    "thread_user_id": "1",
    "thread_user_login": "bob",
    "thread_user_name": "Bob",
}
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


# One command


@pytest.mark.parametrize(
    "typed",
    [
        "!points",
        "\x01ACTION !points\x01",
        "\x01ACTION !points",
        "！points",
        "！ｐｏｉｎｔｓ",
        "@pixelbot !points",
        "@PixelBot, !points",
        "@PIXELBOT: ！points",
        "＠pixelbot　！points",
        "@pixelbot @pixelbot !points",
        "\x01ACTION @pixelbot !points\x01",
        "!points@pixelbot",
        "!points@PixelBot!",
        "!points?",
        "!points!",
        "!points.",
        "!points,",
        "!POINTS?!",
        "!points…",
        "! points",
        "!balance?",
    ],
)
async def test_points(chat: Stage, typed: str) -> None:
    await chat.viewer("alice", 12)
    assert await chat.say("alice", typed) == ["You have 12 points."]
    assert await chat.points("alice") == 12, "a command earns nothing"


@pytest.mark.parametrize(
    "typed",
    ["@bob, !points", "@Bob !points", "@bob @carol !points", "@ゆきだるま: !points", "@bob　！points?", "!points"],
)
async def test_points_in_a_reply(chat: Stage, typed: str) -> None:
    await chat.viewer("alice", 12)
    assert await chat.say("alice", typed, reply=REPLY) == ["You have 12 points."]


@pytest.mark.parametrize(
    "typed",
    [
        "@bob !points",
        "@bob, !points",
        "@pixelbot2 !points",
        "pixelbot !points",
        "points",
        "hello !points",
        "@pixelbot points",
        "@pixelbot hello !points",
        "\x01ACTION says !points\x01",
    ],
)
async def test_plain_chat_stays_plain_chat(chat: Stage, typed: str) -> None:
    assert await chat.say("alice", typed) == []
    assert await chat.points("alice") == 1


@pytest.mark.parametrize(
    "typed",
    [
        "!points@nightbot",
        "!so?",
        "!pointsy",
        "!point s",
        "?points",
        "!",
        "!?",
        "!!",
        "!@pixelbot",
        "！",
        "@pixelbot !so",
    ],
)
async def test_commands_of_others_stay_theirs(chat: Stage, typed: str) -> None:
    await chat.viewer("alice", 12)
    assert await chat.say("alice", typed) == []


async def test_two_words(chat: Stage) -> None:
    await chat.viewer("bob", 5)
    for typed in ("!points add! bob 1", "！Points？ ＡＤＤ bob １", "!balance@pixelbot add: 1 bob"):
        (answer,) = await chat.say("mila", typed, "moderator")
        assert answer.startswith("Added 1 point: bob has ")
    assert await chat.points("bob") == 8


async def test_a_text_stays_as_it_was_typed(chat: Stage) -> None:
    await chat.viewer("alice", 100)
    await chat.say("alice", "\x01ACTION !tts? @bob,  50 ！ half\x01")
    assert "bob, 50" in chat.overlay.played[0]["text"]
    assert chat.overlay.played[0]["text"].endswith("half")


async def test_another_prefix(tmp_path: Path) -> None:
    async with stage(tmp_path, command_prefix="px!") as chat:
        await chat.viewer("alice", 12)
        for typed in ("px!points?", "@pixelbot px!points", "ｐｘ！points"):
            assert await chat.say("alice", typed) == ["You have 12 points."]
        assert await chat.say("alice", "!points") == []


async def test_a_name_with_punctuation_of_its_own_is_that_one(tmp_path: Path) -> None:
    (tmp_path / "cogs").mkdir()
    (tmp_path / "cogs" / "what.py").write_text(
        "from pixel_bot.plugin import Cog, command\n"
        "class What(Cog):\n"
        "    @command('points?')\n"
        "    async def what(self, ctx):\n"
        "        '''What?'''\n"
        "        await ctx.reply('what?')\n"
        "async def setup(bot):\n"
        "    await bot.add_component(What(bot))\n",
        encoding="utf-8",
    )
    async with stage(tmp_path, cogs_dir=tmp_path / "cogs") as chat:
        assert await chat.say("alice", "!points?") == ["what?"]
        assert await chat.say("alice", "!points!") == ["You have 0 points."]


async def test_what_is_typed_for_a_reward_never_chooses_a_command(chat: Stage) -> None:
    for typed in ("！points", "@pixelbot !points", "\x01ACTION !points\x01"):
        assert await chat.say("alice", typed, channel_points_custom_reward_id="reward") == []


async def test_on_joystick(chat: Stage) -> None:
    for typed in ("！points？", "!points!", "@pixelbot, !points"):
        assert await chat.say_there("jules", typed) == ["@jules You have 0 points."]
    assert await chat.say_there("jules", "@bob !points") == []


async def test_over_sockets(tmp_path: Path) -> None:
    async with live(tmp_path) as room:
        for typed in ("！points?", "!points@pixelbot"):
            assert await room.ask("alice", typed) == "You have 0 points."


# A person and an amount


@pytest.mark.parametrize(
    "typed",
    [
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
    ],
)
async def test_give(chat: Stage, typed: str) -> None:
    await chat.viewer("alice", 100)
    await chat.viewer("bob")
    assert await chat.say("alice", typed) == ["You gave bob 10 points. You have 90 left, bob has 10."]


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


# Whatever is typed


class Fake:
    """A cog, for its commands."""

    @command("give")
    async def give(self, ctx: Any, viewer: KnownViewer, amount: Amount) -> None:
        """Give."""

    @command("points")
    async def points(self, ctx: Any, viewer: KnownViewer) -> None:
        """Points."""

    @command("points add")
    async def add(self, ctx: Any, viewer: KnownViewer, amount: Amount, *, reason: str = "") -> None:
        """Add."""

    @command("tts")
    async def tts(self, ctx: Any, *, text: str = "") -> None:
        """Speak."""


COMMANDS: Mapping[str, Any] = {c.name: c for c in (Fake.give, Fake.points, Fake.add, Fake.tts)}


def spelling() -> Spelling:
    made = Spelling("!", lambda: COMMANDS)
    made.own_names = {"pixelbot"}
    return made


def read(text: str, *, is_reply: bool = False) -> str | None:
    request = spelling().request_in(text.strip(), is_reply=is_reply)
    return None if request is None else spelling().command_in(request)


wide = st.booleans()
fronts = st.sampled_from(["", "@pixelbot ", "@PixelBot, ", "@pixelbot: "])
backs = st.sampled_from(["", "@pixelbot", "?", "!", ".", "...", "?!", ",", "@PixelBot!"])
people = st.sampled_from(["@bob", "@bob,", "@@bob", "@bob:", "@BOB"])
amounts = st.sampled_from(["10", "+10", "1k", "1.5k", "50%", "half", "all", "1,000", "10!"])


@given(fronts, backs, wide, wide, wide, st.booleans())
def test_any_spelling_is_the_same_command(
    front: str, back: str, wide_prefix: bool, wide_name: bool, action: bool, upper: bool
) -> None:
    name = "POINTS" if upper else "points"
    text = ("！" if wide_prefix else "!") + (name.translate(WIDE) if wide_name else name) + back
    assert read(f"\x01ACTION {front}{text}\x01" if action else f"{front}{text}") == "!points"


@given(people, amounts, st.booleans(), backs, st.sampled_from(["give", "points add"]), wide)
def test_any_order_is_the_same_input(
    person: str, amount: str, turned: bool, back: str, name: str, is_wide: bool
) -> None:
    words = f"{amount} {person}" if turned else f"{person} {amount}"
    typed = f"!{name}{back} {words}"
    expected = f"!{name} {person} {amount}"
    if is_wide:
        typed, expected = f"！{typed[1:].translate(WIDE)}", f"!{name} {person.translate(WIDE)} {amount.translate(WIDE)}"
    assert read(typed) == expected


@given(st.text(max_size=40), st.booleans())
@example("@", True)
@example("\x01", False)
@example("\x01ACTION\x01", False)
@example("@pixelbot !", False)
@example("!give @bob,", False)
@example("!give %", False)
@example("!give 5 %", False)
def test_whatever_is_typed_is_read(text: str, is_reply: bool) -> None:
    for typed in (text, f"!{text}", f"!give {text}", f"@pixelbot {text}"):
        command_text = read(typed, is_reply=is_reply)
        assert command_text is None or command_text.startswith(("!give", "!points", "!tts"))


@given(st.text(max_size=40).map(str.strip))
def test_a_text_is_never_touched(text: str) -> None:
    assert read(f"!tts {text}") == f"!tts {text}".strip()


@given(st.text(alphabet=st.characters(exclude_characters="!！@＠\x01"), max_size=40))
def test_plain_chat_is_no_command(text: str) -> None:
    assert read(text, is_reply=True) is None
