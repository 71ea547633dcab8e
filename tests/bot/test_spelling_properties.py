"""Whatever is typed: any spelling of a command is that command, and plain chat is none."""

from collections.abc import Mapping
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from pixel_bot.bot.spelling import Spelling
from pixel_bot.plugin import Amount, KnownViewer, command

WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


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
    made = Spelling(["!"], lambda: COMMANDS)
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
