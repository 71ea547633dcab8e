"""The cogs with art of ``docs/cogs.md``, as they stand there."""

import re
from pathlib import Path

import pytest

from pixel_bot import plugin
from pixel_bot.testing import stage
from tests.harness.overlay_double import tone
from tests.harness.paths import ROOT
from tests.overlay.overlay_cog import PNG

PAGE = (ROOT / "docs" / "cogs.md").read_text(encoding="utf-8")


def block(language: str, opening: str) -> str:
    """The only block of code that has those words."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (found,) = [one for one in blocks if opening in one]
    return found


def folder_with(cogs: Path, name: str, code: str, **modules: str) -> Path:
    art = cogs / name / "overlay"
    art.mkdir(parents=True)
    (cogs / name / "__init__.py").write_text(code, encoding="utf-8")
    for module, text in modules.items():
        (art / f"{module}.js").write_text(text, encoding="utf-8")
    return art


async def test_the_wave_of_the_page_plays(tmp_path: Path) -> None:
    art = folder_with(tmp_path / "my_cogs", "waves", block("python", '"""!wave'), wave=block("js", "function play"))
    (art / "hand.png").write_bytes(PNG)
    (art / "splash.wav").write_bytes(tone(0.2))
    async with stage(tmp_path, cogs_dir=tmp_path / "my_cogs") as chat:
        await chat.viewer("alice", 100)
        assert await chat.say("alice", "!wave") == ["Hello! 80 points left."]
        assert await chat.say("alice", "!hand") == ["Look! 70 points left."]
        assert [(m["what"], m.get("data")) for m in chat.overlay.played] == [("art", {"who": "alice"}), ("show", None)]


async def test_the_boss_of_the_page_is_hit(tmp_path: Path) -> None:
    folder_with(tmp_path / "my_cogs", "bosses", block("python", '"""!hit'), boss=block("js", "function show"))
    async with stage(tmp_path, cogs_dir=tmp_path / "my_cogs") as chat:
        await chat.say("alice", "!hit")
        assert chat.overlay.widgets == {"boss": {"left": 99}}


async def test_the_auction_of_the_page_takes_a_bid(tmp_path: Path) -> None:
    (tmp_path / "my_cogs").mkdir()
    (tmp_path / "my_cogs" / "auction.py").write_text(block("python", '"""!bid'), encoding="utf-8")
    async with stage(tmp_path, cogs_dir=tmp_path / "my_cogs") as chat:
        await chat.viewer("alice", 100)
        assert await chat.say("alice", "!bid half") == ["Your bid counts. That took 50 points; 50 points left."]


@pytest.mark.parametrize("name", ["OverlayEffect", "ShowOverlay", "Widget", "Outcome"])
def test_each_name_is_exported_and_has_its_words(name: str) -> None:
    assert name in plugin.__all__
    assert re.search(rf"`{name}\b", PAGE)
