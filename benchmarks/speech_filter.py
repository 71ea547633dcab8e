"""What the filter for speech takes for 500 characters that were made to take long, in processor time."""

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path

from _report import table

from pixel_bot.filters import TextFilter
from pixel_bot.filters.bad_words import built_in_words

LENGTH = 500
PIECES = (
    *("a.", "f a g ", "1!|", "n-i-g-", "www.", "a@", "dot com ", "[.]", "ха", "\u0301", "()", "a_^", "0 ", "ﷺ", "！"),
    *("нiggег", "ни г", "n ", "👋", "🇫", "\u202e", "\u200b", "(dot)", "1:", ".a", "ａ", "𝓷", "ɐ", "ӏ", "nl1|", "ha "),
)


def texts(seed: int, random_ones: int) -> Iterator[tuple[str, str]]:
    """Kinds and texts: one piece again and again, words that nearly are blocked, and pieces in any order."""
    chance = random.Random(seed)
    for piece in PIECES:
        yield "one piece", (piece * LENGTH)[:LENGTH]
    beginnings = [word[:-1] for word in built_in_words()]
    for _ in range(random_ones):
        yield "pieces", "".join(chance.choice(PIECES) for _ in range(LENGTH))[:LENGTH]
        yield "nearly blocked", " ".join(chance.choice(beginnings) for _ in range(LENGTH))[:LENGTH]
        yield "spelled", ".".join("".join(chance.choice(beginnings) for _ in range(LENGTH)))[:LENGTH]
        yield "letters", "".join(chance.choice("nig fa.got1!|ɪнк-") for _ in range(LENGTH))


def processor_ms(text_filter: TextFilter, text: str) -> float:
    """Milliseconds of processor time for one text."""
    began = time.process_time()
    text_filter.clean(text)
    return 1_000 * (time.process_time() - began)


def main() -> None:
    """Print the longest and the median of each kind. Each text is read once; the first of all loads the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=200, help="random texts of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    text_filter = TextFilter(Path("there_is_no_such_file.txt"), LENGTH)
    first = processor_ms(text_filter, "Hello there, this is a test.")
    found: dict[str, list[float]] = {}
    for kind, text in texts(options.seed, options.random):
        found.setdefault(kind, []).append(processor_ms(text_filter, text))
    rows = [
        (f"{kind} ({len(ms)} texts)", f"median {sorted(ms)[len(ms) // 2]:.1f} ms, longest {max(ms):.1f} ms")
        for kind, ms in found.items()
    ]
    table(f"Processor time for {LENGTH} characters", [*rows, ("the first text of all", f"{first:.1f} ms")])


if __name__ == "__main__":
    main()
