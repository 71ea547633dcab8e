"""Makes ``pixel_bot/filters/letters.txt``: which Latin letters a character looks or sounds like.

    python -m pip install confusable-homoglyphs && python -m tools.letters

The facts: the "confusables" of Unicode Technical Standard 39 (from the package confusable-homoglyphs), the names of the
characters, alphabets that "fancy text" pages offer, and what each voice of the installed eSpeak NG says. Run it with
the oldest Python that is supported: what its Unicode tables know is left out. All voices take about ten minutes.
"""

import asyncio
import importlib
import json
import re
import string
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pixel_bot.backends.tts.espeak import Espeak
from pixel_bot.filters.letters import SILENT_SIGN
from pixel_bot.filters.noise import plain_characters
from tools.letters_by_ear import candidates, letters_by_ear

TABLE = Path(__file__).parents[1] / "pixel_bot" / "filters" / "letters.txt"
HEAD = """\
# Latin letters that characters look or sound like: the letters, the likeliest first, then the characters (hexadecimal).
# Made by tools/letters.py from Unicode's confusables (https://www.unicode.org/reports/tr39, Copyright Unicode, Inc.,
# Unicode License V3), from the names of the characters and from what eSpeak NG speaks. Do not edit it.
"""
ALPHABETS = (
    "卂乃匚ᗪ乇千Ꮆ卄丨ﾌҜㄥ爪几ㄖ卩Ɋ尺丂ㄒㄩᐯ山乂ㄚ乙",
    "αв¢∂єƒgнιנкℓмησρqяѕтυνωχуz",
    "ąცƈɖɛʄɠɧıʝƙƖɱŋơ℘զཞʂɬų۷ῳҳყʑ",
    "ค๒ς๔єŦﻮђเןкl๓ภ๏קợгรtยשฬאץz",
    "ﾑ乃cd乇ｷgんﾉﾌズﾚﾶ刀oｱq尺丂ｲuﾚwﾒﾘ乙",
    "ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇᔕTᑌᐯᗯ᙭Yᘔ",
    "₳฿₵ĐɆ₣₲ⱧłJ₭Ⱡ₥₦Ø₱QⱤ₴₮ɄV₩ӾɎⱫ",
    "ДБCDΞFGHIJҜLMИФPǪЯSΓЦVЩЖУZ",
    "ǟɮƈɖɛʄɢɦɨʝӄʟʍռօքզʀֆȶʊʋաӼʏʐ",
    "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz",
    "ɑҍçժҽƒցհìʝҟӀʍղօրզɾʂէմѵաՃվՀ",
    "аьсԁеғԍһіјкӏмпорԛгѕтцѵшхуз",
    "aⲃⲥⲇⲉfⳋⲏⲓjⲕⳑⲙⲛⲟⲣqⲅ𐊖ⲧⲩvⲱⲭⲩⲍ",
)
"""Each in the order of the Latin alphabet."""
NAMED = {
    "ALPHA": "a", "SCRIPT G": "g", "SCHWA": "e", "OPEN E": "e", "ENG": "n", "IOTA": "i", "UPSILON": "u", "ESH": "s",
    "EZH": "z", "ETH": "d", "THORN": "p", "OPEN O": "oc", "GAMMA": "yg", "CHI": "x", "BETA": "b", "DELTA": "d",
    "PHI": "fo", "OMEGA": "ow", "WYNN": "pw", "DOTLESS I": "i", "DOTLESS J": "j", "LONG S": "sf", "BOTTOM HALF O": "o",
}  # fmt: skip
SOUNDS = {
    "абвгдежзийклмнопрстуфхцыэёєіўґјљњћђџ": "abvgdejziiklmnoprstufhcieeeiugjlnhdd",
    "αβγδεζηθικλμνξοπρσςτυφχω": "abgdeziticlmnxoprsstufho",
    "աբգդեզէըթիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ": "abgdezeetilhckhdgcminsocpjrsvtrcupkof",
    "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ": "abgdevztiklmnopjrstufkgqscczcchjh",
}
"""What letters of other alphabets sound like in their own languages, one letter each."""
_SINGLE = re.compile(r"(?:^|.* )([A-Z])(?= WITH |$)")
_LATIN = re.compile("LATIN|REGIONAL INDICATOR|MODIFIER LETTER (?:SMALL|CAPITAL)")


