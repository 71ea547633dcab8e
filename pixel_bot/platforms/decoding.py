"""Decodes what the platforms send: JSON into structs of the fields that are used, and one error for all that is odd."""

from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")

WORDS = 200
"""Characters of a decoder's error that the log takes."""

Text = Annotated[str, Meta(min_length=1)]
"""An id, a login, a token."""

Anything = object
"""A field of any type, because a wrong one is no reason to refuse the rest. ``text_or`` and ``number_or`` read it."""

NoObject = list[object] | str | bool | int | float | None
"""JSON that is no object: what may stand where an object is looked for, and means that there is none."""


class Unreadable(ValueError):
    """What came lacks a field that is needed, or has one of another type; the text says which."""


def decode(decoder: msgspec.json.Decoder[T], text: str | bytes | msgspec.Raw) -> T:
    """Decode JSON.

    Raises:
        Unreadable: it is not what the decoder expects. The text names types and fields, never values, so no secret and
            nothing from chat is in it.
    """
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError) as exc:
        raise Unreadable(str(exc)[:WORDS]) from None


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of a struct, which is built once."""
    return _decoder_of(kind)


@cache
def _decoder_of(kind: Any) -> Any:
    return msgspec.json.Decoder(kind)


def text_or(value: Anything, default: str = "") -> str:
    """A text; ``default`` for any other type."""
    return value if isinstance(value, str) else default


def number_or(value: Anything, default: float = 0.0) -> float:
    """A number; ``default`` for any other type."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default
