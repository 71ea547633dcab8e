"""Makes the shipped sounds from nothing but arithmetic: ``python -m pixel_bot.sounds.synthesise``.

The sounds are dedicated to the public domain (CC0 1.0, https://creativecommons.org/publicdomain/zero/1.0/).
"""

import math
import random
import sys
import wave
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

RATE = 22_050
PEAK = 0.7
"""The loudest sample, of 1: three decibels below the limit."""
FADE_SECONDS = 0.006

Signal = list[float]
Shape = Callable[[float], float]
"""One wave of a tone: from the phase, 0 to 1, to -1 to 1."""


def sine(phase: float) -> float:
    """The pure tone."""
    return math.sin(math.tau * phase)


def pulse(width: float, harmonics: int = 9) -> Shape:
    """The tone of old game consoles, from so many harmonics that nothing hisses."""
    weights = [2 * math.sin(math.pi * n * width) / (math.pi * n) for n in range(1, harmonics + 1)]

    def shape(phase: float) -> float:
        return sum(weight * math.cos(math.tau * n * phase) for n, weight in enumerate(weights, 1))

    return shape


def saw(harmonics: int = 10) -> Shape:
    """The tone of brass."""

    def shape(phase: float) -> float:
        return sum(math.sin(math.tau * n * phase) / n for n in range(1, harmonics + 1)) / 1.6

    return shape


def tone(seconds: float, pitch: Callable[[float], float], shape: Shape, loudness: Callable[[float], float]) -> Signal:
    """A tone whose pitch (Hz) and loudness (of 1) follow the time in seconds."""
    signal: Signal = []
    phase = 0.0
    for i in range(round(seconds * RATE)):
        at = i / RATE
        signal.append(loudness(at) * shape(phase % 1))
        phase += pitch(at) / RATE
    return signal


def note(semitone: float) -> float:
    """The pitch in Hz of a note, counted in semitones from A at 440 Hz."""
    return 440 * 2 ** (semitone / 12)


def steady(pitch: float) -> Callable[[float], float]:
    """A pitch that stays."""
    return lambda _: pitch


def fading(seconds: float, attack: float = 0.004) -> Callable[[float], float]:
    """Struck: at once there, then falling to a third in ``seconds``."""
    return lambda at: min(1.0, at / attack) * math.exp(-at / seconds)


def blown(seconds: float, attack: float = 0.03, release: float = 0.06) -> Callable[[float], float]:
    """Blown: rising, held, let go before ``seconds``."""
    return lambda at: max(0.0, min(1.0, at / attack, (seconds - at) / release))


def mixed(parts: Iterable[tuple[float, Sequence[float]]]) -> Signal:
    """Signals one over the other, each beginning at its second."""
    placed = [(round(start * RATE), signal) for start, signal in parts]
    whole = [0.0] * max(start + len(signal) for start, signal in placed)
    for start, signal in placed:
        for i, sample in enumerate(signal, start):
            whole[i] += sample
    return whole


def smoothed(signal: Sequence[float], cutoff: float) -> Signal:
    """Duller: what lies above ``cutoff`` Hz gets weaker, the weaker the higher it is."""
    share = 1 - math.exp(-math.tau * cutoff / RATE)
    out: Signal = []
    level = 0.0
    for sample in signal:
        level += share * (sample - level)
        out.append(level)
    return out


def noise(seconds: float, loudness: Callable[[float], float], chance: random.Random) -> Signal:
    """A hiss."""
    return [loudness(i / RATE) * chance.uniform(-1, 1) for i in range(round(seconds * RATE))]


def driven(signal: Sequence[float], force: float) -> Signal:
    """Louder without a higher peak: the loudest of many short hits are rounded off."""
    loudest = max(abs(sample) for sample in signal)
    return [math.tanh(force * sample / loudest) for sample in signal]


def ding() -> Signal:
    """A small bell: partials that are no harmonics, the high ones gone first."""
    partials = ((1.0, 1.0, 0.28), (2.0, 0.35, 0.2), (2.76, 0.4, 0.14), (5.4, 0.18, 0.06))
    return mixed(
        (0.0, [share * s for s in tone(1.0, steady(1_318.5 * ratio), sine, fading(fall))])
        for ratio, share, fall in partials
    )


def coin() -> Signal:
    """Two quick notes, a fourth apart."""
    square = pulse(0.25, 7)
    first = tone(0.08, steady(note(14)), square, blown(0.08, 0.003, 0.01))
    second = tone(0.55, steady(note(19)), square, fading(0.16))
    return mixed([(0.0, first), (0.08, second)])


def airhorn() -> Signal:
    """Three blasts of a horn that is never quite in tune."""

    def blast(seconds: float) -> Signal:
        def pitch(base: float) -> Callable[[float], float]:
            return lambda at: base * (1 - 0.08 * math.exp(-at / 0.03))

        return mixed(
            (0.0, tone(seconds, pitch(p), saw(12), blown(seconds, 0.015, 0.05))) for p in (466.2, 470.8, 554.4)
        )

    return mixed([(0.0, blast(0.18)), (0.24, blast(0.18)), (0.48, blast(0.75))])


