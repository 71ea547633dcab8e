"""The process that loads eSpeak NG. Text goes in as plain characters: neither SSML nor phoneme codes are switched on.

The C functions are described in https://github.com/espeak-ng/espeak-ng/blob/master/src/include/espeak-ng/speak_lib.h.
"""

import ctypes
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pixel_bot.backends.tts.wav import MAX_SECONDS, wav_of
from pixel_bot.backends.tts.worker import NoSuchVoice, serve

SYNCHRONOUS = 2
DO_NOT_EXIT = 0x8000
UTF8 = 1
GO_ON, STOP = 0, 1
RENAMED = {"en": "en-gb"}
"""The library calls British English ``en``, which would pass for English at large."""

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class _Voice(ctypes.Structure):
    """The library's ``espeak_VOICE``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class EspeakLibrary:
    """eSpeak NG in this process."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = open_library(espeakng_loader.get_library_path())
        # The library keeps 160 bytes for the path, and on Windows cannot open one with letters beyond its code page.
        data = Path(espeakng_loader.get_data_path())
        os.chdir(data.parent)
        self._rate = self._library.espeak_Initialize(SYNCHRONOUS, 0, data.name.encode(), DO_NOT_EXIT)
        if self._rate <= 0:
            raise OSError(f"eSpeak NG cannot read {data}")
        self._pcm = bytearray()
        self._callback = _Callback(self._take)  # the library keeps only its address
        self._library.espeak_SetSynthCallback(self._callback)
        self._identifiers = identifiers(self._library, data)

    def voices(self) -> Sequence[str]:
        """The names of all voices."""
        return list(self._identifiers)

    def speak(self, text: str, voice: str) -> bytes:
        """A WAV file of at most a little over 30 seconds."""
        identifier = self._identifiers.get(voice.strip().lower())
        if identifier is None or self._library.espeak_SetVoiceByName(identifier):
            raise NoSuchVoice(voice)
        self._pcm.clear()
        encoded = text.encode("utf-8", "replace")
        size = ctypes.c_size_t(len(encoded) + 1)
        if self._library.espeak_Synth(encoded, size, 0, 0, 0, UTF8, None, None):
            raise OSError("eSpeak NG refused the text")
        return wav_of(bytes(self._pcm), self._rate)

    def _take(self, samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._pcm += ctypes.string_at(samples, 2 * count)
        # Enough is a little more than may be heard, so that the cut gets its fade.
        return STOP if len(self._pcm) > 2 * self._rate * (MAX_SECONDS + 1) else GO_ON


def open_library(path: str) -> Any:
    """The library; raises ``ImportError`` when it cannot be loaded."""
    try:
        library = ctypes.CDLL(path)
    except OSError as exc:
        raise ImportError(f"{path}: {exc}") from exc
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    return library


def identifiers(library: Any, data: Path) -> dict[str, bytes]:
    """The library's own identifier of each voice, by the name that people type: ``gmw/en-US`` is ``en-us``."""
    dictionaries = {file.name.removesuffix("_dict") for file in data.glob("*_dict")}
    found: dict[str, bytes] = {}
    voices = library.espeak_ListVoices(None)
    index = 0
    while voices[index]:
        identifier: bytes = voices[index].contents.identifier
        path = PurePosixPath(identifier.decode().replace("\\", "/"))
        language = ctypes.string_at(voices[index].contents.languages + 1).decode().partition("-")[0]
        if language in dictionaries or _other_dictionary(data / "lang" / path) in dictionaries:
            name = path.name.lower()
            found.setdefault(RENAMED.get(name, name), identifier)
        index += 1
    return found


def _other_dictionary(voice: Path) -> str:
    """The dictionary of another language that a voice uses; a few have none at all, and would only be silent."""
    found = re.search(r"^dictionary\s+(\S+)", voice.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


if __name__ == "__main__":
    serve(EspeakLibrary)
