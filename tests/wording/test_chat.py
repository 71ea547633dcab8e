"""The bot speaks German, calls points otherwise, and says what the streamer wrote, in the chat of the test kit."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cogs.thanks.gathering import ChannelThanks
from cogs.thanks.settings import Settings as Thanked
from pixel_bot.cli.command_line import main
from pixel_bot.cli.texts import update_catalogues
from pixel_bot.errors import SettingsError
from pixel_bot.model.channel_events import Raid
from pixel_bot.model.own_words import all_sentences, parse
from pixel_bot.run.runner import _file_facts
from pixel_bot.settings import load_settings
from pixel_bot.testing import Stage, settings_in, stage
from pixel_bot.wording.texts import Texts
from tests.cogs.thanks.thanked import event

OWN = '"You have {points}." = "Wow, {points}!"\n'
WRONG = """
"You have {points}." = "Wow, {coins}!"
"{viewer} has {points}." = "{viewer} is rich."
"Nobody says this." = "Nor that."
"Nothing is waiting." = ["Nothing.", "Nothings."]
"Sounds" = 5
"You are not on the board." = "You are not there."
"""


async def refunded(chat: Stage, who: str) -> list[str]:
    """A sound that the overlay never plays."""
    chat.overlay.close()
    await chat.say(who, "!sound ding")
    return await chat.passes(120)


async def test_points_help_and_a_refund_in_german(tmp_path: Path) -> None:
    async with stage(tmp_path, bot_language="de") as chat:
        await chat.viewer("alice", points=1234)
        assert await chat.say("alice", "!points") == ["Du hast 1.234 Punkte."]
        assert await chat.say("alice", "!help points") == [
            "Tippe !points [@user] (auch !balance): Wie viele Punkte du hast, oder jemand anderes."
        ]
        (listed,) = await chat.say("alice", "!help")
        assert listed.startswith("Du kannst tippen: !")
        assert listed.endswith("!help BEFEHL verrät mehr.")
        assert await chat.say("alice", "!give") == ["Tippe es so: !give @user N"]
        assert await chat.say("alice", "!points add @alice 1") == ["Das können nur Mods."]
        assert await refunded(chat, "alice") == ["@alice sound: Das Overlay war zu lange weg. Wieder da: 15 Punkte."]
        (rows,) = await chat.say("alice", "!history")
        assert rows.startswith("alice, Neuestes zuerst: +15 sound zurückbekommen · -15 sound · +1.234 dazugegeben von")
        chat.clock.advance(300)
        await chat.say("alice", "!sound ding")
        assert await chat.say("alice", "!sound") == [
            "Du musst bei Sound abspielen noch 5 Sek warten. Es wurde nichts abgezogen."
        ]
    async with stage(tmp_path) as chat:
        assert await chat.say("alice", "!rank") == ["You are 1st of 1 with 1,219 points; nobody has more."]


async def test_cogs_in_folders_and_their_files_speak_german(tmp_path: Path) -> None:
    async with stage(tmp_path, bot_language="de") as chat:
        await chat.viewer("alice", points=1000)
        (board,) = await chat.say("alice", "!wheel")
        assert board.startswith("Das Rad: 100 Punkte 17,7% · ")
        assert "Knapp daneben 8,8%" in board
        assert (await chat.say("alice", "!spin"))[0] == "Das Rad gehört dir! Übrig: 900 Punkte."
        assert await chat.say("mia", "!lineup open", "moderator") == [
            "Die Schlange ist offen: Tippe !join, um mitzuspielen."
        ]
        assert await chat.say("alice", "!join") == ["Du bist 1. in der Schlange."]
        assert await chat.say("mia", "!lineup close", "moderator") == [
            "Die Schlange ist geschlossen. Noch 1 wartet.",
        ]
        assert await chat.say("mia", "!counter tode +1", "moderator") == ["Der Zähler tode: 1"]
        assert await chat.say("mia", "!cmd add an $(uptime)", "moderator") == ["!an ist angelegt."]
        (added,) = await chat.say("mia", "!timer add werbung 1 Hallo", "moderator")
        assert added.startswith("Der Timer werbung ist angelegt: Abstand 1 Minute, solange der Stream läuft")
        (tmp_path / "prizes.json").write_text("[]", encoding="utf-8")
        said = await chat.say("mia", "!status", "moderator")
        assert ["prizes.json, Zeile 1: schreib eine Liste von Preisen, etwa " in line for line in said] == [True, True]


async def test_thanks_are_german_where_the_streamer_has_set_none(tmp_path: Path) -> None:
    said: list[str] = []

    async def say(text: str) -> None:
        said.append(text)

    async with stage(tmp_path, bot_language="de"):
        for own in ({}, {"SHOUTOUT_RAID": "{user} + {count}"}):
            thanks = ChannelThanks(Thanked.model_validate(own), "!", say)
            thanks.on_event(Raid(*event("Alice"), viewers=12))
            await thanks.close()
    assert said == ["Raid von Alice: 12 Zuschauer. Willkommen zusammen!", "Alice + 12 Zuschauer"]


async def test_chat_without_an_answer_looks_up_no_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    said = Texts.__call__

    def note(self: Texts, text: str, plural: str = "", /, **fields: object) -> str:
        looked_up.append(text)
        return said(self, text, plural, **fields)

    async with stage(tmp_path, bot_language="de") as chat:
        await chat.say("alice", "hello")
        monkeypatch.setattr(Texts, "__call__", note)
        for number in range(3):
            assert await chat.say("alice", f"hello {number}") == []
        assert looked_up == []
        await chat.say("alice", "!points")
        assert "You have {points}." in looked_up


NOT_POINTS = re.compile(r"channel points?|kanalpunkte?|!points|\bpoints (add|remove|set|addall)\b|!help points", re.I)
"""Twitch's own, and what is typed."""

