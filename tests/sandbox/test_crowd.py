"""Viewers of the sandbox who play along by themselves."""

import random
from collections import Counter
from pathlib import Path

import pytest

from pixel_bot.cli.arguments import MOST_CROWD, parser
from pixel_bot.sandbox.crowd import MOST, WORDS, Crowd
from pixel_bot.testing import Live, live
from tests.cogs.loaded import cog_class
from tests.harness.database import findings, rows

VOTE = '''
from pixel_bot.plugin import Cog, Context, PixelBot, command


class Vote(Cog):
    is_open = True
    votes = []

    @command(usage="red|blue")
    async def vote(self, ctx: Context, side: str) -> None:
        """Vote."""
        self.votes.append((ctx.viewer.name, side))

    async def what_is_open(self, session):
        return ["vote red", "vote blue"] if self.is_open else []


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Vote(bot))
'''


async def crowd_of(running: Live, size: int, acts: int) -> list[tuple[str, str]]:
    app = running.app
    crowd = Crowd(app.services, app.twitch, app.bot.what_is_open, size, random.Random(7))
    await crowd.begin()
    wrote = [await crowd.act() for _ in range(acts)]
    await app.bot.notifications.received(app.twitch.notified)
    await app.bot.settled()
    return wrote


@pytest.fixture
def cogs(tmp_path: Path) -> Path:
    folder = tmp_path / "my_cogs"
    folder.mkdir()
    (folder / "vote.py").write_text(VOTE, encoding="utf-8")
    return folder


async def test_they_chat_buy_and_take_part_in_what_is_open(tmp_path: Path, cogs: Path) -> None:
    async with live(tmp_path / "bot", cogs_dir=cogs) as running:
        wrote = await crowd_of(running, 5, 60)
        vote = cog_class(running.app.bot, "Vote")
        votes = Counter(viewer for viewer, _ in vote.votes)
        assert set(votes.values()) == {1}, "each votes once"
        assert len(votes) == 5
        assert {side for _, side in vote.votes} == {"red", "blue"}
        assert {who for who, _ in wrote} == votes.keys()
        assert await rows(running.app, "SELECT COUNT(*) > 0 FROM queue_items") == [(True,)]
        assert any(text in WORDS for _, text in wrote)
        assert await findings(running.app) == []
        vote.is_open = False
        assert not any(text.startswith("!vote") for _, text in await crowd_of(running, 5, 20))


async def test_the_same_seed_plays_the_same(tmp_path: Path, cogs: Path) -> None:
    played: list[list[tuple[str, str]]] = []
    for name in ("one", "two"):
        async with live(tmp_path / name, cogs_dir=cogs) as running:
            played.append(await crowd_of(running, 3, 15))
    assert played[0] == played[1]


def test_a_crowd_has_so_many_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    assert MOST_CROWD == MOST
    assert parser().parse_args(["sandbox", "--crowd", "12"]).crowd == 12
    for wrong in ("0", "13", "many"):
        with pytest.raises(SystemExit):
            parser().parse_args(["sandbox", "--crowd", wrong])
    assert "from 1 to 12" in capsys.readouterr().err
