"""Texts that are meant to break a parser: unclosed, nested, long, with quotes and brackets in all the wrong places."""

import random

PIECES = (
    "$(", "${", ")", "}", "{user.", "{user.name}", "$username", "'", '"', "|", " ", "(", "{", "$", "user", "1", "1:",
    "1|", "repeat 100 ", "random.pick ", "math ", "count ", "query", "\\", "💥", "\u200b", "\n", "a" * 60,
    "$(repeat 100 $(query))", "$(math ((((((((1^9)^9)^9)^9)", "$(1|$(2|$(3|'x')))", "$(time Europe/Berlin \"",
    "$(countdown ", "$(random.1-99999999999999)",
)  # fmt: skip


def texts(amount: int, seed: int = 7) -> list[str]:
    """So many texts, each with a kind of its own: deep, wide, unclosed, or everything at random."""
    draw = random.Random(seed)
    kinds = (
        lambda: "$(" * 900,
        lambda: "$(repeat 100 " * 140 + "x" + ")" * 140,
        lambda: "$(user)" * 280,
        lambda: "$(random.pick " + "'a" * 900,
        lambda: "'" * 2_000,
        lambda: "$(1|" * 400 + "x" + ")" * 400,
        lambda: "{user.name" * 200,
        lambda: "$(math " + "(" * 900 + ")" * 900 + ")",
        lambda: "$(math " + "9^" * 90 + "9)",
        lambda: "".join(draw.choices(PIECES, k=draw.randrange(5, 120))),
    )
    return [kinds[n % len(kinds)]() if n < len(kinds) else kinds[-1]() for n in range(amount)]
