"""Mods make commands: !cmd and the spelling of Nightbot; who may, what is refused, and what lasts."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.imports.commands.batches import CommandImports
from pixel_bot.imports.commands.files import commands_in
from pixel_bot.imports.commands.store import CogTables
from pixel_bot.run import housekeeping
from pixel_bot.testing import Stage, live
from tests.cogs.commands.scene import mod, scene, streamer
from tests.harness.database import rows
from tests.harness.waiting import until

BAD_NAME = "A name has 1 to 30 characters, without blanks, @ and the like: !cmd add hug TEXT"
ALIAS_ALONE = "With -a= a name is another name of a command, and takes no text of its own."


async def test_a_mod_makes_changes_and_removes_a_command(chat: Stage) -> None:
    assert await mod(chat, "!cmd add hug $(user) hugs $(touser)!") == ["Added !hug."]
    assert await chat.say("alice", "!hug @Bob") == ["alice hugs Bob!"]
    assert await mod(chat, "!cmd add HUG again") == ["There is !hug already. !cmd edit changes it."]
    assert await mod(chat, "!cmd edit !hug $(user) waves") == ["Changed !hug."]
    assert await chat.say("alice", "!HUG?") == ["alice waves"]
    assert await mod(chat, "!cmd show hug") == ["The text of !hug: $(user) waves"]
    assert await mod(chat, "!cmd remove hug") == ["Removed !hug."]
    assert await chat.say("alice", "!hug") == []
    assert await mod(chat, "!cmd remove hug") == ["There is no command !hug of your own. !commands lists them."]


@pytest.mark.parametrize(
    "words", ["!cmd add hug hi", "!addcom !hug hi", "!commands add !hug hi", "!regular add @alice"]
)
async def test_viewers_make_none(chat: Stage, words: str) -> None:
    assert await chat.say("alice", words) == ["Only mods can do that."]
    assert await chat.say("alice", "!hug") == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("!cmd add points hi", "I have !points myself, and that one wins. Choose another name."),
        ("!cmd edit points hi", "I have !points myself, and that one wins. Choose another name."),
        ("!cmd remove points", "I have !points myself, and that one wins. Choose another name."),
        ("!cmd add hug", "What should !hug say? Type it after the name."),
        ("!cmd add a/b hi", BAD_NAME),
        (f"!cmd add {'a' * 31} hi", BAD_NAME),
        ("!cmd add hug " + "a" * 1_501, "That is too long: a text has at most 1500 characters."),
        ("!cmd", "Type it like this: !cmd add NAME TEXT"),
        (
            "!commands add -ul=king !hug hi",
            "Who may use it is one of everyone · sub · regular · vip · mods · streamer.",
        ),
        ("!commands add -a=!points !bal text", ALIAS_ALONE),
    ],
)
async def test_what_cannot_be_is_refused_with_a_sentence(chat: Stage, words: str, answer: str) -> None:
    assert await mod(chat, words) == [answer]
    assert await rows(chat, "SELECT * FROM cog_commands_custom_command") == []


async def test_commands_of_nightbot_are_understood(chat: Stage) -> None:
    assert await mod(chat, "!commands add -ul=moderator -cd=10 !fan Follow $(touser)") == ["Added !fan."]
    assert await chat.say("alice", "!fan bob") == ["Only mods can do that."]
    assert await mod(chat, "!fan bob") == ["Follow bob"]
    assert await rows(chat, "SELECT who, everyone FROM cog_commands_options") == [("mods", 10)]
    assert await mod(chat, "!editcom -ul=everyone !fan Go follow $(touser)") == ["Changed !fan."]
    assert await chat.say("alice", "!fan bob") == ["Go follow bob"]
    assert "!fan is resting for everyone: 10s left." in (await chat.say("bob", "!fan alice"))[0]
    assert await mod(chat, "!addcom -a=!points !bal") == ["Added !bal."]
    assert await chat.say("alice", "!bal") == ["You have 0 points."]
    assert await mod(chat, "!delcom !fan") == ["Removed !fan."]


async def test_names_for_a_command_in_the_spelling_of_nightbot(chat: Stage) -> None:
    await mod(chat, "!cmd add hug hugs $(touser)")
    assert await mod(chat, "!commands add -a=!hug !kiss") == ["Added !kiss."]
    assert await mod(chat, "!commands add !cuddle -a=!hug $(query)") == ["Added !cuddle."]
    assert await chat.say("alice", "!cuddle @bob") == ["hugs bob"]
    assert await mod(chat, "!commands add -a=!hug -cd=5 !pat") == [
        "With -a= a name is another name of a command: set -ul= and -cd= of !hug itself."
    ]
    assert await mod(chat, "!commands edit -a=!points !kiss") == ["Changed !kiss."]
    assert await chat.say("alice", "!kiss") == ["You have 0 points."]
    assert await mod(chat, "!commands edit -a=!nosuch !kiss") == ["There is no command !nosuch."]
    assert await mod(chat, "!commands edit -a=!points !hug") == [
        "The command !hug has a text of its own. Remove it first: !cmd remove hug"
    ]
    assert await mod(chat, "!commands edit -a=!points !new") == [
        "There is no command !new of your own. !commands lists them."
    ]
    assert await mod(chat, "!commands delete !kiss") == ["Removed !kiss."]
    assert await chat.say("alice", "!kiss") == []
    assert await chat.say("alice", "!hug @bob") == ["hugs bob"], "the command itself is still there"
    await mod(chat, "!cmd remove hug")
    assert await chat.say("alice", "!cuddle @bob") == [], "its other names go with it"


async def test_names_of_commands_that_are_off_by_the_settings_are_free(tmp_path: Path) -> None:
    async with scene(tmp_path, commands_off="uptime, give") as chat:
        assert await mod(chat, "!cmd add uptime We are on.") == ["Added !uptime."]
        assert await chat.say("alice", "!uptime") == ["We are on."]
        assert await mod(chat, "!cmd option give alias top") != ["Set alias of !give to top."]
        assert await mod(chat, "!cmd option points alias give") == ["Set alias of !points to give."]
        assert await chat.say("alice", "!give") == ["You have 0 points."]
        assert await mod(chat, "!cmd add top no") == ["I have !top myself, and that one wins. Choose another name."]
    async with scene(tmp_path, commands_off="uptime") as chat:
        assert await chat.say("alice", "!uptime") == ["We are on."]
    async with scene(tmp_path) as chat:
        assert await chat.say("alice", "!uptime") == ["The stream is off."], "the bot's own wins where it is on"


async def test_an_import_beside_a_running_bot_is_there_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "LOOK_SECONDS", 0.05)
    file = commands_in([{"name": "!wow", "message": "Wow, $(user)!", "userLevel": "everyone", "coolDown": 5}])
    async with live(tmp_path) as chat:
        database = Database(chat.app.services.database.url)
        imports = CommandImports(database, Clock(), CogTables(), {"points"})
        outcome = await imports.store(file, "commands.json")
        await until(lambda: "wow" in chat.bot.known_commands)
        await chat.say("alice", "!wow")
        await until(lambda: any(message.text == "Wow, alice!" for message in chat.twitch.chat_log.lines))
        await imports.undo(outcome.batch)
        await until(lambda: "wow" not in chat.bot.known_commands)
        await database.close()


async def test_what_comes_out_is_never_a_command(chat: Stage) -> None:
    for words, said in {
        "!points add @alice 100": "points add @alice 100",
        "/ban bob": "ban bob",
        "$(1) bob": "ban bob",
        "! / . !so bob": "so bob",
        "\u200b!so bob": "so bob",
        "$(repeat 1 '/me') waves": "me waves",
    }.items():
        await mod(chat, f"!cmd add x {words}")
        assert await chat.say("alice", "!x /ban") == [said]
        await mod(chat, "!cmd remove x")


async def test_what_comes_out_fits_into_chat_and_holds_no_blocked_words(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("badword\n", encoding="utf-8")
    async with scene(tmp_path, tts_words_file=words) as chat:
        await fits_and_is_clean(chat)


async def fits_and_is_clean(chat: Stage) -> None:
    await mod(chat, "!cmd add long $(repeat 100 $(1))")
    (said,) = await chat.say("alice", f"!long {'x' * 40}")
    assert 400 < len(said) <= 500
    await mod(chat, "!cmd add say $(query)")
    assert (
        await chat.say("alice", "!say you nigger") == ["you ***"]
        or "nigger" not in (await chat.say("alice", "!say nigger"))[0]
    )


async def test_a_remark_names_what_is_unknown_what_never_runs_and_what_must_be_allowed(chat: Stage) -> None:
    (said,) = await mod(chat, "!cmd add x $(foo) $(eval 1+1) $(urlfetch https://api.example.com/y)")
    assert said == (
        "Added !x. $(eval) never runs here, so !x is off. I do not know $(foo), so that stays as it is typed. "
        "The streamer must allow api.example.com once: !cmd allow api.example.com"
    )
    assert await chat.say("alice", "!x") == []
    assert await mod(chat, "!cmd allow api.example.com") == ["Only the streamer can do that."]
    assert await streamer(chat, "!cmd allow https://api.example.com/y") == [
        "A server is a name like api.example.com, without https:// and path."
    ]
    assert await streamer(chat, "!cmd allow API.example.com") == ["Texts may ask api.example.com now."]
    assert await streamer(chat, "!cmd allow") == ["Allowed servers: api.example.com."]
    assert await streamer(chat, "!cmd forbid api.example.com") == ["Texts may not ask api.example.com any more."]


async def test_commands_are_listed_for_viewers(chat: Stage) -> None:
    none = await chat.say("alice", "!commands")
    assert none == ["There are no commands of your own yet. Mods add one with !cmd add NAME TEXT"]
    await mod(chat, "!cmd add b hi")
    await mod(chat, "!cmd add a hi")
    await mod(chat, "!cmd add off hi")
    await mod(chat, "!cmd option off on off")
    await mod(chat, "!cmd option b cost 15")
    assert await chat.say("alice", "!commands") == ["Commands: !a !b 15"]
    assert await chat.say("alice", "!help b") == ["Type !b [TEXT]: Says a text of the streamer, for points."]


async def test_commands_options_and_names_last_over_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path) as chat:
        await mod(chat, "!cmd add hug $(user) hugs, $(count)")
        await mod(chat, "!cmd option hug alias h")
        await mod(chat, "!cmd option points on off")
        assert await chat.say("alice", "!h") == ["alice hugs, 1"]
    async with scene(tmp_path) as chat:
        assert await chat.say("alice", "!h") == ["alice hugs, 2"]
        assert await chat.say("alice", "!points") == []
        await streamer(chat, "!cog reload commands")
        assert await chat.say("alice", "!h") == ["alice hugs, 3"]
        await streamer(chat, "!cog unload commands")
        assert await chat.say("alice", "!h") == []
        assert await chat.say("alice", "!points") == ["You have 0 points."]


@pytest.mark.sqlite  # on a server a command that is delivered again is not answered
async def test_a_message_that_is_delivered_again_changes_nothing_twice(tmp_path: Path) -> None:
    async with scene(tmp_path) as chat:
        await mod(chat, "!cmd add hug $(count)", message_id="m1")
        assert await chat.say("alice", "!hug", message_id="m2") == ["1"]
    async with scene(tmp_path) as chat:  # as after a crash: nobody remembers in memory what was heard
        assert await mod(chat, "!cmd add hug $(count)", message_id="m1") == []
        assert await chat.say("alice", "!hug", message_id="m2") == ["1"]
        assert await chat.say("alice", "!counter hug") == ["The counter hug: 1"]


async def test_another_process_hears_of_a_change(chat: Stage) -> None:
    """Two processes read the same tables: the one that did not write is told, and reads."""
    told: list[str] = []
    publish = chat.bot.cluster.publish
    chat.bot.cluster.publish = lambda topic, text="": (told.append(topic), publish(topic, text))[1]
    await mod(chat, "!cmd add hug hi")
    assert "cog:commands" in told
    async with chat.bot.write() as session:
        await session.execute(text("UPDATE cog_commands_custom_command SET text = 'from elsewhere'"))
    for hear in chat.bot.cluster.subscribers["cog:commands"]:
        hear("")
    await until(lambda: chat.bot.command_table.all.get("hug") is not None)
    await chat.settled()
    await until_said(chat, "!hug", ["from elsewhere"])


async def until_said(chat: Stage, words: str, said: list[str]) -> None:
    for _ in range(20):
        if await chat.say("alice", words) == said:
            return
    raise AssertionError(said)
