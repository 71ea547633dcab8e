"""The core knows no feature: none of its files names one. What a feature needs of it is there for all cogs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests.harness.paths import ROOT

CORE = ROOT / "pixel_bot"
TEXTS = frozenset({".py", ".js", ".css", ".html", ".svg", ".md", ".txt", ".toml", ".json"})

EXEMPT: Mapping[str, str] = {
    "db/migrations/": "what a released schema was called",
    "db/models.py": "the tables of released schemas",
    "testing/sim/": "people who type the commands of all cogs that come along",
}
"""Where every feature may be named, by the beginning of a path in ``pixel_bot``, and why."""


@dataclass(frozen=True)
class Feature:
    """The words by which a feature is known, as a regular expression, and where else they may stand."""

    words: str
    allowed: Mapping[str, str] = field(default_factory=dict[str, str])


JOYSTICK = "Joystick.tv has a wheel of its own, whose prizes are events"

FEATURES: Mapping[str, Feature] = {
    "wheel": Feature(
        r"wheel|\bspin|prize",
        {
            "platforms/joystick/": JOYSTICK,
            "sandbox/joystick/": JOYSTICK,
            "model/channel_events.py": JOYSTICK,
            "earning/event_awards.py": JOYSTICK,
            "plugin.py": JOYSTICK,
            "web/static/overlay/alerts.js": JOYSTICK,
            "web/static/overlay/overlay.css": JOYSTICK,
            "web/static/pixels.js": JOYSTICK,
            "upkeep/cleanup.py": "kinds of events that earlier versions have stored",
            "diagnostics/licences.py": "a wheel is also a Python package",
        },
    ),
}
"""Each feature that is a cog. A cog that comes along adds itself here."""


@cache
def texts() -> Mapping[str, str]:
    """Every text of the core, by its place."""
    paths = (path for path in sorted(CORE.rglob("*")) if path.suffix in TEXTS and "__pycache__" not in path.parts)
    return {path.relative_to(CORE).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def lines_that_name(feature: Feature, places: Mapping[str, str]) -> Iterator[str]:
    """The lines of the core that name a feature, outside of these places."""
    words = re.compile(feature.words, re.IGNORECASE)
    for place, text in texts().items():
        if place.startswith(tuple(places)):
            continue
        if words.search(place):
            yield f"{place} is called so"
        if words.search(text):
            lines = enumerate(text.splitlines(), 1)
            yield from (f"{place}, line {number}: {line.strip()}" for number, line in lines if words.search(line))


@pytest.mark.parametrize("name", FEATURES)
def test_the_core_does_not_name_it(name: str) -> None:
    feature = FEATURES[name]
    assert list(lines_that_name(feature, {**EXEMPT, **feature.allowed})) == []


@pytest.mark.parametrize("name", FEATURES)
def test_each_exception_is_needed(name: str) -> None:
    feature = FEATURES[name]
    for place in feature.allowed:
        others = {**EXEMPT, **{other: why for other, why in feature.allowed.items() if other != place}}
        assert list(lines_that_name(feature, others)), f"{place} does not name {name} any more"


@pytest.mark.parametrize("name", FEATURES)
def test_the_cog_is_there_and_named(name: str) -> None:
    """Otherwise the words are wrong, and nothing would be found."""
    cog = ROOT / "cogs" / name
    found = [path for path in (cog.with_suffix(".py"), *sorted(cog.rglob("*.py"))) if path.is_file()]
    assert any(re.search(FEATURES[name].words, Path(path).read_text(encoding="utf-8"), re.IGNORECASE) for path in found)
