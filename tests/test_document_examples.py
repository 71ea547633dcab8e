"""The examples of README.md and docs/ work as they stand there."""

import re
from pathlib import Path

import pytest

from pixel_bot.testing import stage

ROOT = Path(__file__).resolve().parents[1]


def example(document: str, language: str) -> str:
    """The only block of code in that language."""
    text = (ROOT / document).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return found


async def test_the_cog_of_the_readme_answers(tmp_path: Path) -> None:
    cogs = tmp_path / "my_cogs"
    cogs.mkdir()
    (cogs / "hello.py").write_text(example("README.md", "python"), encoding="utf-8")
    async with stage(tmp_path, cogs_dir=cogs) as chat:
        await chat.viewer("alice", points=12)
        for typed in ("!hello", "!hi"):
            assert await chat.say("alice", typed) == ["Hello alice, you have 12 points!"]


async def test_the_wheel_takes_its_prizes(tmp_path: Path) -> None:
    (tmp_path / "prizes.json").write_text(example("docs/redeems.md", "json"), encoding="utf-8")
    async with stage(tmp_path) as chat:
        (answer,) = await chat.say("alice", "!wheel")
        assert "50 points 34.9%" in answer
        assert "Pick the next game 1.2% (3 left)" in answer


@pytest.mark.parametrize(("xp", "gained"), [(1_211, 0), (1_212, 100), (5_219, 600)])
async def test_levels_pay_their_rewards(xp: int, gained: int, tmp_path: Path) -> None:
    (tmp_path / "level_rewards.json").write_text(example("docs/commands.md", "json"), encoding="utf-8")
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=0)
        said = await chat.say("mod_mila", f"!xp set @alice {xp}", "moderator")
        assert await chat.points("alice") == gained
        assert any("alice reached level 5!" in line for line in said) == (gained > 0)
