"""A finding: one sentence about the settings or a file, and how much it matters."""

from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

Weight = Literal["error", "warning", "hint"]
"""``error``: the bot does not start. ``warning``: something is not as it was meant. ``hint``: good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: what is, and what to do. It never quotes a value, because a value may be a secret."""

    weight: Weight
    words: str

    @override
    def __str__(self) -> str:
        return self.words


def warning(words: str) -> Finding:
    """Something that is not as it was meant."""
    return Finding("warning", words)


def hint(words: str) -> Finding:
    """Something that is good to know, and no fault."""
    return Finding("hint", words)
