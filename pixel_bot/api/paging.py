"""Pages of lists: each names where the next one begins by the last row's own values, so that new rows move nothing."""

import base64
import binascii
from typing import Any, Generic, TypeVar, cast

import orjson
from pydantic import BaseModel

from pixel_bot.api.errors import ApiError

T = TypeVar("T")

PAGE = 50
MOST = 200


class Page(BaseModel, Generic[T]):
    """A part of a list. ``next`` is what the query ``after`` of the following one is; None on the last."""

    items: list[T]
    next: str | None = None


def cursor(*values: Any) -> str:
    """The place after a row, as ``after`` takes it. Its form is not promised."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def place(after: str, *kinds: type) -> tuple[Any, ...]:
    """The values that a cursor was made of.

    Raises:
        ApiError: it was not made by this list.
    """
    try:
        values: Any = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (binascii.Error, ValueError):
        values = None
    found = cast(list[Any], values) if isinstance(values, list) else []
    if [type(value) for value in found] != list(kinds):
        raise ApiError(422, "cursor", "after is not the next of a page of this list.")
    return tuple(found)
