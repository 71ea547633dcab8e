"""A long-lived child process for speech. The libraries are C: a crash costs one sentence and not the bot."""

import asyncio
import json
import logging
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from typing import cast

from pixel_bot.backends.tts.speech import NotSetUp, UnknownVoice
from pixel_bot.backends.tts.worker import FAILED, HEADER_BYTES, NO_VOICE, NOT_INSTALLED, OK, frame
from pixel_bot.errors import EffectFailed
from pixel_bot.wording.texts import texts

_ = texts(__name__)

log = logging.getLogger(__name__)

START_SECONDS = 10.0
"""Seconds that a process may take to start on a busy machine, on top of its first answer."""
STOP_SECONDS = 1.0
MAX_ANSWER = 32 * 2**20
# Control characters are commands to eSpeak, and square brackets hold phonemes for Piper.
_AS_DATA = dict.fromkeys((*range(32), 127, ord("["), ord("]")), " ")
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)


class _Gone(Exception):
    """The process ended instead of answering."""


class Child:
    """One child process and the pipes to it. It is started by the first request, and again after a crash."""

    def __init__(self, module: str, *, timeout: float, install: str) -> None:
        """
        Args:
            module: what ``python -m`` runs in the child; it calls ``worker.serve``.
            timeout: seconds that one answer may take, before the child is ended.
            install: what the streamer is told when the child's library is missing.
        """
        self._module = module
        self._timeout = timeout
        self._install = install
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The process id while one runs."""
        return self._process.pid if self._process is not None else None

    async def voices(self) -> Sequence[str]:
        """The child's voices; raises ``EffectFailed``."""
        return cast(list[str], json.loads(await self._ask({"do": "voices"})))

    async def speak(self, text: str, voice: str) -> bytes:
        """A WAV file of the text; raises ``UnknownVoice``, ``NotSetUp``, ``EffectFailed``."""
        return await self._ask({"do": "speak", "text": text.translate(_AS_DATA), "voice": voice})

    async def close(self) -> None:
        """End the process, after the request in progress."""
        async with self._lock:
            await self._end(STOP_SECONDS)
            await asyncio.gather(*self._ending)

    async def _ask(self, question: dict[str, str]) -> bytes:
        async with self._lock:
            answer = await self._answer_to(json.dumps(question).encode())
            return await self._unpack(answer, question.get("voice", ""))

    async def _answer_to(self, body: bytes) -> bytes:
        if self._process is not None:
            try:
                return await self._exchange(body)
            except _Gone as exc:
                # It may have ended long ago, unnoticed, so this text gets a second try.
                log.warning("The speech process ended: %s. Starting it anew.", exc)
        try:
            return await self._exchange(body)
        except _Gone as exc:
            log.warning("The speech process ended over a text: %s.", exc)
            raise EffectFailed(_("The voice broke down over that text.")) from exc

    async def _exchange(self, body: bytes) -> bytes:
        """One request, one answer. Any interruption ends the child: else the next request would read this answer."""
        answered = False
        timeout = self._timeout + (START_SECONDS if self._process is None else 0)
        try:
            async with asyncio.timeout(timeout):
                process = await self._running()
                answer = await _send_and_receive(process, body)
            answered = True
            return answer
        except TimeoutError as exc:
            log.warning("The speech process took longer than %g s and was ended.", timeout)
            raise EffectFailed(_("The voice took too long over that text.")) from exc
        finally:
            if not answered:
                await self._end()

    async def _running(self) -> Process:
        if self._process is None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    self._module,
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=DEVNULL,
                    creationflags=_NO_WINDOW,
                )
            except OSError as exc:
                log.error("The speech process cannot be started: %s", exc)
                raise EffectFailed(_("The voice cannot be started.")) from exc
        return self._process

    async def _unpack(self, answer: bytes, voice: str) -> bytes:
        kind, rest = answer[:1], answer[1:]
        if kind == OK:
            return rest
        if kind == NO_VOICE:
            raise UnknownVoice(voice)
        detail = rest.decode(errors="replace")
        if kind == NOT_INSTALLED:
            await self._end(STOP_SECONDS)
            log.warning("%s (%s)", self._install, detail)
            raise NotSetUp(self._install)
        assert kind == FAILED
        log.warning("The speech process could not say a text: %s", detail)
        raise EffectFailed(_("The voice could not say that text."))

    async def _end(self, timeout: float = 0.0) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        # In a task of its own: a cancelled caller must not leave a process behind.
        ending = asyncio.create_task(_terminate(process, timeout), name="speech-end")
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        await asyncio.shield(ending)


async def _terminate(process: Process, timeout: float) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(timeout):
            await process.wait()
    except TimeoutError:
        _kill(process)
    # The pipe counts as closed once it was read to its end.
    await process.stdout.read()
    await process.wait()


async def _send_and_receive(process: Process, body: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(frame(body))
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(HEADER_BYTES), "big")
        if not 1 <= length <= MAX_ANSWER:
            raise _Gone(f"an answer of {length} bytes")
        return await process.stdout.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError) as exc:
        raise _Gone(f"process {process.pid}, {type(exc).__name__}") from exc


def _kill(process: Process) -> None:
    try:
        process.kill()
    except ProcessLookupError:
        return  # it ended by itself meanwhile
