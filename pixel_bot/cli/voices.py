"""``voices list`` and ``voices download NAME``: neural voices for Piper, from the collection that its makers keep."""

import difflib
import hashlib
import json
import re
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp

from pixel_bot.backends.tts.piper import downloaded
from pixel_bot.errors import FolderNotWritable, StartError
from pixel_bot.settings import Settings
from pixel_bot.texts import count, plain

COLLECTION = "https://huggingface.co/rhasspy/piper-voices/resolve/main/"
ENDINGS = (".onnx.json", ".onnx")
"""The model comes last: a voice is there when its model is."""
SILENCE_SECONDS = 30.0
CHUNK = 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.-]{0,99}")
_PATH = re.compile(r"[A-Za-z0-9_+./-]{1,300}")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of the collection, with its size and checksum."""

    path: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class RemoteVoice:
    """A voice of the collection; ``files`` are in the order in which they are fetched."""

    name: str
    language: str
    files: tuple[RemoteFile, ...]

    @property
    def megabytes(self) -> int:
        """What the download takes, rounded up."""
        return -(-sum(file.size for file in self.files) // 1_000_000)


async def list_voices(settings: Settings, base_url: str = COLLECTION) -> None:
    """Print every voice: its name, language and size, and which ones are here.

    Raises:
        StartError: the collection cannot be reached. The voices that are here were printed nevertheless.
    """
    here = downloaded(_folder(settings))
    try:
        async with _session() as session:
            voices = await _index(session, base_url)
    except StartError:
        for name in here:
            _say(f"{name}  (downloaded)")
        raise
    width = max(map(len, voices), default=0)
    for name, voice in sorted(voices.items()):
        mark = "  (downloaded)" if name in here else ""
        _say(f"{name:<{width}}  {voice.megabytes:>4} MB  {voice.language}{mark}")
    _say(
        f"{count(len(voices), 'voice')}, {len(here)} downloaded. Get one with: python -m pixel_bot voices download NAME"
    )


async def download_voice(settings: Settings, name: str, base_url: str = COLLECTION) -> None:
    """Fetch a voice into DATA_DIR/voices. What is there already and right is not fetched again.

    Raises:
        StartError: there is no such voice, the collection cannot be reached, a file came broken, or cannot be written.
    """
    async with _session() as session:
        voice = _find(name, await _index(session, base_url))
        folder = _folder(settings)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise FolderNotWritable(folder, "DATA_DIR") from exc
        _say(f"Downloading {voice.name} ({voice.language}, {voice.megabytes} MB) to {folder}")
        for file in voice.files:
            await _fetch(session, base_url, file, folder / Path(file.path).name)
    _say(f"Done. To use it, set TTS_ENGINE=piper and TTS_VOICE={voice.name}")


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "voices"


@asynccontextmanager
async def _session() -> AsyncGenerator[aiohttp.ClientSession]:
    """An HTTP session whose errors are translated."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=SILENCE_SECONDS, sock_read=SILENCE_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True, raise_for_status=True) as session:
            yield session
    except aiohttp.ClientResponseError as exc:
        raise StartError(f"The voice collection answered {exc.status} for {exc.request_info.url}.") from exc
    except (aiohttp.ClientError, TimeoutError) as exc:
        reason = plain(str(exc)) or "no answer"
        raise StartError(f"The voice collection cannot be reached ({reason}). Is there a connection?") from exc


async def _index(session: aiohttp.ClientSession, base_url: str) -> dict[str, RemoteVoice]:
    async with session.get(base_url + "voices.json") as answer:
        raw = await answer.read()
    try:
        listed = cast(dict[str, Any], json.loads(raw))
        voices = [_voice(name, entry) for name, entry in listed.items() if _NAME.fullmatch(name)]
        return {voice.name: voice for voice in voices if len(voice.files) == len(ENDINGS)}
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StartError("The voice collection sent a list that cannot be read. Try again later.") from exc


def _voice(name: str, entry: Mapping[str, Any]) -> RemoteVoice:
    """One entry of the index. Its paths can only name the voice's own files."""
    files: dict[str, RemoteFile] = {}
    for path, facts in entry["files"].items():
        ending = path.rpartition("/")[2].removeprefix(name)
        if ending in ENDINGS and _PATH.fullmatch(path) and ".." not in path:
            files[ending] = RemoteFile(path, int(facts["size_bytes"]), str(facts["md5_digest"]))
    language = entry["language"]
    spoken = plain(f"{language['name_english']} ({language['country_english']}), {entry['quality']}")
    return RemoteVoice(name, spoken, tuple(files[ending] for ending in ENDINGS if ending in files))


def _find(typed: str, voices: Mapping[str, RemoteVoice]) -> RemoteVoice:
    by_name = {name.casefold(): voice for name, voice in voices.items()}
    voice = by_name.get(typed.strip().casefold())
    if voice is not None:
        return voice
    close = difflib.get_close_matches(typed.strip().casefold(), by_name, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(by_name[name].name for name in close)}?" if close else ""
    raise StartError(
        f"There is no voice called {plain(typed.strip()[:100])}.{hint} All of them: python -m pixel_bot voices list"
    )


async def _fetch(session: aiohttp.ClientSession, base_url: str, file: RemoteFile, target: Path) -> None:
    """Download a file; it gets its name when it is complete, and an incomplete one is removed."""
    part = target.with_name(f"{target.name}.part")
    try:
        if _is_right(target, file):
            return
        async with session.get(base_url + file.path) as answer:
            with part.open("wb") as out, _bar(target.name, file.size) as advance:
                async for chunk in answer.content.iter_chunked(CHUNK):
                    out.write(chunk)
                    advance(len(chunk))
                    if out.tell() > file.size:
                        break
        if not _is_right(part, file):
            raise StartError(f"{target.name} came broken. Run the same command again.")
        part.replace(target)
    except (aiohttp.ClientError, TimeoutError):
        raise  # these are OSErrors as well, of the network
    except OSError as exc:
        raise StartError(f"{target} cannot be written: {exc.strerror}. Make room or allow writing there.") from exc
    finally:
        part.unlink(missing_ok=True)


def _is_right(path: Path, file: RemoteFile) -> bool:
    """Whether the file is there, of the right size and content."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    with path.open("rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == file.md5


@contextmanager
def _bar(name: str, size: int) -> Generator[Callable[[int], object]]:
    """A progress bar where the output is a terminal."""
    if not sys.stdout.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(name, total=size)
        yield lambda more: progress.advance(task, more)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
