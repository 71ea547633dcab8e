"""How long a sound is, read from its file: WAV, MP3 and Ogg (Vorbis or Opus), whatever its ending says.

Formats: https://learn.microsoft.com/windows/win32/multimedia/resource-interchange-file-format-services (RIFF),
https://www.rfc-editor.org/rfc/rfc3533 (Ogg), https://www.rfc-editor.org/rfc/rfc7845 (Opus in Ogg),
http://www.mp3-tech.org/programmer/frame_header.html (MPEG audio). An MP3 is measured by its frames, because the length
that its first frame may tell is often missing, and sometimes wrong.
"""

from pathlib import Path

from pixel_bot.errors import PixelError

MOST_BYTES = 100_000_000

_WAV_FORMATS = {1, 3, 6, 7, 0xFFFE}
"""PCM, floating point, A-law, mu-law, and the extensible form of these: what browsers play."""

_BITRATES = {  # kbit/s by version and layer, index 1 to 14
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44_100, 48_000, 32_000)
_ENOUGH_FRAMES = 3
"""Frames in a row that make bytes an MP3, and no accident."""


class NoSound(PixelError):
    """A file is no sound that can be played; the text says why, in a few words."""


def seconds_of_file(path: Path) -> float:
    """The length of a sound in seconds.

    Raises:
        NoSound: it is empty, damaged, too large, or of another format.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise NoSound(f"it is larger than {MOST_BYTES // 1_000_000} MB")
        raw = path.read_bytes()
    except OSError as exc:
        raise NoSound(f"it cannot be read: {exc.strerror}") from exc
    if not raw:
        raise NoSound("it is empty")
    if raw[:4] == b"RIFF" and raw[8:12] == b"WAVE":
        seconds = _wav(raw)
    elif raw[:4] == b"OggS":
        seconds = _ogg(raw)
    else:
        seconds = _mp3(raw)
    if seconds <= 0:
        raise NoSound("there is no sound in it")
    return seconds


def _wav(raw: bytes) -> float:
    at, bytes_a_second = 12, 0
    while at + 8 <= len(raw):
        name, size = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "little")
        body = at + 8
        if name == b"fmt " and len(raw) >= body + 16:
            if int.from_bytes(raw[body : body + 2], "little") not in _WAV_FORMATS:
                raise NoSound("browsers cannot play this kind of WAV; save it as PCM")
            bytes_a_second = int.from_bytes(raw[body + 8 : body + 12], "little")
        elif name == b"data":
            if not bytes_a_second:
                raise NoSound("its header is damaged")
            # A program that writes as it goes leaves the size open, as 0 or the largest number.
            there = len(raw) - body
            return (min(size, there) or there) / bytes_a_second
        at = body + size + size % 2
    raise NoSound("its header is damaged")


def _ogg(raw: bytes) -> float:
    """By the position of the last page, in samples since the first one."""
    head = raw[28 : 28 + 64]
    start = raw.find(b"\x01vorbis", 0, 128)
    if start >= 0:
        rate, skipped = int.from_bytes(raw[start + 12 : start + 16], "little"), 0
    elif b"OpusHead" in head:
        start = raw.find(b"OpusHead")
        rate, skipped = 48_000, int.from_bytes(raw[start + 10 : start + 12], "little")
    else:
        raise NoSound("only Vorbis and Opus can be played in an .ogg file")
    position, at = 0, raw.rfind(b"OggS")
    while at >= 0:
        position = int.from_bytes(raw[at + 6 : at + 14], "little")
        if 0 < position < 2**63:  # a page on which no packet ends has no position
            break
        at = raw.rfind(b"OggS", 0, at)
    if not rate or at < 0:
        raise NoSound("its header is damaged")
    return (position - skipped) / rate


def _mp3(raw: bytes) -> float:
    at = _after_tags(raw)
    end = len(raw)
    seconds, frames = 0.0, 0
    while at + 4 <= end:
        frame = _frame(raw, at)
        if frame is None:
            if frames >= _ENOUGH_FRAMES and raw[at : at + 3] == b"TAG":
                break
            at = raw.find(b"\xff", at + 1)
            if at < 0:
                break
            continue
        size, length = frame
        if frames < _ENOUGH_FRAMES and at + size + 4 <= end and _frame(raw, at + size) is None:
            at += 1  # two bytes that look like a frame; none follows
            continue
        seconds += length
        frames += 1
        at += size
    if frames < _ENOUGH_FRAMES:
        raise NoSound("it is none of WAV, MP3 and Ogg")
    return seconds


def _after_tags(raw: bytes) -> int:
    """Where the sound begins behind the ID3 tags, whose sizes have seven bits a byte."""
    at = 0
    while raw[at : at + 3] == b"ID3" and len(raw) >= at + 10:
        a, b, c, d = raw[at + 6 : at + 10]
        at += 10 + (a << 21 | b << 14 | c << 7 | d)
    return at


def _frame(raw: bytes, at: int) -> tuple[int, float] | None:
    """The size in bytes and the length in seconds of the MPEG frame that begins there; None where none does."""
    if raw[at] != 0xFF or raw[at + 1] & 0xE0 != 0xE0:
        return None
    version_bits, layer_bits = raw[at + 1] >> 3 & 3, raw[at + 1] >> 1 & 3
    bitrate_bits, rate_bits = raw[at + 2] >> 4, raw[at + 2] >> 2 & 3
    if version_bits == 1 or not layer_bits or bitrate_bits in {0, 15} or rate_bits == 3:
        return None
    version, layer = (1 if version_bits == 3 else 2), 4 - layer_bits
    rate = _RATES[rate_bits] >> {3: 0, 2: 1, 0: 2}[version_bits]
    bits = _BITRATES[version, layer][bitrate_bits - 1] * 1_000
    padding = raw[at + 2] >> 1 & 1
    if layer == 1:
        return (12 * bits // rate + padding) * 4, 384 / rate
    samples = 576 if layer == 3 and version == 2 else 1_152
    return samples // 8 * bits // rate + padding, samples / rate
