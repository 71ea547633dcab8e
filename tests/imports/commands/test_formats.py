"""What is read of each bot's file."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.imports.commands.files import commands_in, read_command_file
from pixel_bot.imports.commands.values import (
    CommandFile,
    ImportedCommand,
    ImportedCounter,
    ImportedQuote,
    ImportedTimer,
)
from pixel_bot.imports.errors import ImportRefused
from tests.imports.commands import exports


def by_name(file: CommandFile) -> dict[str, ImportedCommand]:
    return {command.name: command for command in file.commands}


def test_nightbot() -> None:
    file = commands_in(exports.NIGHTBOT)
    found = by_name(file)
    assert (file.source, len(found)) == ("Nightbot", 9)
    assert found["hug"] == ImportedCommand("hug", "$(user) hugs $(touser)! Hug number $(count).", everyone=5, count=41)
    levels = {name: command.who for name, command in found.items()}
    assert [levels[name] for name in ("specs", "cat", "wx", "boss")] == ["mods", "vip", "regular", "streamer"]
    assert found["boss"].changes == ("who may use it (a new level) is not known here: you alone may",)
    assert (found["pc"].alias_of, found["pc"].text) == ("specs", "")
    assert found["bighug"].off == "it calls !hug with words of its own, and no command here calls another"


def test_timers_of_each() -> None:
    assert commands_in(exports.NIGHTBOT_TIMERS).timers == [
        ImportedTimer("discord", "Come to discord.example.com", 15, 2),
        ImportedTimer("water", "Drink!", 120, 0, enabled=False),
    ]
    whole = commands_in({"commands": exports.STREAMELEMENTS, "timers": [exports.STREAMELEMENTS_TIMER]})
    assert (whole.source, whole.timers) == ("StreamElements", [ImportedTimer("rules", "Be kind.", 5, 7)])
    assert commands_in([exports.STREAMELEMENTS_TIMER]).source == "StreamElements"
    cloudbot = {"data": [{"name": "A", "interval": 30, "chat_lines": 5, "message": "B", "enabled": True}]}
    assert commands_in(cloudbot) == CommandFile("Streamlabs", [], [ImportedTimer("a", "B", 30, 5)], [], [], [])


def test_streamelements() -> None:
    found = by_name(commands_in(exports.STREAMELEMENTS))
    assert found["discord"] == ImportedCommand(
        "discord", "${sender}, come to discord.example.com", cooldown=15, everyone=5, aliases=("dc", "server", "points")
    )
    assert (found["so"].who, found["so"].reply) == ("mods", True)
    assert (found["tree"].who, found["tree"].cost) == ("sub", 50)
    assert found["secret"].off == "it whispered, which bots cannot do any more"
    assert not found["old"].enabled
    assert found["super"].who == "streamer"
    assert found["super"].changes == (
        "it was for super moderators, and is for you alone",
        "it answered to words in chat, and now only to its name",
    )
    assert found["live"].changes == ("it answered only while the stream was on, and now always",)


def test_fossabot() -> None:
    file = commands_in(exports.FOSSABOT)
    found = by_name(file)
    assert (file.source, list(found)) == ("Fossabot", ["camera", "subs", "gap", "fake"])
    assert found["camera"] == ImportedCommand("camera", "@$(user), a webcam", aliases=("cam",))
    assert (found["subs"].who, found["subs"].changes) == ("sub", ())
    assert (found["gap"].who, found["gap"].changes[0]) == ("mods", "it was also for sub, and is not any more")
    assert (found["fake"].who, found["fake"].enabled) == ("streamer", False)
    assert found["fake"].changes == ("it was also for Moderator, and is not any more",)


@pytest.mark.parametrize("members", range(8))
def test_fossabots_roles_never_open_a_command_to_more_people(members: int) -> None:
    """Of subscribers, VIPs and mods, nobody gets in who was left out there."""
    groups = [group for place, group in enumerate(("sub", "vip", "mods")) if members & (1 << place)]
    roles = {"sub": "r-sub", "vip": "r-vip", "mods": "r-mod"}
    command = {"name": "a", "response": "b", "role_ids": [roles[group] for group in groups]}
    (found,) = commands_in({"commands": [command], "roles": exports.FOSSABOT["roles"]}).commands
    order = ["everyone", "sub", "regular", "vip", "mods", "streamer"]
    admitted = {group for group in roles if order.index(group) >= order.index(found.who)}
    assert admitted <= set(groups) or not groups


def test_streamlabs() -> None:
    found = by_name(commands_in(exports.STREAMLABS))
    assert found["hi"] == ImportedCommand("hi", "Hi {user.name}!", cooldown=9, everyone=3, cost=25, aliases=("hello",))
    assert (found["mods"].who, found["mods"].enabled) == ("mods", False)


def test_streamlabs_chatbot_counts_in_minutes() -> None:
    file = commands_in(exports.DESKTOP)
    found = by_name(file)
    assert file.source == "Streamlabs Chatbot"
    assert found["lurk"] == ImportedCommand("lurk", "$username lurks.", cooldown=120, everyone=30, cost=10, count=3)
    assert found["horn"].who == "streamer"
    assert found["horn"].changes == (
        "who may use it (Min_Rank) is not known here: you alone may",
        "its sound is left out",
    )
    assert commands_in(exports.DESKTOP[0]).commands == (found["lurk"],) or commands_in(exports.DESKTOP[0]).commands == [
        found["lurk"]
    ]


def test_quotes_and_counters() -> None:
    whole = {
        "quotes": ["I meant that", {"quote": "Oops", "game": "Chess", "created_at": "2024-05-01"}, {"other": 1}, 7],
        "counters": {"Deaths": 12, "wins": 0},
    }
    file = commands_in(whole)
    assert file.quotes == [ImportedQuote("I meant that"), ImportedQuote("Oops", "2024-05-01", "Chess")]
    assert file.counters == [ImportedCounter("deaths", 12), ImportedCounter("wins", 0)]
    listed = commands_in({"counters": [{"name": "deaths", "value": 3}, {"counter": "falls", "count": "4"}]})
    assert listed.counters == [ImportedCounter("deaths", 3), ImportedCounter("falls", 4)]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "I see no commands of a bot that I know in it."),
        ({"users": [{"username": "anna_lo", "points": 5}]}, "(it has users)"),
        ([{"trigger": "a", "answer": "b"}], "Nightbot, StreamElements, Fossabot or Streamlabs"),
    ],
)
def test_other_files_are_refused(document: Any, sentence: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        commands_in(document)
    assert sentence in str(refused.value)


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "commands.json"
    for text, sentence in [("{", "It is no JSON, or breaks off"), ("", "It is no JSON")]:
        file.write_text(text)
        with pytest.raises(ImportRefused, match=sentence):
            read_command_file(file)
    with pytest.raises(ImportRefused, match="It is no file"):
        read_command_file(tmp_path)
    with pytest.raises(ImportRefused, match="It cannot be opened"):
        read_command_file(tmp_path / "missing.json")
    file.write_bytes(json.dumps(exports.NIGHTBOT).encode("utf-16"))
    assert len(read_command_file(file).commands) == 9


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted(
    {key for one in (*exports.NIGHTBOT["commands"], *exports.STREAMELEMENTS, *exports.DESKTOP) for key in one}
)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1))
def test_any_entry_is_read_or_refused(entry: dict[str, Any]) -> None:
    try:
        file = commands_in({"commands": [entry], "timers": [entry], "quotes": [entry], "counters": [entry]})
    except ImportRefused:
        return
    assert all(0 <= command.cooldown <= 86_400 and command.cost >= 0 for command in file.commands)
    assert all(1 <= timer.minutes <= 1_440 for timer in file.timers)