TYPED = (
    "!points", "!points @bob", "!give @bob 5", "!give @bob 5000000", "!give @bob half", "!give @alice 1",
    "!give @bob 0", "!top", "!top xp", "!rank", "!rank @bob", "!rank @carol", "!history", "!history @bob", "!level",
    "!cooldowns", "!redeems", "!sound ding", "!sound ding", "!queue", "!cancel", "!cancel", "!redeem off sound",
    "!sound",
    "!redeem on sound", "!redeem cost sound 7", "!redeem cost nosuch 7", "!redeem native on sound 5", "!block @bob",
    "!ignore @carol", "!ignored", "!unignore @carol", "!points add @bob 10 for fun", "!points remove @bob 5000000",
    "!points remove @bob half", "!points set @bob 9", "!points addall 3", "!points add @bob x", "!xp add @bob 500",
    "!undo", "!undo", "!refund @bob", "!refund @alice", "!queue clear", "!panic", "!calm", "!status", "!fair 1", "!yes",
    "!no", "!yes list", "!link", "!unlink @bob", "!cog list", "!wheel last", "!nosuch",
)  # fmt: skip


@pytest.mark.parametrize(("language", "one"), [("en", "gem"), ("de", "Juwel")])
async def test_points_are_called_otherwise_everywhere(tmp_path: Path, language: str, one: str) -> None:
    heard: list[str] = []
    async with stage(tmp_path, bot_language=language, points_name=f"{one}|{one}s", points_chat_amount=0) as chat:
        await chat.viewer("alice", points=1000)
        await chat.viewer("bob", points=40)
        await chat.viewer("carol")
        names = sorted({command.name for command in chat.bot.commands_by_name.values()})
        for text in (*TYPED, *(f"!help {name}" for name in names)):
            heard += [f"{text} -> {answer}" for answer in await chat.say("alice", text, "broadcaster")]
        heard += await refunded(chat, "alice")
        lines = [line for line in heard if not line.startswith("!cog list")]  # a cog has that name
        named = [line for line in lines if re.search(r"points?\b|punkte?\b", NOT_POINTS.sub("", line), re.I)]
    assert named == []
    assert sum(one in line for line in heard) > 20
    assert not any("{" in line for line in heard)


async def test_the_streamers_own_words_win_and_are_read_again(tmp_path: Path) -> None:
    file, told = tmp_path / "texts.toml", list[str]()
    file.write_text(OWN, encoding="utf-8")
    async with stage(tmp_path, bot_language="de") as chat:
        assert _file_facts(chat.services) == []
        await chat.viewer("alice", points=5)
        assert await chat.say("alice", "!points") == ["Wow, 5 Punkte!"]
        file.write_text('"You have {points}." = "Nur {points} ({point})?"\n"{n}s" = "{n} Sekunden"\n', encoding="utf-8")
        assert await chat.say("alice", "!points") == ["Nur 5 Punkte (Punkt)?"]
        own = next(watched for watched in chat.services.files if watched.name == file.name)
        own.on_problem = told.append
        for broken in ("no toml", "no toml at all"):
            file.write_text(broken, encoding="utf-8")
            assert await chat.say("alice", "!points") == ["Nur 5 Punkte (Punkt)?"]
        assert len(told) == 1
        assert told[0].startswith("texts.toml lässt sich nicht lesen: ")
        assert told[0].endswith("Die Worte von vorher bleiben.")
        file.unlink()
        assert await chat.say("alice", "!points") == ["Du hast 5 Punkte."]


