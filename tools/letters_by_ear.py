"""Which characters eSpeak NG speaks like a Latin letter, asked of the engine itself.

``python -m tools.letters_by_ear VOICE FIRST`` is the child: it prints a line of JSON for each such character, the first
one at that place of ``CANDIDATES``. A few characters crash the engine, so whoever asks goes on behind them.
"""

import ctypes
import json
import operator
import os
import string
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import espeakng_loader

from pixel_bot.backends.tts.espeak_child import DO_NOT_EXIT, SYNCHRONOUS, UTF8, identifiers, open_library

_FRAMES = ("a{}a", "f{}g", "ne{}s", "e{}o", "b{}b", "nigg{}", "{}ope")
"""Where a character stands when its sound is compared: between vowels and consonants, at the start and the end."""
_QUICK, _ENOUGH = 3, 2
"""A character that is no letter in any of the first frames is none; in so many frames it must sound like its letter."""
_SYLLABLES_AND_IDEOGRAPHS = (
    "CJK", "HANGUL SYLLABLE", "TANGUT", "YI ", "EGYPTIAN", "CUNEIFORM", "ANATOLIAN", "BAMUM", "NUSHU", "KHITAN",
    "LINEAR ", "MENDE", "SIGNWRITING", "BRAILLE", "VAI ", "ETHIOPIC", "CANADIAN",
)  # fmt: skip
"""Scripts without single letters, by the beginnings of their characters' names."""


def candidates() -> list[str]:
    """Every letter, number, mark and symbol beyond ASCII that could stand for a Latin letter."""
    return [
        char
        for char in map(chr, range(0x80, 0x20000))
        if unicodedata.category(char)[0] in "LNMS"
        and (name := unicodedata.name(char, ""))
        and not name.startswith(_SYLLABLES_AND_IDEOGRAPHS)
    ]


def letters_by_ear(voice: str) -> dict[str, str]:
    """For each character that this voice speaks like Latin letters: those letters, in the order of the alphabet."""
    found: dict[str, str] = {}
    first, end = 0, len(candidates())
    while first < end:
        child = subprocess.run(  # noqa: S603 - ourselves, in a process of its own
            [sys.executable, "-m", "tools.letters_by_ear", voice, str(first)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[1],
            check=False,
        )
        *lines, last = child.stdout.decode().splitlines() or ["0"]
        found |= dict(json.loads(line) for line in lines if line.startswith("["))
        first = end if child.returncode == 0 else int(json.loads(last)) + 1
    return found


def _asked(phonemes: Callable[[str], str], first: int) -> Iterator[tuple[int, str, str]]:
    """Place, character and letters of those that are spoken like a letter; also, without letters, before each try."""

    def sounds(char: str, frames: Sequence[str] = _FRAMES) -> list[str]:
        return [phonemes(frame.format(char)) for frame in frames]

    # A letter that is silent in a frame says nothing there.
    nothing = sounds("")
    letters = {
        letter: [None if heard == silent else heard for heard, silent in zip(sounds(letter), nothing, strict=True)]
        for letter in string.ascii_lowercase
    }
    quick = [{heard[at] for heard in letters.values()} for at in range(_QUICK)]
    for at, char in list(enumerate(candidates()))[first:]:
        yield at, char, ""
        if any(heard in known for heard, known in zip(sounds(char, _FRAMES[:_QUICK]), quick, strict=True)):
            found = sounds(char)
            same = [x for x, heard in letters.items() if sum(map(operator.eq, heard, found)) >= _ENOUGH]
            if same:
                yield at, char, "".join(same)


def _engine(voice: str) -> Callable[[str], str]:
    library = open_library(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    data = Path(espeakng_loader.get_data_path())
    os.chdir(data.parent)
    library.espeak_Initialize(SYNCHRONOUS, 0, data.name.encode(), DO_NOT_EXIT)
    if library.espeak_SetVoiceByName(identifiers(library, data)[voice]):
        raise LookupError(voice)

    def phonemes(text: str) -> str:
        buffer = ctypes.create_string_buffer(text.encode())
        left = ctypes.c_void_p(ctypes.addressof(buffer))
        heard: list[str] = []
        while left.value:
            heard.append((library.espeak_TextToPhonemes(ctypes.byref(left), UTF8, 0) or b"").decode())
        return " ".join(heard)

    return phonemes


def main(voice: str, first: str) -> None:
    """Print what the voice speaks, and before each character its place."""
    for at, char, letters in _asked(_engine(voice), int(first)):
        os.write(1, f"{json.dumps([char, letters]) if letters else at}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
