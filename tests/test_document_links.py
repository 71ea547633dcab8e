"""The documents: every link leads somewhere, every page can be found, and nothing is told twice."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
SHORTEST_PARAGRAPH = 80


def without_code(text: str) -> str:
    """A document without blocks of code and code in a line: what looks like a link there is none."""
    text = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(`+)[^`].*?\1", "", text)


def links(text: str) -> list[str]:
    """What a document links to, pictures included."""
    text = without_code(text)
    inline = re.findall(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)", text)
    return [*inline, *re.findall(r"^\[[^\]]+\]: *<?([^\s>]+)", text, re.MULTILINE)]


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    seen: Counter[str] = Counter()
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M):
        words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def broken_links(document: Path) -> Iterator[str]:
    """Relative links of a document that lead to no file, or to no heading of one."""
    for link in links(document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / unquote(path) if path else document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield link


def paragraphs(text: str) -> Iterator[str]:
    """The longer paragraphs and entries of lists and tables, each in one line."""
    for block in re.split(r"\n\s*\n|\n(?=[-|] )", without_code(text)):
        line = " ".join(block.split())
        if len(line) >= SHORTEST_PARAGRAPH:
            yield line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert list(broken_links(document)) == []


def test_every_page_can_be_found_from_the_readme() -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert len(pages) > 5
    assert pages <= {link.removeprefix("docs/") for link in links((ROOT / "README.md").read_text(encoding="utf-8"))}


def test_no_paragraph_stands_twice() -> None:
    told = Counter(p for document in DOCUMENTS for p in paragraphs(document.read_text(encoding="utf-8")))
    assert len(told) > 50
    assert [p for p, n in told.items() if n > 1] == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](page.md) [b](page.md#two-words) ![c](page.md) [d](#here)\n# Here", []),
        ("[a](gone.md) ![b](gone.png)", ["gone.md", "gone.png"]),
        ("[a](page.md#gone) [b](#gone)", ["page.md#gone", "#gone"]),
        ("[a]\n\n[a]: gone.md", ["gone.md"]),
        ("[a](https://example.com/gone) `[b](gone.md)`\n\n```\n[c](gone.md)\n```\n", []),
        ("``a ` b`` [c](gone.md)", ["gone.md"]),
    ],
)
def test_a_broken_link_would_be_found(text: str, broken: list[str], tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# One\n\n## Two words\n", encoding="utf-8")
    document = tmp_path / "document.md"
    document.write_text(text, encoding="utf-8")
    assert list(broken_links(document)) == broken


def test_anchors_are_those_of_github() -> None:
    text = "# Points, XP and levels\n## Joystick.tv\n## Twice\n## Twice\n## A [link](x.md)\n```\n# no heading\n```\n"
    assert anchors(text) == {"points-xp-and-levels", "joysticktv", "twice", "twice-1", "a-link"}


def test_a_paragraph_that_stands_twice_would_be_found() -> None:
    long = "This sentence is long enough to count as a paragraph of its own, because it goes on and on."
    broken = long.replace(" is ", "\nis ")
    assert list(paragraphs(f"# Title\n\n{long}\n\nShort.\n\n- {broken}\n")) == [long, f"- {long}"]
    assert list(paragraphs(f"{broken}\n\n```\n{long}\n```\n")) == [long]
