"""Sentences by language: fields, plurals, numbers, what points are called, and what is found in sources."""

from collections.abc import Generator
from pathlib import Path

import pytest

from pixel_bot.clock import EPOCH
from pixel_bot.errors import OnCooldown, QueueFull
from pixel_bot.model.channel_events import ChannelEvent, Cheer, Follow, Raid, Sub, Tip, alert_text
from pixel_bot.model.people import Person
from pixel_bot.texts import count, duration, joined, number, ordinal, paged, percent, roughly, signed
from pixel_bot.wording.catalogue import Domain, read_catalogue
from pixel_bot.wording.extract import Sentence, sentences_of
from pixel_bot.wording.fields import misfit
from pixel_bot.wording.po_file import Update, update
from pixel_bot.wording.texts import Texts, currency, currency_title, texts, use_language

BOB = Person("7", "bob", "Bob")
POLISH = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"


@pytest.fixture(autouse=True)
def _english_afterwards() -> Generator[None]:
    yield
    use_language()


def test_english_is_said_as_it_is_written() -> None:
    _ = texts(__name__)
    assert _("{viewer} has {points}.", viewer="bob", points=count(5120, "point")) == "bob has 5,120 points."
    assert [_("{n} viewer", "{n} viewers", n=n) for n in (0, 1, 1234)] == ["0 viewers", "1 viewer", "1,234 viewers"]
    assert _("No {points}, not one {point}.") == "No points, not one point."
    assert _("A word that is alone.") == "A word that is alone."


def test_german_writes_numbers_durations_and_lists_its_own_way() -> None:
    use_language("de")
    assert [number(1_234_567), signed(1234), signed(-1234), ordinal(1023)] == [
        "1.234.567",
        "+1.234",
        "-1.234",
        "1.023.",
    ]
    assert [count(1, "point"), count(2000, "point"), percent(0.125)] == ["1 Punkt", "2.000 Punkte", "12,5%"]
    assert [duration(80), duration(7500), duration(0), roughly(277_000)] == [
        "1 Min 20 Sek",
        "2 Std 5 Min",
        "0 Sek",
        "3 T",
    ]
    assert [joined(["a"]), joined(["a", "b", "c"])] == ["a", "a, b und c"]
    assert paged("Sounds", ["x" * 400, "y" * 100], "2", "!sounds").endswith("Seite 2 von 2")


def test_errors_speak_the_language_of_the_moment() -> None:
    assert str(OnCooldown("Sound", 5)) == "You are on cooldown for Sound: 5s left. Nothing was charged."
    use_language("de")
    assert str(OnCooldown("Sound", 5)) == "Du musst bei Sound noch 5 Sek warten. Es wurde nichts abgezogen."
    assert "Die Warteschlange ist voll" in str(QueueFull("Sound", own=False))


@pytest.mark.parametrize(
    ("event", "english", "german"),
    [
        (Follow("1", BOB, EPOCH), "Bob followed", "Bob folgt jetzt"),
        (Sub("1", BOB, EPOCH, months=3), "Bob subscribed for 3 months", "Bob ist seit 3 Monaten Sub"),
        (Cheer("1", None, EPOCH, bits=1000), "Somebody cheered 1,000 bits", "Jemand cheert 1.000 Bits"),
        (Raid("1", BOB, EPOCH, viewers=1), "Bob raids with 1 viewer", "Bob raidet mit 1 Zuschauer"),
        (
            Tip("1", BOB, EPOCH, tokens=5, item="a song"),
            "Bob tipped 5 tokens for a song",
            "Bob hat 5 Tokens für a song gegeben",
        ),
    ],
)
def test_alerts_on_the_overlay(event: ChannelEvent, english: str, german: str) -> None:
    assert alert_text(event) == english
    use_language("de")
    assert alert_text(event) == german


def test_what_points_are_called() -> None:
    use_language(currency=("gem", "gems"))
    assert [count(1, "point"), count(-1, "point"), count(0, "point")] == ["1 gem", "-1 gem", "0 gems"]
    assert (currency(2), currency_title()) == ("gems", "Gems")
    assert texts(__name__)("{points} and a {point}") == "gems and a gem"
    use_language("de", ("Gem", "Gems"))
    assert count(1500, "point") == "1.500 Gems"
    use_language(currency=("XP-coin",))
    assert count(2, "point") == "2 XP-coin"


