"""What is said of a bet."""

from collections.abc import Mapping, Sequence

from pixel_bot.plugin import count, later, number, texts

from .outcome import Ending, Settled, pot_of

_ = texts(__name__)

MOST_NAMED = 5

_GIVEN_BACK = {
    Ending.NOBODY_RIGHT: later("{question} {answer}! Nobody was right, so everybody has their {points} back."),
    Ending.ALL_RIGHT: later("{question} {answer}! Everybody was right, so everybody has their {points} back."),
    Ending.NO_STAKES: later("{question} {answer}! Nobody bet on it."),
}


def listed_options(options: Sequence[str]) -> str:
    """The options, one after another."""
    return " | ".join(options)


def one_of(options: Sequence[str]) -> str:
    """What is said to somebody who named another one."""
    return _("One of these: {options}", options=listed_options(options))


def with_odds(options: Sequence[str], sides: Sequence[Mapping[int, int]], back: int) -> str:
    """Each option with the points on it, and how many times a stake on it would come back now."""
    shown: list[str] = []
    for index, option in enumerate(options):
        on_it = sum(sides[index].values())
        if not on_it:
            shown.append(_("{option}: nobody", option=option))
            continue
        times = f"{pot_of(sides, index, back) / on_it:.2f}"
        points = count(on_it, "point")
        shown.append(_("{option}: {points} (x{times})", option=option, points=points, times=times))
    return " | ".join(shown)


def result(question: str, answer: str, settled: Settled, names: Mapping[int, str]) -> str:
    """How a bet ended, and who got what."""
    if settled.ending is not Ending.PAID:
        return _(_GIVEN_BACK[settled.ending], question=question, answer=answer)
    parts = sorted(settled.parts.items(), key=lambda part: -part[1])
    shown = [f"{names.get(who, '?')} +{number(points)}" for who, points in parts[:MOST_NAMED]]
    if more := len(parts) - len(shown):
        shown.append(_("{n} more", "{n} more", n=more))
    words = _("{question} {answer}! {winners}.", question=question, answer=answer, winners=", ".join(shown))
    if settled.rest:
        rest = _("Left over for the house: {points}.", points=count(settled.rest, "point"))
        words = f"{words} {rest}"
    return words