def fanfare() -> Signal:
    """Trumpets with good news: three short notes and a chord."""
    brass = saw(9)

    def trumpet(semitone: float, seconds: float) -> Signal:
        return tone(
            seconds, lambda at: note(semitone) * (1 + 0.004 * sine(5.5 * at)), brass, blown(seconds, 0.02, 0.08)
        )

    chord = mixed((0.0, [0.45 * s for s in trumpet(semitone, 0.9)]) for semitone in (3, 7, 10, 15))
    return mixed([(at, trumpet(-2, 0.13)) for at in (0.0, 0.16, 0.32)] + [(0.48, trumpet(3, 0.2)), (0.7, chord)])


def drumroll() -> Signal:
    """A roll that swells, and a crash at its end."""
    chance = random.Random(1)  # noqa: S311 - a sound, and no secret
    hits: list[tuple[float, Signal]] = []
    at = 0.0
    while at < 1.3:
        force = (0.25 + 0.75 * (at / 1.3) ** 1.5) * chance.uniform(0.8, 1.0)
        hits.append((at, _snare(force, chance)))
        at += chance.uniform(0.036, 0.044)
    crash = noise(0.6, fading(0.16, 0.002), chance)
    crash = [1.3 * sample for sample in smoothed(crash, 7_000)]
    return driven(mixed([*hits, (1.34, crash), (1.34, _drum(1.6))]), 3)


def _snare(force: float, chance: random.Random) -> Signal:
    wires = smoothed(noise(0.09, fading(0.022, 0.001), chance), 5_000)
    return mixed([(0.0, [force * s for s in wires]), (0.0, [0.5 * s for s in _drum(force)])])


def _drum(force: float) -> Signal:
    return [force * s for s in tone(0.12, lambda at: 175 + 90 * math.exp(-at / 0.015), sine, fading(0.035, 0.002))]


def boing() -> Signal:
    """A spring that wobbles ever faster and less."""

    def pitch(at: float) -> float:
        return 170 + 110 * at + 85 * math.exp(-at / 0.35) * sine(9 * at + 5 * at * at)

    return tone(0.95, pitch, pulse(0.35, 8), fading(0.32, 0.006))


def sad() -> Signal:
    """A trombone that lost: three steps down, and a long slide."""
    brass = saw(8)
    steps = [
        (at, tone(0.3, steady(note(semitone)), brass, blown(0.3, 0.04, 0.09)))
        for at, semitone in ((0.0, -11), (0.32, -12), (0.64, -13))
    ]

    def slide(at: float) -> float:
        return note(-14 - 1.2 * at + 0.45 * sine(5 * at) * min(1.0, 2 * at))

    last = tone(1.0, slide, brass, blown(1.0, 0.04, 0.5))
    return smoothed(mixed([*steps, (0.96, last)]), 2_200)


def applause() -> Signal:
    """A small crowd that claps, more and then less."""
    chance = random.Random(2)  # noqa: S311 - a sound, and no secret
    claps: list[tuple[float, Signal]] = []
    for _ in range(26):
        at, pace = chance.uniform(0.0, 0.35), chance.uniform(0.16, 0.24)
        hands = chance.uniform(600, 1_700)
        while at < 1.85:
            swell = min(1.0, 0.3 + at / 0.4, (1.95 - at) / 0.8)
            claps.append((at, _clap(swell * chance.uniform(0.5, 1.0), hands, chance)))
            at += pace * chance.uniform(0.9, 1.1)
    return driven(mixed(claps), 3)


def _clap(force: float, hands: float, chance: random.Random) -> Signal:
    slap = noise(0.06, fading(0.011, 0.001), chance)
    body, low = smoothed(smoothed(slap, 1.6 * hands), 3_000), smoothed(slap, 0.4 * hands)
    return [force * (high - bottom) for high, bottom in zip(body, low, strict=True)]


SOUNDS: Mapping[str, Callable[[], Signal]] = {
    make.__name__: make for make in (airhorn, applause, boing, coin, ding, drumroll, fanfare, sad)
}


def finished(signal: Signal) -> "array[int]":
    """16-bit samples: no direct current, soft ends, the peak where it belongs."""
    mean = sum(signal) / len(signal)
    fade = round(FADE_SECONDS * RATE)
    ends = (min(1.0, i / fade, (len(signal) - 1 - i) / fade) for i in range(len(signal)))
    soft = [(sample - mean) * end for sample, end in zip(signal, ends, strict=True)]
    loudest = max(abs(sample) for sample in soft)
    return array("h", (round(32_767 * PEAK * sample / loudest) for sample in soft))


def write(folder: Path) -> list[Path]:
    """Write all sounds as WAV files into a folder. Returns the files."""
    files: list[Path] = []
    for name, make in SOUNDS.items():
        path = folder / f"{name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(finished(make()).tobytes())
        files.append(path)
    return files


if __name__ == "__main__":
    for written in write(Path(__file__).parent):
        sys.stdout.write(f"{written}\n")
