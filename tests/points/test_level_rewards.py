"""The file of rewards for levels, and levels in chat."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pixel_bot.points.level_rewards import LevelRewards, Reward
from pixel_bot.testing import stage
from tests.points.paid_levels import write_rewards

# The rewards file


def load_rewards(path: Path) -> Mapping[int, Reward]:
    return LevelRewards(path).now()


def loaded(folder: Path, content: str) -> Mapping[int, Reward]:
    path = folder / "level_rewards.json"
    path.write_text(content, encoding="utf-8")
    return load_rewards(path)


def sentences(caplog: pytest.LogCaptureFixture) -> Sequence[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_no_file_no_rewards_no_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert load_rewards(tmp_path / "none.json") == {}
    assert sentences(caplog) == []


def test_a_file_as_documented(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rewards = loaded(
        tmp_path, '{"5": {"points": 100, "message": "{user}!", "tts": "wow"}, "10": {}, "7": {"points": 0}}'
    )
    assert rewards == {5: Reward(100, "{user}!"), 10: Reward(), 7: Reward()}
    assert sentences(caplog) == []


def test_bad_json_names_the_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert loaded(tmp_path, '{\n  "5": {"points": 100},\n  "6": {points: 100}\n}') == {}
    (sentence,) = sentences(caplog)
    assert "level_rewards.json, line 3: " in sentence


def test_a_file_that_is_no_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "level_rewards.json"
    path.write_bytes(b'{"5": {"message": "\x81"}}')
    assert load_rewards(path) == {}
    assert "cannot be read as UTF-8" in sentences(caplog)[0]


def test_a_folder_in_place_of_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "level_rewards.json").mkdir()
    assert load_rewards(tmp_path / "level_rewards.json") == {}
    assert len(sentences(caplog)) == 1


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_file_in_any_encoding(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "level_rewards.json"
    path.write_text('{"5": {"points": 100, "message": "Glückwunsch!"}}', encoding=codec)
    assert load_rewards(path) == {5: Reward(100, "Glückwunsch!")}


@pytest.mark.parametrize("content", ["[]", "5", '"5"', "null", "true"])
def test_a_file_that_is_no_map(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str) -> None:
    assert loaded(tmp_path, content) == {}
    assert "must map levels to rewards" in sentences(caplog)[0]


@pytest.mark.parametrize(
    "entry",
    [
        '"1": {"points": 5}',
        '"0": {"points": 5}',
        '"-3": {"points": 5}',
        '"five": {"points": 5}',
        '"5.5": {"points": 5}',
        '"": {"points": 5}',
        '"٥": {"points": 5}',
        '"²": {"points": 5}',
        '"6": 100',
        '"6": null',
        '"6": []',
        '"6": {"points": "100"}',
        '"6": {"points": 1.5}',
        '"6": {"points": -5}',
        '"6": {"points": true}',
        '"6": {"points": null}',
        '"6": {"points": 1000000001}',
        '"6": {"message": 5}',
        '"6": {"message": null}',
    ],
)
def test_a_wrong_entry_is_left_out_with_a_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, entry: str
) -> None:
    assert loaded(tmp_path, f'{{"9": {{"points": 1}}, {entry}}}') == {9: Reward(1)}
    (sentence,) = sentences(caplog)
    assert "is left out" in sentence


@pytest.mark.parametrize("entry", [f'"{"9" * 5_000}": {{}}', f'"6": {{"points": {"9" * 5_000}}}'])
def test_a_number_of_thousands_of_digits_does_not_stop_the_start(tmp_path: Path, entry: str) -> None:
    assert 6 not in loaded(tmp_path, f"{{{entry}}}")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("{user} reached {level}", "Alice reached 5"),
        ("{user}{user} {level}{level}", "AliceAlice 55"),
        ("{User} {} {0} {{user}} {level!r} %s $user", "{User} {} {0} {Alice} {level!r} %s $user"),
        ("", ""),
    ],
)
def test_words_fill_in_the_two_fields_only(message: str, words: str) -> None:
    assert Reward(0, message).words("Alice", 5) == words


# In chat


async def test_a_level_is_said_in_chat_once(tmp_path: Path) -> None:
    write_rewards(tmp_path, {"2": {"points": 10, "message": "GG {user}, level {level}!"}})
    async with stage(tmp_path, xp_chat_amount=50) as chat:
        assert await chat.say("Alice", "hi") == []
        chat.clock.advance(30)
        assert await chat.say("Alice", "hello") == ["GG Alice, level 2!"]
        chat.clock.advance(30)
        assert await chat.say("Alice", "and again") == []
        assert await chat.points("alice") == 2 + 10


async def test_a_level_without_a_message_is_silent(tmp_path: Path) -> None:
    write_rewards(tmp_path, {"2": {"points": 10}})
    async with stage(tmp_path, xp_chat_amount=500) as chat:
        assert await chat.say("alice", "hi") == []
        assert await chat.points("alice") == 11


async def test_a_level_by_hand_of_a_mod_is_said_too(tmp_path: Path) -> None:
    write_rewards(tmp_path, {"2": {"points": 10, "message": "GG {user}!"}})
    async with stage(tmp_path) as chat:
        await chat.viewer("Alice")
        assert "GG Alice!" in await chat.say("milo", "!xp add @alice 100", role="moderator")


async def test_the_last_good_rewards_are_paid_while_the_file_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "level_rewards.json"
    path.write_text('{"2": {"points": 100}, "3": {"points": 50}}', encoding="utf-8")
    async with stage(tmp_path, level_rewards_file=path, points_chat_amount=0) as chat:
        await chat.viewer("alice")
        assert sorted(chat.bot.levels.rewarded) == [2, 3]
        path.write_text('{"2": {"poi', encoding="utf-16")
        await chat.say("mila", "!xp add @alice 100", "moderator")
        assert await chat.points("alice") == 100
        assert "level_rewards.json, line 1: " in await chat.bot.status.words()
        path.write_text('{"2": {"points": 100}, "3": {"points": 7}}', encoding="utf-8")
        await chat.say("mila", "!xp add @alice 500", "moderator")
        assert await chat.points("alice") == 107
        assert "level_rewards.json" not in await chat.bot.status.words()
