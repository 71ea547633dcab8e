"""``voices list`` and ``voices download``, against a local double of the collection."""

import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pixel_bot.cli.voices import download_voice, list_voices
from pixel_bot.errors import FolderNotWritable, StartError
from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in
from pixel_bot.web.server import WebServer

AMY, LESSAC = "en_US-amy-low", "en_US-lessac-medium"


class Collection:
    """Serves an index and the files in it; a test may change both."""

    def __init__(self) -> None:
        self.server = WebServer("127.0.0.1", 0)
        self.files: dict[str, bytes] = {}
        self.index: Any = {}
        self.asked: list[str] = []
        for name, speaker, quality in ((AMY, "amy", "low"), (LESSAC, "lessac", "medium")):
            self.add(name, f"en/en_US/{speaker}/{quality}/{name}")

    @property
    def url(self) -> str:
        return f"http://{self.server.address}/"

    def add(self, name: str, path: str) -> None:
        files = {f"{path}.onnx": b"model of " + name.encode(), f"{path}.onnx.json": b'{"audio": {}}'}
        self.files |= files
        self.index[name] = {
            "key": name,
            "language": {"name_english": "English", "country_english": "United States"},
            "quality": name.rpartition("-")[2],
            "files": {
                path: {"size_bytes": len(body), "md5_digest": hashlib.md5(body).hexdigest()}
                for path, body in (files | {"en/MODEL_CARD": b"card"}).items()
            },
        }

    async def serve(self, request: Request) -> Response:
        path = request.path_params["path"]
        self.asked.append(path)
        if path == "voices.json":
            return self.index if isinstance(self.index, Response) else JSONResponse(self.index)
        return Response(self.files[path]) if path in self.files else Response(status_code=404)


@pytest.fixture
async def collection() -> AsyncGenerator[Collection]:
    double = Collection()
    await double.server.start([Route("/{path:path}", double.serve)], [])
    yield double
    await double.server.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


async def test_a_voice_is_downloaded(
    collection: Collection, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await download_voice(settings, LESSAC.upper(), collection.url)
    folder = settings.data_dir / "voices"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        f"{LESSAC}.onnx": b"model of " + LESSAC.encode(),
        f"{LESSAC}.onnx.json": b'{"audio": {}}',
    }
    said = capsys.readouterr().out
    assert f"Downloading {LESSAC} (English (United States), medium, 1 MB)" in said
    assert f"set TTS_ENGINE=piper and TTS_VOICE={LESSAC}" in said


async def test_what_is_there_is_not_fetched_again(collection: Collection, settings: Settings) -> None:
    await download_voice(settings, AMY, collection.url)
    (settings.data_dir / "voices" / f"{AMY}.onnx").write_bytes(b"damaged since")
    collection.asked.clear()
    await download_voice(settings, AMY, collection.url)
    assert collection.asked == ["voices.json", f"en/en_US/amy/low/{AMY}.onnx"]
    assert (settings.data_dir / "voices" / f"{AMY}.onnx").read_bytes() == b"model of " + AMY.encode()


async def test_voices_are_listed(
    collection: Collection, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await download_voice(settings, AMY, collection.url)
    capsys.readouterr()
    await list_voices(settings, collection.url)
    first, second, last = capsys.readouterr().out.splitlines()
    assert first == f"{AMY}           1 MB  English (United States), low  (downloaded)"
    assert second == f"{LESSAC}     1 MB  English (United States), medium"
    assert last == "2 voices, 1 downloaded. Get one with: python -m pixel_bot voices download NAME"


async def test_an_unknown_voice_is_a_clear_error(collection: Collection, settings: Settings) -> None:
    with pytest.raises(StartError) as caught:
        await download_voice(settings, "en_US-lesac", collection.url)
    assert str(caught.value) == (
        f"There is no voice called en_US-lesac. Did you mean {LESSAC} or {AMY}? "
        "All of them: python -m pixel_bot voices list"
    )
    with pytest.raises(StartError, match=r"no voice called zzz\. All of them"):
        await download_voice(settings, "zzz", collection.url)
    assert caught.value.exit_code == 1
    assert not (settings.data_dir / "voices").exists()


@pytest.mark.parametrize("name", ["../../evil", "..", "en/../../evil", "C:\\evil", "\x1b[31mred"])
async def test_a_name_leads_nowhere_else(collection: Collection, settings: Settings, name: str) -> None:
    collection.add(name, f"en/{name}")
    with pytest.raises(StartError) as caught:
        await download_voice(settings, name, collection.url)
    assert str(caught.value).isprintable()
    assert list(settings.data_dir.rglob("*evil*")) == []


async def test_paths_of_the_index_lead_nowhere_else(collection: Collection, settings: Settings) -> None:
    collection.add("evil", "../../../evil")
    with pytest.raises(StartError, match="no voice called evil"):
        await download_voice(settings, "evil", collection.url)
    assert collection.asked == ["voices.json"]


@pytest.mark.parametrize("body", [b"", b"model of somebody", b"x" * 100_000])
async def test_a_broken_download_leaves_nothing(collection: Collection, settings: Settings, body: bytes) -> None:
    collection.files[f"en/en_US/amy/low/{AMY}.onnx"] = body
    with pytest.raises(StartError, match=rf"^{AMY}\.onnx came broken\. Run the same command again\.$"):
        await download_voice(settings, AMY, collection.url)
    assert [path.name for path in (settings.data_dir / "voices").iterdir()] == [f"{AMY}.onnx.json"]


async def test_a_file_that_is_gone_is_a_clear_error(collection: Collection, settings: Settings) -> None:
    collection.files.clear()
    with pytest.raises(StartError, match=r"^The voice collection answered 404 for http://.*\.onnx\.json\.$"):
        await download_voice(settings, AMY, collection.url)


@pytest.mark.parametrize("index", [Response("<html>"), JSONResponse([1]), JSONResponse({"a": {"files": 3}})])
async def test_a_broken_index_is_a_clear_error(collection: Collection, settings: Settings, index: Response) -> None:
    collection.index = index
    with pytest.raises(StartError, match="list that cannot be read"):
        await list_voices(settings, collection.url)


async def test_without_a_connection_the_voices_here_are_still_listed(
    collection: Collection, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await download_voice(settings, AMY, collection.url)
    capsys.readouterr()
    with pytest.raises(StartError, match="cannot be reached"):
        await list_voices(settings, "http://127.0.0.1:9/")
    assert capsys.readouterr().out == f"{AMY}  (downloaded)\n"


async def test_a_folder_that_cannot_be_made_is_a_clear_error(collection: Collection, settings: Settings) -> None:
    (settings.data_dir / "voices").write_text("a file is in the way", encoding="utf-8")
    with pytest.raises(FolderNotWritable, match="DATA_DIR"):
        await download_voice(settings, AMY, collection.url)
