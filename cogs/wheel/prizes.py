"""Prizes of the wheel, parsed from the streamer's file."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import orjson

from pixel_bot.plugin import (
    Effect,
    LastGoodFile,
    PlaySound,
    Run,
    ShowOverlay,
    Speak,
    Unreadable,
    count,
    number,
    text_of,
    texts,
)

_ = texts(__name__)

MOST = 100


class PrizesUnreadable(Unreadable):
    """The prizes file has an error; the sentence names the line."""


@dataclass(frozen=True, slots=True)
class Prize:
    """A slice of the wheel. A prize without grant and effect is given by hand; ``stock`` None is unlimited."""

    name: str
    weight: float
    grant_points: int | None = None
    grant_xp: int | None = None
    effect: str = ""
    stock: int | None = None

    @property
    def by_hand(self) -> bool:
        """True when a mod has to give it."""
        return self.grant_points is None and self.grant_xp is None and not self.effect

    def as_json(self) -> dict[str, Any]:
        """The prize as stored with a draw."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Prize":
        """The prize that was stored with a draw."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})


def default_prizes() -> "Prizes":
    """The prizes without a file. Their expected value is less than the price of a spin."""
    return (
        Prize(count(25, "point"), 30, grant_points=25),
        Prize("50 XP", 20, grant_xp=50),
        Prize(count(100, "point"), 20, grant_points=100),
        Prize(_("Fanfare"), 15, effect="sound:fanfare"),
        Prize(count(200, "point"), 12, grant_points=200),
        Prize(_("So close"), 10, grant_points=0),
        Prize(count(500, "point"), 5, grant_points=500),
        Prize(_("Jackpot {points}", points=number(2_000)), 1, grant_points=2_000),
    )


Check = Callable[[Effect], str]
"""Says why an effect cannot be played; an empty text where it can."""


def _any_effect(_effect: Effect) -> str:
    return ""


Prizes = Sequence[Prize]


class Sounds(Protocol):
    """Says of a sound why it cannot be played; an empty text where it can."""

    def problem(self, name: str, /) -> str:
        """Of the sound of that name."""
        ...


def prize_file(path: Path, sounds: Sounds | None = None) -> LastGoodFile[Prizes]:
    """The streamer's prizes, read anew whenever the file was changed; the defaults without a file.

    While it is broken, the last good wheel turns on.

    Args:
        path: the file.
        sounds: those that prizes may play; None for a file whose sounds are not looked at.
    """

    def check(effect: Effect) -> str:
        return "" if sounds is None else _why_not(sounds, effect)

    stands = _("The wheel stands still until this is fixed.")
    return LastGoodFile(path, lambda raw: parse(raw, path.name, check), default_prizes(), stands)


def _why_not(sounds: Sounds, effect: Effect) -> str:
    """Why the sound of an effect cannot be played; empty where it can, or there is none."""
    match effect:
        case PlaySound(name=name) | ShowOverlay(sound=name) if name:
            return sounds.problem(name)
        case _:
            return ""


def parse(raw: bytes, name: str, check: Check = _any_effect) -> Prizes:
    """Parse the content of a prizes file.

    Raises:
        Unreadable: with the error and its line.
    """
    text = text_of(raw, name)
    if not text.strip():
        raise PrizesUnreadable(_("{file} is empty.", file=name))
    try:
        entries: Any = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise _at(name, exc.lineno, exc.msg) from None
    lines = entry_lines(text)
    if not isinstance(entries, list) or not entries:
        raise _at(name, 1, _("write a list of prizes, like {example}", example='[{"name": "100 points", "weight": 3}]'))
    rows = cast(list[Any], entries)
    if len(rows) > MOST:
        raise _at(name, lines[MOST], _("{most} prizes are the most", most=MOST))
    prizes: list[Prize] = []
    for line, entry in zip(lines, rows, strict=True):
        problem = _problem(entry, check)
        if problem:
            raise _at(name, line, problem)
        prize = Prize.from_json(entry | {"name": entry["name"].strip()})
        if any(p.name == prize.name for p in prizes):
            raise _at(name, line, _("{prize} stands twice", prize=prize.name))
        prizes.append(prize)
    if not any(p.weight > 0 for p in prizes):
        raise _at(name, lines[0], _("at least one weight must be above zero"))
    return prizes


def _at(name: str, line: int, problem: str) -> PrizesUnreadable:
    return PrizesUnreadable(_("{file}, line {line}: {problem}.", file=name, line=str(line), problem=problem))


def entry_lines(text: str) -> list[int]:
    """The line number of each entry of the outermost list. The text must be valid JSON."""
    lines: list[int] = []
    depth, line, quoted, escaped, expected = 0, 1, False, False, False
    for char in text:
        if char == "\n":
            line += 1
        if expected and not char.isspace() and char not in ",]":
            lines.append(line)
            expected = False
        if quoted:
            quoted, escaped = char != '"' or escaped, char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif char in "[{":
            depth += 1
            expected = expected or depth == 1
        elif char in "]}":
            depth -= 1
        elif char == "," and depth == 1:
            expected = True
    return lines


def _problem(entry: Any, check: Check) -> str:
    if not isinstance(entry, dict):
        return _("a prize is written like {example}", example='{"name": "100 points", "weight": 3}')
    fields = cast(dict[str, Any], entry)
    if unknown := sorted(set(fields) - set(Prize.__dataclass_fields__)):
        known = ", ".join(Prize.__dataclass_fields__)
        return _("{field} is not known; there are {known}", field=unknown[0], known=known)
    name, weight = fields.get("name"), fields.get("weight")
    if not isinstance(name, str) or not name.strip() or len(name) > 60:
        return _('"name" must be a text of 1 to 60 characters')
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1_000_000:
        return _('"weight" must be a number from 0 to {most}', most=1_000_000)
    for field in ("grant_points", "grant_xp", "stock"):
        value = fields.get(field, 0)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000_000:
            return _('"{field}" must be a whole number, zero or more', field=field)
    return _effect_problem(fields.get("effect", ""), check)


def _effect_problem(written: Any, check: Check) -> str:
    if written == "":
        return ""
    effect = effect_of(written, "") if isinstance(written, str) else None
    return check(effect) if effect is not None else _('"effect" is written like {forms}', forms=_forms())


def _forms() -> str:
    return _("sound:NAME, show:TEXT, speak:TEXT or run:NAME")


def effect_of(written: str, winner: str) -> Effect | None:
    """Parse the effect of a prize, with ``{user}`` replaced by the winner; None for an invalid one."""
    kind, colon, detail = written.partition(":")
    detail = detail.strip().replace("{user}", winner)
    if not colon or not detail:
        return None
    match kind.strip():
        case "sound":
            return PlaySound(detail)
        case "show":
            return ShowOverlay(detail)
        case "speak":
            return Speak(detail)
        case "run":
            return Run(detail)
        case _:
            return None
