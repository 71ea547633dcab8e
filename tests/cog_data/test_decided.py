"""Redeems that decide their effect in the purchase, are followed by one, are final, or have a lane of their own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pixel_bot.cog_data.models import CogModel
from pixel_bot.plugin import LastGoodFile, pick, text_of
from pixel_bot.testing import Stage, stage
from tests.cog_data.cogs_of import cog_with, cogs_in
from tests.harness.database import findings, rows

DICE = """
reasons = {"dice": "thrown"}

@redeem(cost=20, lane="dice", counts_from="begun", final="The dice have fallen.")
async def dice(self, ctx: Context, *, how: str = "") -> Outcome:
    \"\"\"Throw dice.\"\"\"

    async def throw(tx: Transaction):
        if how == "closed":
            raise RedeemOff("The dice", "They are lost.")
        if how == "sound":
            return Decided(PlaySound("ding"), {})
        return Decided(ShowOverlay(f"{ctx.viewer} has a six"), {"points": 7, "how": how})

    return Outcome("They roll.", ShowOverlay("?"), on_buy=throw)

@dice.on_done
async def fall(self, tx, bought):
    await tx.credit(bought.viewer, bought.kept["points"], reason="dice", note="a six")
    await tx.give_xp(bought.viewer, 100)
    return Outcome("A six!", PlaySound("ding")) if bought.kept["how"] == "loud" else "A six!"

@dice.on_missed
async def silent(self, tx, bought):
    await tx.credit(bought.viewer, 1)
    return "Take a point."

@redeem(cost=1)
async def other(self, ctx: Context) -> Outcome:
    \"\"\"Something in the common lane.\"\"\"
    return Outcome("", ShowOverlay("Other!"))
"""


@asynccontextmanager
async def dice(folder: Path) -> AsyncGenerator[Stage]:
    async with stage(folder, cogs_dir=cogs_in(folder, dice=cog_with(DICE, "Dice"))) as chat:
        await chat.viewer("alice", 100)
        yield chat
        assert await findings(chat) == []


async def test_the_effect_is_the_one_that_the_purchase_decided(tmp_path: Path) -> None:
    async with dice(tmp_path) as chat:
        assert await chat.say("alice", "!dice") == ["They roll. 80 points left.", "A six!"]
        assert [message["text"] for message in chat.overlay.played] == ["alice has a six"]
        assert await chat.points("alice") == 87
        assert await rows(chat, "SELECT amount, note FROM transactions WHERE reason = 'dice'") == [(7, "a six")]
        assert "thrown" in (await chat.say("alice", "!history"))[0]
        assert (await chat.say("alice", "!level"))[0].startswith("You are level 2")


async def test_it_can_be_refused_and_must_be_of_the_same_class(tmp_path: Path) -> None:
    async with dice(tmp_path) as chat:
        assert await chat.say("alice", "!dice closed") == ["They are lost."]
        await chat.say("alice", "!dice sound")
        assert await chat.points("alice") == 100
        assert chat.overlay.played == []


@pytest.mark.parametrize(("plays", "points"), [(True, 87), (False, 88)])
async def test_what_follows_is_free_and_made_up_for(tmp_path: Path, *, plays: bool, points: int) -> None:
    async with dice(tmp_path) as chat:
        chat.overlay.plays = False
        await chat.say("alice", "!dice loud", wait=False)
        await chat.overlay.asked(1)
        chat.overlay.started()
        chat.overlay.finished()
        await chat.overlay.asked(2)
        (chat.overlay.finished if plays else chat.overlay.failed)()
        await chat.settled()
        assert await chat.points("alice") == points
        assert any("Take a point." in line for line in chat.sent) is not plays


@pytest.mark.parametrize("landed", [True, False])
async def test_what_is_final_no_mod_gives_back(tmp_path: Path, *, landed: bool) -> None:
    async with dice(tmp_path) as chat:
        chat.overlay.plays = landed
        await chat.say("alice", "!dice", wait=landed)
        if not landed:
            await chat.overlay.asked(1)
            chat.overlay.started()
            await chat.passes(1)
        assert await chat.say("mila", "!refund @alice", "moderator") == ["The dice have fallen."]


async def test_a_lane_of_its_own_is_paused_by_its_name_and_stays_so(tmp_path: Path) -> None:
    async with dice(tmp_path) as chat:
        assert await chat.say("mila", "!queue pause dice", "moderator") == ["Paused: dice. !queue resume goes on."]
        await chat.say("alice", "!dice")
        await chat.say("alice", "!other")
        assert [message["text"] for message in chat.overlay.played] == ["Other!"]
        assert "dice 1" in (await chat.say("mila", "!queue", "moderator"))[0]
    async with stage(tmp_path, cogs_dir=tmp_path / "cogs") as again:
        await again.settled()
        assert again.overlay.played == []
        await again.say("mila", "!queue resume dice", "moderator")
        await again.settled()
        assert await again.points("alice") == 86


async def test_a_lane_that_comes_with_a_cog_works_at_once(tmp_path: Path) -> None:
    async with dice(tmp_path) as chat:
        await chat.say("mila", "!queue pause", "moderator")
        await chat.say("pixel_street", "!cog unload dice", "broadcaster")
        assert await chat.say("mila", "!queue resume dice", "moderator") != ["Going on: dice."]
        await chat.say("mila", "!queue resume", "moderator")
        await chat.say("pixel_street", "!cog load dice", "broadcaster")
        await chat.say("mila", "!queue resume dice", "moderator")
        await chat.say("alice", "!dice")
        assert [message["text"] for message in chat.overlay.played] == ["alice has a six"]


def test_a_draw_can_be_made_again_by_its_seed() -> None:
    odds = [("win", 1.0), ("lose", 3.0)]
    assert {pick(f"{number}", odds) for number in range(20)} == {0, 1}
    assert pick("seed", odds) == pick("seed", odds)


def test_a_table_is_adopted_only_by_the_cog_that_it_is_kept_for() -> None:
    with pytest.raises(TypeError, match="The table draws is not kept for the cog tests"):
        type("Draw", (CogModel,), {"__module__": "tests.here"}, adopts="draws")


FILED = """
def __init__(self, bot):
    super().__init__(bot)
    path = bot.settings.data_dir / "words.txt"
    self.words = LastGoodFile(path, lambda raw: text_of(raw, path.name), "none", "There are no words.")
    self.files = [self.words]

@command()
async def words(self, ctx: Context) -> None:
    \"\"\"Say what stands in the file.\"\"\"
    await ctx.reply(self.words.now())
"""


async def test_a_file_of_a_cog_that_breaks_is_told_and_stays_good(tmp_path: Path) -> None:
    assert (LastGoodFile.__name__, text_of(b"a", "x")) == ("LastGoodFile", "a")
    path = tmp_path / "words.txt"
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, filed=cog_with(FILED, "Filed"))) as chat:
        assert await chat.say("alice", "!words") == ["none"]
        path.write_text("good", encoding="utf-8")
        assert await chat.say("alice", "!words") == ["good"]
        path.write_bytes(b"\xff\xfef")
        told = await chat.say("alice", "!words")
        assert "good" in told
        assert any("words.txt cannot be read" in line for line in told)
        assert "words.txt" in await chat.bot.status.words()
        await chat.bot.cogs.unload("filed")
        assert "words.txt" not in await chat.bot.status.words()
