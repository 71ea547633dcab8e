"""How a redeem looks on the sandbox's page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OnPage:
    """How a redeem looks on the sandbox's page; what is left out, the page finds by itself.

    Attributes:
        short: its name where there is little room.
        picture: one of the page's pictures, like ``gift``.
        words: what may be typed after it, as an example.
        why: what it is to be tried for, like ``be read out``: the page suggests those that say so.
    """

    short: str = ""
    picture: str = ""
    words: str = ""
    why: str = ""
