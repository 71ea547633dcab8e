"""What may be said of a text from chat."""

import re
import threading
from collections.abc import Collection

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixel_bot.filters import TextFilter
from tests.filters.blocked import N_WORD, NOWHERE, SHORT_F, clean, disguises
from tests.harness.rounds import rounds


@pytest.mark.parametrize(
    "text",
    [
        "Hello there, how are you today?",
        "It costs $5 + 5%, C++ is 100% fun & 3.5 is a number.",
        "crème brûlée, naïve, Grüße, mañana, ¿qué tal?",
        "привет как дела",
        "हिन्दी में",
        "안녕하세요 여러분",
        "سلام دنیا",
        "1000000000 points for @alice",
        "e.g. this, i.e. that, a.m. or p.m.",
        "yes.we can, x3 XP =3 more",
    ],
)
def test_plain_speech_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com/a?b=c",
        "HTTP://EXAMPLE.COM",
        "www.example.com",
        "example.com",
        "bit.ly/abc",
        "sub.domain.example.co.uk",
        "someone@example.com",
        "(example.com)",
        "example.com:8080/x",
        "discord.gg/abc",
        "exämple.de",
        "ｅｘａｍｐｌｅ．ｃｏｍ",
        "example。com",
        "ex\u200bample.c\u200bom",
        "192.168.0.1:80",
        "1http://localhost",
        "example . com",
        "example. com",
        "example .net",
        "example dot com",
        "example (dot) gg",
        "example[.]xyz",
    ],
)
def test_links_are_taken_out(link: str) -> None:
    assert clean(f"look {link} now") == "look now"


def test_emotes_and_emoji_are_taken_out() -> None:
    assert clean("Kappa hello PogChamp world", "Kappa", "PogChamp") == "hello world"
    assert clean("kappa is no emote", "Kappa") == "kappa is no emote"
    assert clean("hello👋🏽world 🇩🇪 ❤️ ★★★") == "hello world"


@pytest.mark.parametrize(
    "face", ["¯\\_(ツ)_/¯", "(╯°□°)╯︵ ┻━┻", "^_^", ":)", ":-D", "<3", "XD", "o_O", "(ಠ_ಠ)", "~~~~"]
)
def test_faces_made_of_signs_are_taken_out(face: str) -> None:
    assert clean(f"hi {face} there") == "hi there"


@pytest.mark.parametrize(
    ("text", "calm"),
    [
        ("looooooool", "loool"),
        ("nooOOooO way", "nooo way"),
        ("what!!!!!!", "what!!"),
        ("what?!?!?!?!", "what?!"),
        ("hahahahahahaha", "hahaha"),
        ("spam spam spam spam", "spam spam"),
        ("Spam, SPAM! spam spam.", "Spam, SPAM!"),
        ("buy this buy this buy this buy this", "buy this buy this"),
        ("poggers" * 25, "poggers" * 3),
        ("x" + "poggers" * 25 + "y", "xpoggerspoggerspoggersy"),
        ("PoggersPOGGERS" * 10, "PoggersPoggersPoggers"),
        ("poggers!" * 25, "poggers!poggers!poggers!"),
        ("poggers " * 25, "poggers poggers"),
        ("👋poggers" * 25, "poggers poggers"),
        ("aaaa", "aaa"),
        ("ha ha ha ha", "ha ha"),
        ("ha haha hahaha hahahaha", "ha haha"),
        ("l o l " * 9, "l o l l o l"),
        ("12345" * 20, "123451234512345"),
        ("0" * 60, "000"),
        (
            "the quick brown fox jumps over the lazy dog and then over me again " * 5,
            "the quick brown fox jumps over the lazy dog and then over me again "
            "the quick brown fox jumps over the lazy dog and then over me again",
        ),
        ("Mississippi banana 100100100100 1000000000", "Mississippi banana 100100100100 1000000000"),
        ("a b c d e " * 20, "a b c d e a b c d e"),
    ],
)
def test_repetitions_become_fewer(text: str, calm: str) -> None:
    assert clean(text) == calm


def test_what_nobody_should_see_is_taken_out() -> None:
    assert clean("z̷̡̛͙a̸̢l̵̨̡g̶o̵") == "zalgo"
    assert clean("he\u200bl\u00adlo \x00\x1b[31m\U000e0000 you\r\nthere") == "hello [31m you there"
    assert clean("ｈｅｌｌｏ 𝓽𝓱𝓮𝓻𝓮 ①") == "hello there 1"


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "👍", "https://example.com", "\u200b\U000e0000"])
def test_nothing_may_be_left(text: str) -> None:
    assert clean(text) == ""


def test_the_text_is_cut_at_a_word() -> None:
    assert clean("one two three four", limit=12) == "one two"
    assert clean("one two three four", limit=13) == "one two three"
    assert clean("abcdefghijklmnop", limit=10) == "abcdefghij"


HOSTILE = [
    "a.",
    "f a g ",
    "1!|",
    "n-i-g-",
    "www.",
    "a@",
    "dot com ",
    "[.]",
    "ха",
    "\u0301",
    "()",
    "a_^",
    "0 ",
    "ﷺ",
    "！",
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.timeout(10)
def test_five_hundred_hostile_characters_are_read_quickly(piece: str) -> None:
    text = (piece * 500)[:500]
    filtered = TextFilter(NOWHERE, 500)
    for shifted in range(5):
        assert len(filtered.clean(text[shifted:] + "x" * shifted)) <= 500


pieces = st.sampled_from(
    [
        *HOSTILE,
        *disguises(SHORT_F),
        *disguises(N_WORD),
        "spam ",
        "Kappa",
        "example",
        ".com",
        " . ",
        "dot ",
        "http",
        "://",
        "👋",
        "bleep ",
    ]
)
texts = st.one_of(st.text(max_size=500), st.lists(st.one_of(pieces, st.text(max_size=5)), max_size=60).map("".join))
LINK = re.compile(r"\w://|\bwww\.\w|[a-z0-9]\.(com|net|org|gg|ly|tv|de)\b", re.IGNORECASE)


@given(text=texts, limit=st.integers(10, 500))
@example(text="0.COM-", limit=10)
@example(text="visit example.com-now", limit=100)
@settings(deadline=None, max_examples=rounds(60))
def test_whatever_is_typed(text: str, limit: int) -> None:
    filtered = TextFilter(NOWHERE, limit)
    cleaned = filtered.clean(text, {"Kappa"})
    assert len(cleaned) <= limit
    assert filtered.clean(cleaned, {"Kappa"}) == cleaned
    assert filtered.clean(cleaned) == cleaned
    assert not LINK.search(cleaned)
    assert "Kappa" not in cleaned.split()
    assert cleaned == cleaned.strip()
    assert cleaned.isprintable()
    assert not re.search(rf"\b{SHORT_F}\b", cleaned, re.IGNORECASE)


async def test_a_long_text_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    made = TextFilter(NOWHERE, 500)
    threads: list[int] = []
    clean = TextFilter.clean

    def noted(self: TextFilter, text: str, emotes: Collection[str] = ()) -> str:
        threads.append(threading.get_ident())
        return clean(self, text, emotes)

    monkeypatch.setattr(TextFilter, "clean", noted)
    assert await made.cleaned("hello Kappa", ["Kappa"]) == "hello"
    long = " ".join(f"word{number}" for number in range(40))
    assert await made.cleaned(f"{long} Kappa", ["Kappa"]) == long
    assert threads[0] == threading.get_ident() != threads[1]
