"""The sounds that come with the bot are what the script makes, and pleasant to hear."""

import wave
from array import array
from pathlib import Path

import pytest

from pixel_bot.sounds import synthesise
from pixel_bot.sounds.synthesise import RATE, SOUNDS, write

SHIPPED = Path(synthesise.__file__).parent
FULL = 32_767


def samples_of(name: str) -> "array[int]":
    with wave.open(str(SHIPPED / f"{name}.wav"), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return array("h", file.readframes(file.getnframes()))


def test_the_script_makes_exactly_the_shipped_files(tmp_path: Path) -> None:
    made = {path.name: path.read_bytes() for path in write(tmp_path)}
    assert made == {path.name: path.read_bytes() for path in SHIPPED.glob("*.wav")}
    assert len(made) == 8
    assert sum(map(len, made.values())) < 500_000


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_is_clean(name: str) -> None:
    samples = samples_of(name)
    assert 0.4 <= len(samples) / RATE <= 2.5
    assert 0.65 * FULL <= max(map(abs, samples)) <= 0.75 * FULL
    assert abs(sum(samples) / len(samples)) < 10, "direct current"
    assert max(map(abs, [*samples[:8], *samples[-8:]])) < 0.1 * FULL, "a click at an end"


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_begins_at_once_and_can_be_heard(name: str) -> None:
    samples = samples_of(name)
    loudness = [
        (sum(s * s for s in samples[i : i + RATE // 10]) / (RATE // 10)) ** 0.5 / FULL
        for i in range(0, len(samples), RATE // 10)
    ]
    assert loudness[0] > 0.03
    assert 0.15 < max(loudness) < 0.55
