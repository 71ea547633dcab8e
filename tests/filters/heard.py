"""What eSpeak NG speaks like Latin letters, voice by voice, as the engine said it once: ``heard.txt``.

Asking it about every letter of Unicode takes seconds for each voice. ``python -m tests.filters.heard`` asks again, and
writes the file anew.
"""

from pathlib import Path

from tools.letters_by_ear import letters_by_ear

VOICES = ("en-us", "de", "es", "tr", "pl", "ru")
FILE = Path(__file__).with_name("heard.txt")


def heard(voice: str) -> dict[str, str]:
    """For each character that this voice speaks like Latin letters: those letters."""
    found: dict[str, str] = {}
    for line in FILE.read_text(encoding="ascii").splitlines():
        of, letters, *codes = line.split()
        if of == voice:
            found |= {chr(int(code, 16)): letters for code in codes}
    return found


def line_of(voice: str, letters: str, spoken: dict[str, str]) -> str:
    """A line of the file: the voice, the letters, and the code points of what is spoken like them."""
    codes = " ".join(f"{ord(char):x}" for char, said in spoken.items() if said == letters)
    return f"{voice} {letters} {codes}\n"


def main() -> None:
    """Write the file."""
    lines: list[str] = []
    for voice in VOICES:
        spoken = letters_by_ear(voice)
        lines += [line_of(voice, letters, spoken) for letters in sorted(set(spoken.values()))]
    FILE.write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
