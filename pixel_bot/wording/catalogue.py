"""Catalogues: the translations of one part of the bot, in gettext's ``.po`` files.

They are read when they are needed first, and not compiled: what an author or a streamer saves is what counts.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from gettext import c2py
from pathlib import Path

from pixel_bot.wording.fields import misfit

log = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parents[1]
CORE = "core"
"""The catalogue of everything but cogs."""

FOLDER = "locale"
ENGLISH = "en"

PluralRule = Callable[[int], int]


def english_plural(n: int) -> int:
    """The form for so many: 0 for one, 1 for any other number."""
    return int(n != 1)


@dataclass(frozen=True, slots=True)
class Domain:
    """A part of the bot with a catalogue of its own: the core, or a cog. ``folder`` has one folder a language."""

    name: str
    folder: Path

    def file(self, language: str) -> Path:
        """Where its catalogue is."""
        return self.folder / language / f"{self.name}.po"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Translations by their originals: one form, or as many as the language has plurals."""

    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    plural: PluralRule = english_plural


def domain_of(module: str) -> Domain:
    """The part that a module belongs to: its cog by the folder or file that is loaded, else the core."""
    first, *rest = module.split(".")
    if first == "pixel_bot":
        return Domain(CORE, HERE / FOLDER)
    name = rest[0] if first in {"pixel_cogs", "cogs"} and rest else first
    top = sys.modules.get(f"{first}.{name}" if name != first else first)
    file = Path(getattr(top, "__file__", None) or name).resolve()
    return Domain(name, file.parent / FOLDER)


def languages() -> list[str]:
    """The languages that the core speaks."""
    return sorted({ENGLISH, *(path.parent.name for path in (HERE / FOLDER).glob(f"*/{CORE}.po"))})


def read_catalogue(file: Path) -> Catalogue:
    """The catalogue in a file; an empty one where there is none, or it cannot be read, which the log says then.

    Translations that do not fit their original are left out.
    """
    import polib  # only another language than English needs it

    if not file.is_file():
        return Catalogue()
    try:
        entries = polib.pofile(str(file), encoding="utf-8")
        rule = c2py(entries.metadata["Plural-Forms"].partition("plural=")[2].rstrip("; "))
    except (OSError, ValueError, KeyError) as exc:
        log.error("The catalogue %s cannot be read, so it is not used: %s", file, exc)
        return Catalogue()
    forms: dict[str, tuple[str, ...]] = {}
    for entry in entries.translated_entries():
        originals = [text for text in (entry.msgid, entry.msgid_plural) if text]
        found = tuple(entry.msgstr_plural[i] for i in sorted(entry.msgstr_plural)) or (entry.msgstr,)
        why = next((why for text in found if (why := misfit(text, originals))), "")
        if why:
            log.warning("%s: %r is not used: %s.", file, entry.msgid, why)
        else:
            forms[entry.msgid] = found
    return Catalogue(forms, rule)
