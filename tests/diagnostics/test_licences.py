"""The licence of every part that the bot needs is allowed, or named as an exception with its reason."""

import re

import pytest

from pixel_bot.cli.command_line import main
from pixel_bot.diagnostics.licences import Part, installed_parts
from tests.harness.paths import ROOT

ALLOWED = {
    "0BSD",
    "Apache Software License",
    "Apache-2.0",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC License (ISCL)",
    "ISC",
    "MIT License",
    "MIT",
    "MIT-0",
    "PSF-2.0",
    "Python Software Foundation License",
    "Unlicense",
    "Zlib",
}
"""Licences that ask for a copyright notice at most. Anything else is an exception below, with its reason."""

EXCEPTIONS = {
    "espeakng-loader": ("GPL-3.0-or-later", "eSpeak NG; it runs as a process of its own, see NOTICE.md"),
    "piper-tts": ("GPL-3.0-or-later", "an extra; it runs as a process of its own, see NOTICE.md"),
    "orjson": ("MPL-2.0 AND (Apache-2.0 OR MIT)", "the MPL asks for changes of its own files alone; it is unchanged"),
    "certifi": ("MPL-2.0", "root certificates, unchanged"),
    "tqdm": ("MPL-2.0 AND MIT", "progress bars of a library, unchanged"),
}


def is_allowed(licence: str) -> bool:
    """Whether one of the alternatives of an expression asks for nothing that is not allowed."""
    plain = licence.replace("(", " ( ").replace(")", " ) ") if " AND " in licence else licence
    if "(" in plain and " AND " in plain:
        return False  # only exceptions are so complicated
    return any(
        all(part.strip() in ALLOWED for part in re.split(r"\bAND\b", choice)) for choice in re.split(r"\bOR\b", plain)
    )


def refused(parts: list[Part]) -> list[str]:
    """Parts that may not be used."""
    found: list[str] = []
    for part in parts:
        licence, _ = EXCEPTIONS.get(part.name.lower(), (None, ""))
        if part.licence != licence and not is_allowed(part.licence):
            found.append(f"{part.name} {part.version}: {part.licence}")
    return found


def test_every_part_has_an_allowed_licence() -> None:
    parts = installed_parts(extras=frozenset({"piper"}))
    names = {part.name.lower() for part in parts}
    assert {"sqlalchemy", "greenlet", "uvicorn", "idna", "espeakng-loader", "python-dotenv"} <= names
    assert not names & {"pytest", "ruff", "hypothesis", "playwright", "pixel-bot"}
    assert refused(parts) == []


@pytest.mark.parametrize("licence", ["MIT AND GPL-3.0-only", "GPL-3.0-or-later", "AGPL-3.0", "unknown", "", "MPL-2.0"])
def test_another_licence_would_be_found(licence: str) -> None:
    assert refused([Part("left-pad", "1.0", licence)]) == [f"left-pad 1.0: {licence}"]


def test_an_exception_holds_for_its_licence_alone() -> None:
    assert refused([Part("orjson", "9", "AGPL-3.0")]) == ["orjson 9: AGPL-3.0"]


@pytest.mark.parametrize("licence", ["MIT OR GPL-2.0-only", "Apache-2.0 AND MIT", "Apache-2.0 OR BSD-3-Clause"])
def test_a_choice_is_enough(licence: str) -> None:
    assert refused([Part("left-pad", "1.0", licence)]) == []


def test_every_exception_has_a_reason() -> None:
    assert all(reason for _, reason in EXCEPTIONS.values())


@pytest.mark.parametrize("document", ["README.md", "LICENSE", "NOTICE.md"])
def test_the_gpl_of_what_speaks_is_named(document: str) -> None:
    words = " ".join((ROOT / document).read_text(encoding="utf-8").split())
    for name in ("eSpeak NG", "espeakng-loader", "piper-tts"):
        assert name in words
    assert re.search(r"GPL|General Public License", words)


def test_the_version_tells_the_licences_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version", "--verbose"]) == 0
    said = capsys.readouterr().out
    for part in installed_parts():
        assert f"{part.name} {part.version}: {part.licence}" in said
    assert "espeakng-loader 0" in said
    assert "GNU General Public License" in said
    assert "piper-tts" in said
