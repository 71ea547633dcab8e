"""The child's side of the pipes: requests on standard input, answers on standard output.

A frame is its length (4 bytes, big-endian) and so many bytes. A request is JSON; an answer begins with a status byte.
The process ends when its input does, so it never outlives the bot.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO, Protocol

OK, NO_VOICE, NOT_INSTALLED, FAILED = b"+", b"?", b"-", b"!"
HEADER_BYTES = 4


class NoSuchVoice(Exception):
    """The child has no voice of that name."""


class Speaker(Protocol):
    """What a child can do."""

    def voices(self) -> Sequence[str]:
        """The names of all voices."""
        ...

    def speak(self, text: str, voice: str) -> bytes:
        """A WAV file of the text; raises ``NoSuchVoice``."""
        ...


def frame(body: bytes) -> bytes:
    """The bytes of one frame."""
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def serve(load: Callable[[], Speaker]) -> None:
    """Answer until the input ends. ``load`` brings in the library; when that fails the answer says so, and it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the bot decides when this ends
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    speaker: Speaker | None = None
    while (request := _read(sys.stdin.buffer)) is not None:
        try:
            speaker = speaker or load()
            answer = OK + _answer(speaker, request)
        except NoSuchVoice:
            answer = NO_VOICE
        except ImportError as exc:
            answer = NOT_INSTALLED + str(exc).encode()
        except Exception as exc:  # noqa: BLE001 - one text must not end the child; the bot logs what it was
            answer = FAILED + f"{type(exc).__name__}: {exc}".encode()
        try:
            answers.write(frame(answer))
            answers.flush()
        except BrokenPipeError:
            os._exit(0)  # the bot is gone; a usual exit would flush into the broken pipe once more
        if speaker is None:
            return


def _answer(speaker: Speaker, request: bytes) -> bytes:
    fields = json.loads(request)
    if fields["do"] == "voices":
        return json.dumps(list(speaker.voices())).encode()
    return speaker.speak(fields["text"], fields["voice"])


def _read(stream: BinaryIO) -> bytes | None:
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    length = int.from_bytes(header, "big")
    body = stream.read(length)
    return body if len(body) == length else None
