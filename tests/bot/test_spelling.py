"""Ways in which people spell a command."""

from pathlib import Path

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


# One command


SPELLINGS = [
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
]
"""Ways to type ``!points``."""


async def test_points(chat: Stage) -> None:
    for number, typed in enumerate(SPELLINGS):
        await chat.viewer(f"alice{number}", 12)
        assert await chat.say(f"alice{number}", typed) == ["You have 12 points."], typed
        assert await chat.points(f"alice{number}") == 12, f"a command earns nothing: {typed}"


IN_A_REPLY = [
    "@bob, !points",
    "@Bob !points",
    "@bob @carol !points",
    "@ゆきだるま: !points",
    "@bob　！points?",
    "!points",
]
"""The same, with the name that a reply begins with."""


async def test_points_in_a_reply(chat: Stage) -> None:
    for number, typed in enumerate(IN_A_REPLY):
        await chat.viewer(f"alice{number}", 12)
        assert await chat.say(f"alice{number}", typed, reply=REPLY) == ["You have 12 points."], typed


PLAIN = [
    "@bob !points",
    "@bob, !points",
    "@pixelbot2 !points",
    "pixelbot !points",
    "points",
    "hello !points",
    "@pixelbot points",
    "@pixelbot hello !points",
    "\x01ACTION says !points\x01",
]
"""What is no command."""


async def test_plain_chat_stays_plain_chat(chat: Stage) -> None:
    for number, typed in enumerate(PLAIN):
        assert await chat.say(f"alice{number}", typed) == [], typed
        assert await chat.points(f"alice{number}") == 1, typed


async def test_mods_leave_the_prefix_out_behind_the_bots_name(chat: Stage) -> None:
    for number, typed in enumerate(
        ("@pixelbot points", "@PixelBot, points", "＠pixelbot　points?", "@pixelbot balance")
    ):
        assert await chat.say(f"mod{number}", typed, "moderator") == ["You have 0 points."], typed
        assert await chat.points(f"mod{number}") == 0
    assert await chat.say("", "@pixelbot points", "broadcaster") == ["You have 0 points."]
    assert await chat.say_there("mo", "@pixelbot points", mod=True) == ["@mo You have 0 points."]
    assert await chat.say_there("jo", "@pixelbot points") == []


async def test_what_mods_say_to_the_bot_stays_plain_chat(chat: Stage) -> None:
    await chat.say("mod", "@pixelbot thanks a lot", "moderator")
    assert await chat.points("mod") == 1, "it earns as chat does"
    for typed in ("@pixelbot @bob points", "@bob points", "@pixelbot clip it", "@pixelbot sound is good", "@pixelbot"):
        assert await chat.say("mod", typed, "moderator") == [], typed
    assert await chat.say("mod", "@pixelbot points", "moderator", reply=REPLY) == [], "a reply begins with the name"


OTHERS = [
    "!points@nightbot",
    "!hug?",
    "!pointsy",
    "!point s",
    "?points",
    "!",
    "!?",
    "!!",
    "!@pixelbot",
    "！",
    "@pixelbot !hug",
]
"""Commands of other bots, and none at all."""


async def test_commands_of_others_stay_theirs(chat: Stage) -> None:
    for number, typed in enumerate(OTHERS):
        await chat.viewer(f"alice{number}", 12)
        assert await chat.say(f"alice{number}", typed) == [], typed


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
