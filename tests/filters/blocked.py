"""Blocked words, as tests write them, and the filter that must find them."""

import codecs
from pathlib import Path

from pixel_bot.filters import TextFilter

N_WORD, F_WORD, SHORT_F = (codecs.decode(word, "rot13") for word in ("avttre", "snttbg", "snt"))
NOWHERE = Path("there_is_no_such_file.txt")


def clean(text: str, *emotes: str, limit: int = 200) -> str:
    """What may be said of a text."""
    return TextFilter(NOWHERE, limit).clean(text, emotes)


def disguises(word: str) -> list[str]:
    """A word as people write it who do not want it found."""
    leet = word.translate(str.maketrans("aeio", "4310"))
    return [
        word,
        word.upper(),
        leet,
        " ".join(word),
        ".".join(word),
        "-".join(leet),
        "_".join(word),
        "\u200b".join(word),
        "".join(f"{char}\u0301" for char in word),
        "".join(chr(ord(char) + 0xFEE0) for char in word),
        word.translate(str.maketrans("aeiop", "аеіор")),
        "".join(char * 5 for char in word),
        f"@{word}",
        f"({word})!",
        f"{word}@you",
        f"{word}s",
    ]
