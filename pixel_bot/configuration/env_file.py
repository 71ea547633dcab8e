"""The file ``.env``: what stands in it, and each line that is not read as it was meant.

It is parsed by python-dotenv, whose rules count: pydantic-settings reads the values by the same ones.
"""

import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from pixel_bot.configuration.finding import Finding, hint, warning
from pixel_bot.configuration.names import families, letters, meant, nearly
from pixel_bot.configuration.values import value_findings
from pixel_bot.errors import SettingsError

LOOKALIKES = (".env.txt", "env.txt", "env", ".env.env", "dotenv", ".env.txt.txt")
"""Names that a file for the settings gets by mistake; Windows hides the ending ``.txt``."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_PLAIN_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_NEWLINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting of the file: its name as typed, its value, its line, and the text that it was read from."""

    name: str
    value: str
    line: int
    typed: str


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The entries of a file, and what was found in it."""

    entries: Sequence[Entry] = ()
    findings: Sequence[Finding] = ()
    lines: dict[str, int] = field(default_factory=dict[str, int])
    """The line that counts, by the upper-case name of the setting."""


def read_env_file(path: Path, known: Collection[str], sentences: Collection[str] = ()) -> EnvFile:
    """Read a file of settings; an empty one where there is none.

    Args:
        path: usually ``.env`` in the working directory.
        known: the names of all settings, in upper case.
        sentences: those of settings whose values are sentences.

    Raises:
        SettingsError: it cannot be read at all, or is no UTF-8 text.
    """
    beside = tuple(_beside(path))
    if not path.is_file():
        folder = [hint(f"{path.name} is a folder here, so no settings are read from it.")] if path.is_dir() else []
        return EnvFile(findings=(*beside, *folder))
    entries: list[Entry] = []
    findings: list[Finding] = [*beside]
    for binding in parse_stream(io.StringIO(_text(path), newline="")):
        line = binding.original.line + _blank_lines_before(binding.original.string)
        typed = binding.original.string.strip()
        if binding.error or (binding.key is not None and binding.value is None):
            findings.append(warning(f"{path.name}, line {line}: {_unreadable(typed, known)}"))
        elif binding.key is not None:
            findings += _name_findings(binding, line, known, path.name)
            entries.append(Entry(binding.key, binding.value or "", line, typed))
    findings += _entry_findings(entries, known, sentences, path.name)
    lines = {entry.name.upper(): entry.line for entry in entries if entry.value}
    return EnvFile(tuple(entries), tuple(findings), lines)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise SettingsError([f"{path.name}: cannot be read: {exc.strerror}. Allow this account to read it."]) from None
    save = "Save it again as UTF-8 (Notepad: File, Save as, Encoding: UTF-8)."
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} or raw.count(b"\0") * 4 > len(raw):
        raise SettingsError(
            [f"{path.name}: is UTF-16 text, as > in an older PowerShell writes it, and is not UTF-8. {save}"]
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise SettingsError([f"{path.name}: is not UTF-8 text (line {line} has another character). {save}"]) from None


def _beside(path: Path) -> Iterator[Finding]:
    for name in LOOKALIKES:
        other = path.with_name(name)
        # Where the file system knows no case or endings, this may be the very file.
        if other.is_file() and not (path.is_file() and other.samefile(path)):
            why = " Windows hides the ending .txt: show endings in the Explorer (View)." if name.endswith("txt") else ""
            if name in {".env.txt", ".env.txt.txt"} or not path.is_file():
                yield warning(f"{name}: is not read. The file with the settings must be called {path.name}.{why}")


def _blank_lines_before(text: str) -> int:
    return len(_NEWLINE.findall(text[: len(text) - len(text.lstrip())]))


def _unreadable(typed: str, known: Collection[str]) -> str:
    """Why a line has no setting, and how to write it. Values are never quoted."""
    first = _NEWLINE.split(typed)[0]
    name = _name_in(first, known)
    write = f"{name}=..." if name else "NAME=value, one setting in each line"
    if re.match(r"(?i)setx?\s", first):
        return f"set is a word of the Windows command line. Leave it out: {write}"
    if re.match(r"(?i)(let|const|var|env|declare|local|-)\s", first):
        return f"there is a word in front of the name. Leave it out: {write}"
    if re.match(r"//|;|--|/\*|(?i:rem)\s", first):
        return "a comment begins with #."
    if re.fullmatch(r"\[[^\]]*\]|[{}\],]+|```.*|---", first):
        return "is no setting, and there are no sections or braces in this file. Delete the line."
    if re.match(r"[\"']?[A-Za-z_][\w-]*[\"']?\s*:", first):
        return f"has a colon where = must stand. Write {write}"
    if "=" in first:
        return f"{_quotes(typed, first)} Write {write}"
    if "=" in unicodedata.normalize("NFKC", first):
        return f"has a character that only looks like =. Write {write}"
    return f"has no =. Write {write}, or # in front of a comment."


def _quotes(typed: str, first: str) -> str:
    value = first.partition("=")[2].strip()
    if value[:1] in {'"', "'"}:
        if value.count(value[0]) % 2:
            more = len(_NEWLINE.split(typed)) - 1
            lost = f", so {more} more {'line was' if more == 1 else 'lines were'} lost" if more else ""
            return f"begins with a quote that does not close{lost}."
        return "has something behind the closing quote."
    return "cannot be read."


def _name_in(line: str, known: Collection[str]) -> str:
    """The setting that a line that cannot be read is about; empty when it shows none."""
    before = re.split(r"[=:＝]", re.sub(r"(?i)^\$env:", "", line))[0]
    for word in _NAME.findall(before):
        if word.upper() in known:
            return word.upper()
        if (near := nearly(word, known)) is not None:
            return near
    return near if (near := nearly(before, known)) is not None else ""


def _name_findings(binding: Binding, line: int, known: Collection[str], file: str) -> Iterator[Finding]:
    """A name that is not one of ours."""
    name = binding.key or ""
    at = f"{file}, line {line}"
    if name.upper() in known:
        return
    if name.lower().startswith("$env:"):
        ours = _name_in(name, known)
        yield warning(f"{at}: $env: is a word of PowerShell. Write {ours or 'NAME'}=..., without it.")
        return
    if letters(name) in {letters(ours) for ours in known} and not _NAME.fullmatch(name):
        ours = nearly(name, known) or ""
        yield warning(f"{at}: the name has a character too many. Write {ours}=...")
        return
    meanings = meant(name, known)
    shown = name if _PLAIN_NAME.fullmatch(name) or nearly(name, known) else "the name"
    if meanings:
        sure = nearly(name, known) is not None or letters(name).startswith(families(known))
        words = f"{at}: {shown} is no setting. Did you mean {' or '.join(meanings)}?"
        yield warning(words) if sure else hint(words)
    elif _PLAIN_NAME.fullmatch(name):
        yield hint(f"{at}: {name} is no setting of Pixel Bot. Other programs may use it; the bot does not.")
    else:
        yield hint(f"{at}: the name is no setting of Pixel Bot.")


def _entry_findings(
    entries: Sequence[Entry], known: Collection[str], sentences: Collection[str], file: str
) -> Iterator[Finding]:
    """What is strange about values, and settings that stand twice."""
    stand: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.name.upper() in known:
            name, at = entry.name.upper(), f"{file}, line {entry.line}"
            stand[name].append(entry)
            yield from value_findings(name, entry.value, entry.typed, at, is_sentence=name in sentences)
    for name, several in stand.items():
        if len(several) > 1:
            where = ", ".join(str(entry.line) for entry in several)
            counts = "the last one counts" if several[-1].value else "the last one is empty"
            yield warning(f"{file}: {name} stands in the lines {where}; {counts}. Delete the others.")
