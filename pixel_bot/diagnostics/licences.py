"""The installed parts that the bot uses, with their licences, and the notices that some of them ask for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

NOTICES = (
    "eSpeak NG speaks for TTS_ENGINE=espeak. It comes with espeakng-loader and is free software under the GNU "
    "General Public License, version 3 or later. Source: https://github.com/espeak-ng/espeak-ng",
    "Piper (piper-tts) speaks for TTS_ENGINE=piper. It is an extra, not installed by default, and is free software "
    "under the GNU General Public License, version 3 or later. Source: https://github.com/OHF-Voice/piper1-gpl",
    "Both run as programs of their own, to which the bot sends text and from which it gets sound. NOTICE.md says more.",
)

UNNAMED = {"espeakng-loader": "GPL-3.0-or-later"}
"""Parts whose metadata names no licence. The wheel of espeakng-loader contains eSpeak NG's library and data."""

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?[^;]*(?:;(.*))?")
_EXTRA = re.compile(r"extra\s*==\s*[\"']([^\"']+)[\"']")
_CLASSIFIER = "License :: OSI Approved :: "


@dataclass(frozen=True, slots=True)
class Part:
    """An installed distribution; ``licence`` is an SPDX expression, or the words of its metadata."""

    name: str
    version: str
    licence: str


def installed_parts(root: str = "pixel-bot", extras: frozenset[str] = frozenset()) -> list[Part]:
    """All that a distribution needs at runtime and that is installed, transitively, sorted by name.

    Args:
        root: the distribution; it is not in the list itself.
        extras: those of its extras that are wanted, too.
    """
    found: dict[str, Part] = {}
    seen: set[tuple[str, str]] = set()
    todo = list(_requirements(root, extras))
    while todo:
        name, extra = todo.pop()
        key = (_normal(name), extra)
        if key in seen:
            continue
        seen.add(key)
        try:
            there = distribution(name)
        except PackageNotFoundError:
            continue  # for another system, or an extra that is not there
        found[_normal(name)] = Part(there.metadata["Name"], there.version, licence_of(there))
        todo += _requirements(name, frozenset({extra} if extra else ()))
    return [found[name] for name in sorted(found)]


def licence_of(there: Distribution) -> str:
    """The licence: the SPDX expression, else the classifiers, else the words of the metadata."""
    about = there.metadata
    expression, words = (next(iter(about.get_all(field) or []), "") for field in ("License-Expression", "License"))
    if name := expression or UNNAMED.get(_normal(about["Name"])):
        return name
    classifiers = [c.removeprefix(_CLASSIFIER) for c in about.get_all("Classifier") or [] if c.startswith(_CLASSIFIER)]
    if classifiers:
        return " OR ".join(classifiers)
    return (words or "unknown").strip().partition("\n")[0]


def _requirements(name: str, extras: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What a distribution requires: each once without, and once with each of its wanted extras."""
    try:
        required = distribution(name).requires or []
    except PackageNotFoundError:
        return
    for line in required:
        match = _REQUIREMENT.match(line)
        if match is None:
            continue
        for_extra = _EXTRA.search(match[3] or "")
        if for_extra is not None and for_extra[1] not in extras:
            continue
        yield match[1], ""
        for extra in filter(None, (part.strip() for part in (match[2] or "").split(","))):
            yield match[1], extra


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
