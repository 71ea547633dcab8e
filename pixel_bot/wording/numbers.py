"""How numbers are written.

Catalogues translate the sample ``1,234.5``: German writes ``1.234,5``, French ``1 234,5``, some languages ``1234.5``.
"""

import re
from dataclasses import dataclass

_SAMPLE = re.compile(r"1(\D?)234(\D)5")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """What stands between groups of three digits, and before a fraction."""

    group: str = ","
    point: str = "."


ENGLISH = NumberStyle()


class _InForce:
    style = ENGLISH


def use_sample(sample: str) -> None:
    """From now on numbers are written like the sample; in English where it cannot be read."""
    found = _SAMPLE.fullmatch(sample)
    _InForce.style = ENGLISH if found is None else NumberStyle(found[1], found[2])


def number(value: int) -> str:
    """12345 -> ``12,345``, or as the language writes it."""
    written = f"{value:,}"
    group = _InForce.style.group
    return written if group == "," else written.replace(",", group)


def signed(value: int) -> str:
    """12345 -> ``+12,345``, -5 -> ``-5``."""
    return f"+{number(value)}" if value >= 0 else number(value)


def percent(share: float) -> str:
    """0.125 -> ``12.5%``, or as the language writes it."""
    return f"{share:.1%}".replace(".", _InForce.style.point)
