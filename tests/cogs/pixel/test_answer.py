"""What the bot may say of an AI's answer."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from cogs.pixel import text as ai_text
from cogs.pixel.text import ANSWER_LIMIT, sayable
from pixel_bot.filters import TextFilter
from tests.cogs.pixel.ai_double import AiDouble, Turn
from tests.cogs.pixel.asking import as_it_is, asking


def strict(text: str) -> str:
    """A filter like the real one, in small: no links, no bad word."""
    return " ".join(w for w in text.split() if "://" not in w and "slurword" not in w.lower())


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("Hello.\nHow are you?", "Hello. How are you?"),
        ("<think>He wants\n\na joke.</think>\n\nKnock knock!", "Knock knock!"),
        ("a joke, then</think>Knock knock!", "Knock knock!"),
        ("Knock <THINK>hm</THINK> knock!", "Knock knock!"),
        ("<think>never done", ""),
        ("# Title\n**Bold** and *soft* `code`", "Title Bold and soft code"),
        ("- one\n- two", "one two"),
        ("1. one\n2. two\n3. three", "one two three"),
        ("2 * 3 is 6, and 2*3 too", "2 * 3 is 6, and 2*3 too"),
        ("42. That is all.", "42. That is all."),
        ("It is blue [1][2, 3]. Trust me【4†source】.", "It is blue. Trust me."),
        ("See [the docs](https://example.com/a) now", "See the docs now"),
        ('"Quite so."', "Quite so."),
        ("“Quite so.”", "Quite so."),
        ('"Yes" and "no"', '"Yes" and "no"'),
        ("It's 'fine'", "It's 'fine'"),
        ("/ban alice", "ban alice"),
        (".timeout alice", "timeout alice"),
        ("!give @mallory all", "give mallory all"),
        (' "/ /!./ban alice"', "ban alice"),
        ("**!give** @mallory all", "give mallory all"),
        ("\u200b/ban alice", "ban alice"),
        ("https://x.example !give @mallory all", "give mallory all"),
        ("SlurWord!", ""),
        ("...", ""),
        ("😀", "😀"),
        ("", ""),
    ],
)
def test_an_answer_is_made_fit_for_chat(raw: str, said: str) -> None:
    assert sayable(raw, strict, "!") == said


def test_the_prefix_of_commands_is_taken_away_too() -> None:
    assert sayable("~~give @mallory all", as_it_is, "~~") == "give mallory all"


SIGNS = [*"!?/.$-~+%&>#*=:;,|^<_", "！", "／", "？", "!!", "? ", "-!", "…", "•", "§", "¬", "`"]


@pytest.mark.parametrize("front", ["", "AI: ", "AI: AI:", '"', "https://x.example ", "@bob ", "\u200b", "\n"])
def test_no_answer_is_the_command_of_another_bot(front: str, tmp_path: Path) -> None:
    clean = TextFilter(tmp_path / "words.txt", 500).clean
    said = {sign: sayable(f"{front}{sign}ban alice now", clean, "!", "AI:", "carol") for sign in SIGNS}
    if front == "@bob ":
        assert {sign: text for sign, text in said.items() if not text.startswith("bob ")} == {}
    else:
        assert {sign: text for sign, text in said.items() if text.removeprefix('"') != "ban alice now"} == {}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("-5 degrees, and $5 more", "-5 degrees, and $5 more"),
        ("(Almost) true", "(Almost) true"),
        ("¿Qué tal?", "¿Qué tal?"),
        ("😀 hello", "😀 hello"),
    ],
)
def test_what_opens_a_sentence_stays(raw: str, said: str) -> None:
    assert sayable(raw, as_it_is, "!") == said


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("@alice hi @bob and @carol", "@alice hi bob and carol"),
        ("hi @Alice, @alice and ＠dave", "hi @Alice, alice and dave"),
        (" ".join(f"@user{n}" for n in range(11)), " ".join(f"user{n}" for n in range(11))),
        ("@@alice @", "@alice @"),
    ],
)
def test_nobody_is_mentioned_but_the_asker_once(raw: str, said: str) -> None:
    assert sayable(raw, as_it_is, "!", "AI:", "alice") == said


@pytest.mark.parametrize(
    "link", ["example.zip", "пример.рф", "例え.みんな", "example (dot) ai", "xn--e1afmkfd.xn--p1ai"]
)
def test_links_of_all_domains_are_taken_out_of_answers(link: str, tmp_path: Path) -> None:
    clean = TextFilter(tmp_path / "words.txt", 500).clean
    assert sayable(f"Look at {link} today.", clean, "!") == "Look at today."


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("One. Two. Three.", "One. Two."),
        ("One! Two? Three.", "One! Two?"),
        ("One. two. three.", "One. two."),
        ("Pi is e.g. 3.14 here. It is round. More.", "Pi is e.g. 3.14 here. It is round."),
        ("Dr. Smith and J. R. Doe met. They talked. More.", "Dr. Smith and J. R. Doe met. They talked."),
        ("Come at 5 p.m. today. Bring No. 5. More.", "Come at 5 p.m. today. Bring No. 5."),
        ("Come at 5 p.m. We wait. More.", "Come at 5 p.m. We wait."),
        ("Well... maybe. Or not. More.", "Well... maybe. Or not."),
        ('He said "no." She left. More.', 'He said "no." She left.'),
        ("No. You and I. More.", "No. You and I."),
        ("はい。そうです。もっと。", "はい。そうです。"),
        ("v1.2.3 is out at example.com now", "v1.2.3 is out at example.com now"),
    ],
)
def test_two_sentences_at_most(raw: str, said: str) -> None:
    assert sayable(raw, as_it_is, "!") == said


def test_a_long_answer_is_cut_at_a_sentence_where_enough_is_left() -> None:
    first = "a" + " word" * 30 + "."
    assert sayable(f"{first} {'more ' * 40}.", as_it_is, "!") == first


def test_a_long_answer_is_cut_at_a_word_else() -> None:
    said = sayable("Sure! " + "word " * 400, as_it_is, "!")
    assert said.startswith("Sure! word word")
    assert said.endswith("word…")
    assert 200 < len(said) <= ANSWER_LIMIT


class CountingPattern:
    """A pattern that notes how many characters it is given to read."""

    def __init__(self, pattern: re.Pattern[str], read: list[int]) -> None:
        self._pattern = pattern
        self._read = read

    def sub(self, replacement: str, text: str) -> str:
        self._read.append(len(text))
        return self._pattern.sub(replacement, text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        self._read.append(len(text))
        return self._pattern.finditer(text)


MOST_READ = 2_000_000
"""Characters, each counted as often as it is read: enough for every sentence of what may be spoken."""


@pytest.mark.parametrize(
    "monster",
    [
        " " * 100_000 + "x",
        "." * 100_000 + "x",
        "[" * 100_000,
        "<think>" * 20_000,
        "*" * 100_000,
        '"/' * 50_000,
        "a. " * 30_000,
    ],
)
def test_no_answer_takes_long_to_read(monster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    for name, value in vars(ai_text).items():
        if isinstance(value, re.Pattern):
            monkeypatch.setattr(ai_text, name, CountingPattern(cast("re.Pattern[str]", value), read))
    goes_on = ai_text._goes_on

    def counted(line: str, match: re.Match[str]) -> bool:
        read.append(len(line))
        return goes_on(line, match)

    monkeypatch.setattr(ai_text, "_goes_on", counted)
    assert len(sayable(monster, as_it_is, "!")) <= ANSWER_LIMIT
    assert read
    assert sum(read) < MOST_READ


async def test_an_answer_of_2000_characters_is_cut(double: AiDouble) -> None:
    double.will(Turn(text="blah " * 400))
    async with asking(double.url) as ai:
        assert len(await ai.answer("alice", "talk")) <= ANSWER_LIMIT


async def test_links_and_slurs_are_filtered(double: AiDouble) -> None:
    double.will(Turn(text="Look at https://bad.example/x you SLURWORD, it is great!"))
    async with asking(double.url, clean=strict) as ai:
        assert await ai.answer("alice", "link?") == "Look at you it is great!"


def test_the_filter_of_speech_fits(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("slurword\n", encoding="utf-8")
    clean = TextFilter(words, 500).clean
    said = sayable("Look at https://bad.example/x today. What a slurword that is! Bye.", clean, "!")
    assert said.startswith("Look at")
    assert "bad.example" not in said
    assert "slurword" not in said
    assert sayable("**The sky is blue.**", clean, "!") == "The sky is blue."


async def test_an_answer_that_the_filter_eats_is_asked_for_again(double: AiDouble) -> None:
    double.will(Turn(text="slurword"), Turn(text="Something kind."))
    async with asking(double.url, clean=strict) as ai:
        assert await ai.answer("alice", "hm") == "Something kind."