def by_eye() -> Iterator[tuple[str, str]]:
    """Characters and a letter, or a few, that each looks like; a character may come again."""
    for alphabet in ALPHABETS:
        yield from zip(alphabet, string.ascii_lowercase, strict=True)
    for char in candidates():
        name = unicodedata.name(char)
        if not _LATIN.search(name):
            continue
        if single := _SINGLE.fullmatch(name.split(" WITH ")[0]):
            yield char, single[1].lower()
        for word, letters in NAMED.items():
            if re.search(rf"\b{word}(?= WITH |$)", name):
                yield from ((char, letter) for letter in letters)
    yield from _confusables()


def _confusables() -> Iterator[tuple[str, str]]:
    package = importlib.import_module("confusable_homoglyphs").__name__
    listed: Mapping[str, Any] = json.loads(files(package).joinpath("confusables.json").read_text(encoding="utf-8"))
    for char, others in listed.items():
        for letters in (_bare(other["c"]) for other in others):
            if len(char) == 1 and letters.isascii() and letters.isalpha():
                yield char, letters
                if letters == "l":  # an upright stroke; the standard does not tell it from a capital I
                    yield char, "i"


def _bare(text: str) -> str:
    """The text without marks, in small letters; ``I`` is what looks like an l there."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] in "LN").casefold()


def by_ear(voices: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Characters, and a letter that each sounds like; a modifier may also mean nothing."""
    for spoken in voices.values():
        for char, letters in spoken.items():
            if plain_characters(f"a{char}a") == f"a{char}a":  # else no voice ever hears it
                yield from ((char, SILENT_SIGN) for _ in range(unicodedata.category(char) == "Lm"))
                yield from ((char, letter) for letter in letters)
    for alphabet, letters in SOUNDS.items():
        for char, letter in zip(alphabet, letters, strict=True):
            yield char, letter
            yield char.upper(), letter


def table(voices: Mapping[str, Mapping[str, str]]) -> str:
    """The file's text."""
    found: dict[str, list[str]] = {}
    for char, letters in (*by_eye(), *by_ear(voices)):
        plain = _bare(char)
        is_plain = plain.isascii() and plain.isalpha()
        known = found.setdefault(char, [plain] if is_plain else [])
        # Several letters only for a letter that is none of them: everything else has its parts by NFKD.
        wanted = len(letters) == 1 or (unicodedata.category(char)[0] == "L" and not is_plain)
        if wanted and letters not in known and not char.isascii():
            known.append(letters)
    for char, letters in list(found.items()):
        if letters and len(char.lower()) == 1:
            found.setdefault(char.lower(), letters)
    lines: dict[str, list[str]] = {}
    for char, letters in sorted(found.items()):
        if letters and letters != [_bare(char)]:
            lines.setdefault(",".join(letters), []).append(f"{ord(char):x}")
    return HEAD + "".join(f"{letters} {' '.join(chars)}\n" for letters, chars in sorted(lines.items()))


async def _voices() -> list[str]:
    engine = Espeak()
    try:
        return list(await engine.voices())
    finally:
        await engine.close()


def main() -> None:
    """Write the file, from what all voices say, or from a file of JSON where an earlier run kept that."""
    if len(sys.argv) > 1:
        voices = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    else:
        voices = {name: letters_by_ear(name) for name in asyncio.run(_voices())}
    TABLE.write_text(table(voices), encoding="ascii")


if __name__ == "__main__":
    main()
