"""The page on custom commands knows every variable and every option, and nothing else."""

import inspect
import re

from pixel_bot.testing import Stage
from tests.cogs.commands.test_servers import module_of
from tests.harness.paths import ROOT

PAGE = (ROOT / "docs/custom-commands.md").read_text(encoding="utf-8")
TABLE = PAGE[PAGE.index("\n## Variables\n") : PAGE.index("\n## Servers\n")]


async def test_the_page_has_all_variables_and_no_other(chat: Stage) -> None:
    known = chat.bot.runtime.variables.names
    rows: dict[str, str] = {}
    for line in TABLE.splitlines():
        if (row := re.fullmatch(r"\| (`\$\([^|]+) \| (.+) \|", line)) is not None:
            rows |= dict.fromkeys(re.findall(r"`\$\(([\w.]+)\)`", row[1]), row[2].replace("\\|", "|"))
    assert len(known) > 40
    assert rows.keys() == known.keys()
    for name, one in known.items():
        assert rows[name] == " ".join((inspect.getdoc(one.method) or "").split()), name


def test_the_page_has_all_options_and_levels() -> None:
    options = module_of("options")
    for key in options.KEYS:
        assert f"\n| `{key}` | " in PAGE, key
    for level in set(options.LEVEL_NAMES.values()):
        assert f"\n| `{level}` | " in PAGE, level
