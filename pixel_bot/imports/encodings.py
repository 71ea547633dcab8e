"""The encoding of a text file: Unicode with or without a byte order mark, else the ANSI code page of Windows."""

import codecs
from pathlib import Path

from pixel_bot.imports.errors import ImportRefused

STEP = 1024 * 1024
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding_of(path: Path) -> str:
    """The encoding with which all of the file can be read.

    UTF-8 is tried first, because text in an ANSI code page is hardly ever valid UTF-8 by accident. In cp1252 five bytes
    mean nothing, so that most binary files are refused.

    Raises:
        ImportRefused: none fits.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    utf16 = "utf-16" if head.startswith(_BOMS) else _utf16_without_mark(head)
    for encoding in [utf16] if utf16 else ["utf-8-sig", "cp1252"]:
        if _decodes(path, encoding):
            return encoding
    known = "UTF-16" if utf16 else "UTF-8 or ANSI"
    raise ImportRefused(f"It is not {known} text. Save it again as CSV in UTF-8.")


def _utf16_without_mark(head: bytes) -> str:
    """Latin text in UTF-16 has a zero in every second byte."""
    pairs = len(head) // 2
    if pairs and head[1::2].count(0) * 2 > pairs and not head[::2].count(0):
        return "utf-16-le"
    if pairs and head[::2].count(0) * 2 > pairs and not head[1::2].count(0):
        return "utf-16-be"
    return ""


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(STEP):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
