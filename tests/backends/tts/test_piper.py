"""Speech by Piper."""

from pathlib import Path

import pytest

from pixel_bot.backends.tts import NotSetUp, UnknownVoice
from pixel_bot.backends.tts.piper import Piper
from tests.backends.tts.wav import samples_of

FAKE_PIPER = '''
"""The part of Piper that is used; loading a voice is noted in a file."""

from pathlib import Path


class Chunk:
    sample_rate, sample_channels, sample_width = 16000, 1, 2

    def __init__(self, level):
        self.audio_int16_bytes = level.to_bytes(2, "little") * 16000


class PiperVoice:
    @staticmethod
    def load(model_path):
        with Path("loaded.txt").open("a", encoding="utf-8") as file:
            file.write(Path(model_path).name + "\\n")
        return PiperVoice()

    def synthesize(self, text):
        for sentence in text.split("."):
            if sentence:
                yield Chunk(1000 * len(sentence))
'''


def add_voice(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.onnx").write_bytes(b"model")
    (folder / f"{name}.onnx.json").write_text("{}", encoding="utf-8")


@pytest.fixture
def piper_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "piper.py").write_text(FAKE_PIPER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "library"))


@pytest.mark.usefixtures("piper_installed")
async def test_piper_speaks_with_the_voices_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    for name in ("en_US-lessac-medium", "de_DE-thorsten-high"):
        add_voice(folder, name)
    (folder / "half.onnx").write_bytes(b"no description")
    engine = Piper(folder)
    assert await engine.voices() == ["de_DE-thorsten-high", "en_US-lessac-medium"]
    speech = await engine.speak("one.three")
    assert speech.seconds == 2.0
    assert set(samples_of(speech)) == {3_000, 5_000}
    await engine.speak("again")
    await engine.speak("again", "EN_us-lessac-medium")
    with pytest.raises(UnknownVoice):
        await engine.speak("hello", "../half")
    assert (await engine.speak("x." * 100)).seconds == 30.0
    await engine.close()
    loaded = (tmp_path / "loaded.txt").read_text(encoding="utf-8").split()
    assert loaded == ["de_DE-thorsten-high.onnx", "en_US-lessac-medium.onnx"]


@pytest.mark.usefixtures("piper_installed")
async def test_piper_says_which_voice_is_missing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "voices"
    with pytest.raises(NotSetUp, match=r"^Speech is not set up on this stream yet\.$") as caught:
        await Piper(folder).voices()
    assert "python -m pixel_bot voices download NAME" in caught.value.fix
    add_voice(folder, "en_US-amy-low")
    with pytest.raises(NotSetUp) as caught:
        await Piper(folder, "en_GB-alba-medium").speak("hello")
    assert caught.value.fix == (
        "TTS_VOICE=en_GB-alba-medium was not downloaded. Run: python -m pixel_bot voices download en_GB-alba-medium"
    )
    assert caught.value.fix in caplog.text


async def test_piper_says_how_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "library" / "piper.py"
    broken.parent.mkdir()
    broken.write_text("raise ModuleNotFoundError('No module named piper')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))
    add_voice(tmp_path / "voices", "en_US-amy-low")
    engine = Piper(tmp_path / "voices")
    with pytest.raises(NotSetUp) as caught:
        await engine.speak("hello")
    assert 'python -m pip install -e ".[piper]"' in caught.value.fix
    assert "No module named piper" in caplog.text
    broken.write_text(FAKE_PIPER, encoding="utf-8")
    assert (await engine.speak("now it is there")).seconds == 1.0
    await engine.close()
