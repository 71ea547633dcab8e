"""What the platforms send, decoded: an error names fields and types, and never what stands in them."""

from typing import Any

import pytest
from msgspec import Struct

from pixel_bot.platforms.decoding import Text, Unreadable, decode, decoder_of, number_or, text_or


class Token(Struct):
    """Something with a secret in it."""

    access_token: Text
    ends_in: int = 0


@pytest.mark.parametrize(
    "text",
    [
        b'{"access_token": "hush", "ends_in": "hush"}',
        b'{"access_token": ["hush"]}',
        b'{"access_token": ""}',
        b'{"hush": 1}',
        b'"hush"',
        b"<hush>",
        b'{"access_token": "hush\xff"}',
        b"",
    ],
)
def test_what_cannot_be_read_is_one_error_that_tells_no_value(text: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        decode(decoder_of(Token), text)
    assert "hush" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_decoder_is_built_once() -> None:
    assert decoder_of(Token) is decoder_of(Token)
    assert decode(decoder_of(Token), b'{"access_token": "a", "other": {}}') == Token("a")


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [("a", "a", 7.5), ("", "", 7.5), (None, "else", 7.5), (5, "else", 5), (0, "else", 0), (1.5, "else", 1.5)],
)
def test_fields_of_any_type(value: Any, text: str, number: float) -> None:
    assert text_or(value, "else") == text
    assert number_or(value, 7.5) == number


@pytest.mark.parametrize("value", [True, False, [1], {"a": 1}])
def test_neither_a_text_nor_a_number(value: Any) -> None:
    assert (text_or(value), number_or(value)) == ("", 0.0)
