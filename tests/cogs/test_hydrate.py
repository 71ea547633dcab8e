"""The whole redeem of CONTRIBUTING.md, as it stands there, and its test."""

import re
from pathlib import Path
from typing import Any

from pixel_bot.testing import stage
from tests.harness.paths import ROOT


def example(title: str) -> str:
    """The code block of CONTRIBUTING.md whose docstring or first lines hold the title."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if title in block]
    return found


async def test_one_file_adds_a_redeem(tmp_path: Path) -> None:
    cogs = tmp_path / "my_cogs"
    cogs.mkdir()
    (cogs / "hydrate.py").write_text(example("!hydrate: a viewer pays"), encoding="utf-8")
    async with stage(tmp_path, cogs_dir=cogs) as chat:
        await chat.viewer("alice", points=60)
        assert await chat.say("alice", "!hydrate") == ["alice passes the water! 10 points left."]
        (card,) = chat.overlay.played
        assert (card["what"], card["text"], card["seconds"]) == ("show", "Drink!", 5)
        assert await chat.points("alice") == 10
        assert "5m left" in (await chat.say("alice", "!hydrate"))[0]
        assert "!hydrate 50" in (await chat.say("alice", "!redeems"))[0]


async def test_the_test_of_the_document_passes(tmp_path: Path) -> None:
    cogs = tmp_path / "my_cogs"
    cogs.mkdir()
    (cogs / "hydrate.py").write_text(example("!hydrate: a viewer pays"), encoding="utf-8")
    source = example("async def test_hydrate").replace('"my_cogs"', repr(str(cogs)))
    names: dict[str, Any] = {}
    exec(compile(source, "CONTRIBUTING.md", "exec"), names)
    await names["test_hydrate"](tmp_path)
