"""How the names of redeems are typed."""

import re

from pixel_bot.plugin import BadInput, texts

from . import sentences

_ = texts(__name__)

RESERVED = frozenset({"on", "off", "cost", "cooldown", "native", "new", "remove", "limit", "stock"})
"""Words that follow ``!redeem`` and mean something else."""

MOST_COUNTED = 1_000_000
"""Of a stock, and of a limit."""

_KEY = re.compile(r"[^\W\d]\w{0,24}")


def key_in(typed: str, prefix: str) -> str:
    """A redeem's name without what commands begin with, lower case, short enough to be said."""
    return typed.strip().lower().removeprefix(prefix.lower()).removeprefix("!")[:30]


def checked_key(key: str, prefix: str) -> str:
    """A name that a new redeem may have.

    Raises:
        BadInput: it is none.
    """
    if key in RESERVED:
        raise BadInput(_(sentences.IS_RESERVED, redeem=key, prefix=prefix))
    if _KEY.fullmatch(key) is None or not key.isidentifier():
        raise BadInput(_(sentences.BAD_KEY))
    return key
