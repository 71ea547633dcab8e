"""The whole cogs of ``docs/cogs.md``, as they stand there."""

import re
from pathlib import Path

from pixel_bot.testing import stage
from tests.harness.database import findings
from tests.harness.paths import ROOT

PAGE = (ROOT / "docs" / "cogs.md").read_text(encoding="utf-8")


def cog_on_the_page(folder: Path, name: str, usage: str = "") -> Path:
    """A folder with the cog of that command in it."""
    blocks: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (source,) = [block for block in blocks if f'"""!{name}{usage}:' in block]
    made = folder / "cogs"
    made.mkdir()
    (made / f"{name}.py").write_text(source, encoding="utf-8")
    return made


async def test_the_jackpot_is_won_and_no_point_is_lost(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cog_on_the_page(tmp_path, "fruits", " N"), games=True) as chat:
        await chat.viewer("alice", 100)
        answers = [(await chat.say("alice", "!fruits 5"))[0] for _ in range(21)]
        assert answers[0].endswith((" You staked 5 points and won 0 points.", " You staked 5 points and won 5 points."))
        assert answers[20] == "You have done that 20 times today, which is as often as it goes."
        assert await findings(chat) == []


async def test_a_ticket_is_paid_when_its_card_was_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cog_on_the_page(tmp_path, "lottery")) as chat:
        await chat.viewer("alice", 100)
        said = await chat.say("alice", "!lottery")
        assert said[0] == "Good luck! 50 points left."
        assert said[1] in {"alice won 0 points!", "alice won 200 points!"}
        assert await chat.points("alice") == (250 if "200" in said[1] else 50)
        assert await findings(chat) == []
