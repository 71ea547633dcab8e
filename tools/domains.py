"""Makes ``pixel_bot/filters/domains.txt``: every top-level domain, international ones in both spellings.

    python -m pip install -U publicsuffixlist && python -m tools.domains

The facts are those of the root zone (https://www.iana.org/domains/root/db), as the rules of ICANN in the public suffix
list name them. An upgrade of that package brings new ones.
"""

import importlib
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

DOMAINS = Path(__file__).parents[1] / "pixel_bot" / "filters" / "domains.txt"
BEGIN, END = "===BEGIN ICANN DOMAINS===", "===END ICANN DOMAINS==="


def top_level(rules: str) -> Iterator[str]:
    """The last label of each rule of ICANN, in Unicode and in ASCII."""
    for line in rules.partition(BEGIN)[2].partition(END)[0].splitlines():
        rule = line.strip()
        if rule and not rule.startswith("//"):
            label = rule.rpartition(".")[2].casefold()
            yield label
            yield label.encode("idna").decode()


def main() -> None:
    """Write the file."""
    package = importlib.import_module("publicsuffixlist").__name__
    rules = files(package).joinpath("public_suffix_list.dat").read_text(encoding="utf-8")
    head = f"# Top-level domains of the root zone. Made by tools/domains.py from publicsuffixlist {version(package)}.\n"
    DOMAINS.write_text(head + "\n".join(sorted(set(top_level(rules)))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