async def test_words_that_do_not_fit_are_named_at_the_start_and_not_said(tmp_path: Path) -> None:
    (tmp_path / "texts.toml").write_text(WRONG, encoding="utf-8")
    async with stage(tmp_path) as chat:
        ((label, named),) = _file_facts(chat.services)
        assert label == "File"
        assert 'texts.toml: "You have {points}." is not used: it has no field {coins} (there are: {points}).' in named
        assert '"{viewer} has {points}." is not used: the field {points} is missing.' in named
        assert '"Nobody says this." is not used: the bot has no such sentence.' in named
        assert named.endswith("And 2 more.")
        await chat.viewer("alice", points=5)
        assert await chat.say("alice", "!points") == ["You have 5 points."]
        await chat.say("", "!ignore @alice", "broadcaster")
        assert await chat.say("alice", "!rank") == ["You are not there."]


def test_check_config_names_them(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PORT", "0")
    Path("data").mkdir()
    Path("data/texts.toml").write_text(WRONG, encoding="utf-8")
    assert main(["check-config"]) == 0
    said = capsys.readouterr().out
    assert '[warning] texts.toml: "You have {points}." is not used: it has no field {coins}' in said
    assert '[warning] texts.toml: "{viewer} has {points}." is not used: the field {points} is missing.' in said
    assert '[warning] texts.toml: "Sounds" is not used: it must be a text between ".' in said
    Path("data/texts.toml").write_text("[", encoding="utf-8")
    assert main(["check-config"]) == 0
    assert "[warning] texts.toml cannot be read: " in capsys.readouterr().out


def test_all_sentences_are_listed_as_the_file_takes_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_LANGUAGE", "de")
    assert main(["texts"]) == 0
    listed = capsys.readouterr().out
    assert '\n"You have {points}." = "Du hast {points}."\n' in listed
    # A sentence that two cogs have stands there twice, which TOML takes once.
    lines = dict.fromkeys(line for line in listed.splitlines() if line.startswith('"'))
    once = {line.partition('" = ')[0]: line for line in lines}
    content = parse("\n".join(once.values()).encode(), all_sentences())
    assert content.problems == ()
    assert len(content.words) == len(all_sentences())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("bot_language", "klingon", "BOT_LANGUAGE: must be de or en."),
        ("points_name", "gem|", "POINTS_NAME: must be one word and its plural, like gem|gems."),
        ("points_name", "{a}|b", "POINTS_NAME: must be one word and its plural, like gem|gems."),
    ],
)
def test_settings_that_cannot_be_used(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(**{name: value})
    assert refused.value.problems == [said]


COG = '''
from pixel_bot.plugin import Cog, Context, PixelBot, command, texts

_ = texts(__name__)


class Fruits(Cog):
    @command()
    async def fruits(self, ctx: Context) -> None:
        """Lose {points}."""
        await ctx.reply(_("You lost, {viewer}.", viewer=ctx.viewer))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Fruits(bot))
'''


def of_one_file(folder: Path) -> Path:
    (folder / "fruits.py").write_text(COG)
    return folder / "locale"


def of_a_folder(folder: Path) -> Path:
    (folder / "fruits").mkdir()
    (folder / "fruits" / "__init__.py").write_text("from .play import setup as setup\n")
    (folder / "fruits" / "play.py").write_text(COG)
    return folder / "fruits" / "locale"


@pytest.mark.parametrize("written", [of_one_file, of_a_folder])
async def test_an_authors_cog_brings_its_own_translations(
    tmp_path: Path, written: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    cogs = tmp_path / "my_cogs"
    cogs.mkdir()
    locale = written(cogs)
    source = next(path for path in sorted(cogs.iterdir()) if path.name.startswith("fruits"))
    assert update_catalogues(settings_in(tmp_path), "de", source) == 0
    file = locale / "de" / "fruits.po"
    assert f"{file}: 2 sentences, 2 to translate." in capsys.readouterr().out
    empty = file.read_text(encoding="utf-8")
    translated = empty.replace('"Lose {points}."\nmsgstr ""', '"Lose {points}."\nmsgstr "Verlier {points}."')
    options: dict[str, Any] = {"bot_language": "de", "cogs_dir": cogs}
    async with stage(tmp_path, **options) as chat:
        assert await chat.say("alice", "!fruits") == ["You lost, alice."]
        file.write_text(
            translated.replace('{viewer}."\nmsgstr ""', '{viewer}."\nmsgstr "Verloren, {viewer}."'), encoding="utf-8"
        )
        await chat.say("", "!cog reload fruits", "broadcaster")
        assert await chat.say("alice", "!fruits") == ["Verloren, alice."]
        assert await chat.say("alice", "!help fruits") == ["Tippe !fruits: Verlier Punkte."]
