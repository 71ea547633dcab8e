"""Brings a catalogue up to date with the sentences of the source: new ones come in empty, those that are gone go."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polib

from pixel_bot.wording.extract import Sentence

TWO_FORMS = "nplurals=2; plural=(n != 1);"
"""Of a language like English or German. Others write their own rule into the head of the file."""


@dataclass(frozen=True, slots=True)
class Update:
    """What became of a catalogue: sentences that it has, that have no translation yet, and that went."""

    all: int
    empty: int
    gone: int


def update(file: Path, language: str, sentences: Mapping[str, Sentence]) -> Update:
    """Write a catalogue with exactly these sentences. Translations that it has stay.

    Args:
        file: the ``.po`` file; made, with its folder, where it is not there.
        language: its code, like ``de``.
        sentences: of the source, by their originals.
    """
    before = polib.pofile(str(file), encoding="utf-8") if file.is_file() else polib.POFile()
    known = {entry.msgid: entry for entry in before if not entry.obsolete}
    after = polib.POFile(wrapwidth=118)
    after.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "Plural-Forms": before.metadata.get("Plural-Forms", TWO_FORMS),
    }
    for sentence in sentences.values():
        after.append(_entry(sentence, known.get(sentence.text)))
    file.parent.mkdir(parents=True, exist_ok=True)
    # Written by ourselves: with "\n" on every system.
    file.write_text(str(after), encoding="utf-8", newline="\n")
    gone = len(known.keys() - sentences.keys())
    return Update(len(after), len(after.untranslated_entries()) + len(after.fuzzy_entries()), gone)


def _entry(sentence: Sentence, old: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(msgid=sentence.text, occurrences=[(sentence.file, "")])
    if sentence.plural:
        entry.msgid_plural = sentence.plural
        there = dict[int, str](old.msgstr_plural) if old is not None else {}
        entry.msgstr_plural = there or {0: "", 1: ""}
    elif old is not None:
        entry.msgstr = old.msgstr
    if old is not None:
        entry.flags = [flag for flag in old.flags if flag != "python-format"]
        entry.tcomment = old.tcomment
    return entry
