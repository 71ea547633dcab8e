"""What the bot says for others begins no command of any bot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_bot.filters.no_command import no_command


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("!points", "points"),
        ("/ban bob", "ban bob"),
        (".timeout bob", "timeout bob"),
        ("! !/ .so", "so"),
        ("$cmd", "cmd"),
        ("px!so", "so"),
        ("5 > 3", "5 > 3"),
        ("(hello)", "(hello)"),
        ("@bob hi", "@bob hi"),
        ("♥ thanks", "♥ thanks"),
        ("", ""),
    ],
)
def test_signs_in_front_are_left_out(line: str, said: str) -> None:
    assert no_command(line, ("!", "px!")) == said


@given(st.text(alphabet='!/.\\?$%~ abc@("', max_size=30))
def test_nothing_begins_with_a_sign_of_a_command(line: str) -> None:
    said = no_command(line, ("!", "?"))
    assert not said.startswith(("!", "/", ".", "?", "\\", " "))
    assert no_command(said, ("!", "?")) == said