def test_a_language_with_three_forms(tmp_path: Path) -> None:
    domain = Domain("mine", tmp_path)
    domain.file("pl").parent.mkdir()
    domain.file("pl").write_text(
        f'msgid ""\nmsgstr "Plural-Forms: {POLISH}\\n"\n\nmsgid "{{n}} gem"\nmsgid_plural "{{n}} gems"\n'
        'msgstr[0] "{n} klejnot"\nmsgstr[1] "{n} klejnoty"\nmsgstr[2] "{n} klejnotów"\n',
        encoding="utf-8",
    )
    use_language("pl")
    _ = Texts(domain)
    said = [_("{n} gem", "{n} gems", n=n) for n in (1, 2, 5, 22)]
    assert said == ["1 klejnot", "2 klejnoty", "5 klejnotów", "22 klejnoty"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{points} hat {viewer}!", ""),
        ("{viewer}: {points} {point}", ""),
        ("{viewer} hat etwas.", "the field {points} is missing"),
        ("{viewer} hat {points}, {wer}.", "it has no field {wer} (there are: {points}, {viewer})"),
        ("{viewer} hat {points", "a brace in it is not closed"),
        ("{viewer.id} hat {points}", "{viewer.id} is no field"),
        ("{viewer!r} hat {points}", "{viewer} is no field"),
    ],
)
def test_words_that_do_not_fit(text: str, why: str) -> None:
    assert misfit(text, ["{viewer} has {points}."]) == why


def test_the_number_may_be_left_out_of_a_plural() -> None:
    assert misfit("one redeem of {viewer}", ["{n} redeem of {viewer}", "{n} redeems of {viewer}"]) == ""
    assert misfit("one redeem", ["{n} redeem of {viewer}", "{n} redeems of {viewer}"]) != ""


def test_a_translation_that_does_not_fit_is_named_and_not_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "de.po"
    file.write_text(
        'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "Hello {viewer}."\nmsgstr "Hallo {wer}."\n\nmsgid "Bye."\nmsgstr "Tschüss."\n\n'
        '#, fuzzy\nmsgid "Perhaps."\nmsgstr "Vielleicht."\n',
        encoding="utf-8",
    )
    assert read_catalogue(file).forms == {"Bye.": ("Tschüss.",)}
    assert "'Hello {viewer}.' is not used: it has no field {wer}" in caplog.text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'msgid "a"\nmsgstr "b"\n', b'msgid "a\nmsgstr', b"nonsense"])
def test_a_catalogue_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "de.po").write_bytes(content)
    assert read_catalogue(tmp_path / "de.po").forms == {}
    assert "cannot be read, so it is not used" in caplog.text


SOURCE = '''
_ = texts(__name__)
WORDS = {"a": later("a word")}

class Slots(Cog):
    @command("slots play", usage="[PAGE]")
    async def play(self, ctx):
        """Play for {points}.

        More that help does not say.
        """
        await ctx.reply(_("{n} reel " "turns.", "{n} reels turn.", n=3) + _(WORDS["a"]) + other("no text of ours"))

    @redeem(name="Big spin", usage="@user N", price="what you bid")
    async def big(self, ctx):
        """Spin."""
'''


def test_sources_are_read_for_sentences_and_help(tmp_path: Path) -> None:
    (tmp_path / "slots.py").write_text(SOURCE)
    (tmp_path / "broken.py").write_text("_ = texts(__name__)\ndef")
    (tmp_path / "latin.py").write_bytes("# ü\n_ = texts(__name__)\n".encode("latin-1"))
    found = sentences_of([tmp_path / name for name in ("slots.py", "broken.py", "latin.py")])
    assert set(found) == {
        "a word", "[PAGE]", "Play for {points}.", "{n} reel turns.", "Big spin", "what you bid", "Spin."
    }  # fmt: skip
    assert found["{n} reel turns."].plural == "{n} reels turn."


def test_a_catalogue_is_brought_up_to_date_and_keeps_its_translations(tmp_path: Path) -> None:
    file = tmp_path / "de" / "slots.po"
    first = {"Hello.": Sentence("Hello."), "{n} gem": Sentence("{n} gem", "{n} gems")}
    assert update(file, "de", first) == Update(2, 2, 0)
    written = file.read_text(encoding="utf-8").replace('msgid "Hello."\nmsgstr ""', 'msgid "Hello."\nmsgstr "Hallo."')
    file.write_text(written.replace("n != 1", "n > 1"), encoding="utf-8")
    second = {"Bye.": Sentence("Bye."), "Hello.": Sentence("Hello.")}
    assert update(file, "de", second) == Update(2, 1, 1)
    after = file.read_text(encoding="utf-8")
    assert ("Hallo." in after, "{n} gem" in after, "n > 1" in after) == (True, False, True)
