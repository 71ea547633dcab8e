"""Redeems that act in their purchase, and name the moment from which they count."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.redeems.offers import Offer
from pixel_bot.testing import Stage, stage
from tests.cog_data.cogs_of import cog_with, cogs_in
from tests.harness.database import findings, rows

MODELS = """
class Ticket(CogModel):
    id: Mapped[int] = mapped_column(primary_key=True)
    viewer: Mapped[ViewerId]
    prize: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="open")
"""
LOTTERY = """
tables = [Ticket]

@redeem(cost=50, counts_from="MOMENT")
async def ticket(self, ctx: Context, *, word: str = "") -> Outcome:
    \"\"\"A ticket, which is drawn when it is bought and paid when its card was shown.\"\"\"

    async def draw(tx: Transaction):
        if word == "forbidden":
            raise BadInput("Not with that word.")
        drawn = await tx.draw({30: 1})
        ticket = Ticket(viewer=ctx.viewer.id, prize=drawn.choice)
        tx.session.add(ticket)
        await tx.session.flush()
        if word == "half":
            await tx.debit(ctx.viewer, "half")
        return {"ticket": ticket.id}

    return Outcome("Good luck!", ShowOverlay("A ticket!", seconds=5), on_buy=draw)

@ticket.on_done
async def pay(self, tx, bought):
    ticket = await tx.session.get(Ticket, bought.kept["ticket"])
    ticket.state = "paid"
    await tx.credit(bought.viewer, ticket.prize)
    return f"{bought.buyer} won {ticket.prize} points!"

@ticket.on_refund
async def void(self, tx, bought):
    ticket = await tx.session.get(Ticket, bought.kept["ticket"])
    ticket.state = "void"
    if ticket.prize == 0:
        raise RuntimeError("cannot be voided")
"""


@asynccontextmanager
async def lottery(folder: Path, moment: str = "done") -> AsyncGenerator[Stage]:
    source = cog_with(LOTTERY.replace("MOMENT", moment), "Lottery", MODELS)
    async with stage(folder, cogs_dir=cogs_in(folder, lottery=source)) as chat:
        await chat.viewer("alice", 100)
        yield chat
        assert await findings(chat) == []


async def tickets(chat: Stage) -> list[tuple[str]]:
    return [(str(state),) for (state,) in await rows(chat, "SELECT state FROM cog_lottery_ticket ORDER BY id")]


async def test_it_draws_in_the_purchase_and_pays_in_the_end(tmp_path: Path) -> None:
    async with lottery(tmp_path) as chat:
        answers = await chat.say("alice", "!ticket")
        assert answers == ["Good luck! 50 points left.", "alice won 30 points!"]
        assert await tickets(chat) == [("paid",)]
        assert await rows(chat, "SELECT amount, reason FROM transactions ORDER BY id DESC LIMIT 2") == [
            (30, "ticket"),
            (-50, "redeem:ticket"),
        ]
        assert await rows(chat, "SELECT cog, reason, choice FROM fair_draws") == [("lottery", "ticket", "30")]
        assert "30 100.0%" in (await chat.say("alice", "!fair 1"))[0]


async def test_what_it_raises_undoes_the_purchase(tmp_path: Path) -> None:
    async with lottery(tmp_path) as chat:
        assert await chat.say("alice", "!ticket forbidden") == ["Not with that word."]
        assert await chat.points("alice") == 100
        assert await tickets(chat) == []
        chat.clock.advance(60)
        assert (await chat.say("alice", "!ticket half"))[0] == "Good luck! 25 points left."


async def test_a_refund_takes_back_what_the_purchase_did(tmp_path: Path) -> None:
    async with lottery(tmp_path) as chat:
        chat.overlay.close()
        await chat.say("alice", "!ticket", wait=False)
        assert await tickets(chat) == [("open",)]
        assert await chat.passes(120) == ["@alice ticket: The overlay was away for too long. Your 50 points are back."]
        assert await tickets(chat) == [("void",)]
        assert await chat.points("alice") == 100


async def test_a_hook_that_fails_keeps_no_refund_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with lottery(tmp_path) as chat:
        chat.overlay.close()
        await chat.say("alice", "!ticket", wait=False)
        async with chat.bot.write() as session:
            await session.execute(text("UPDATE cog_lottery_ticket SET prize = 0"))
        await chat.passes(120)
        assert await tickets(chat) == [("open",)]
        assert await chat.points("alice") == 100
    assert "could not take back" in caplog.text


async def test_once_bought_it_counts_whatever_happens(tmp_path: Path) -> None:
    async with lottery(tmp_path, "bought") as chat:
        chat.overlay.close()
        await chat.say("alice", "!ticket", wait=False)
        assert await chat.passes(120) == ["alice won 30 points!"]
        assert await tickets(chat) == [("paid",)]
        assert await chat.points("alice") == 80


@pytest.mark.parametrize(("begins", "points"), [(True, 80), (False, 100)])
async def test_once_begun_it_counts(tmp_path: Path, *, begins: bool, points: int) -> None:
    async with lottery(tmp_path, "begun") as chat:
        chat.overlay.plays = False
        await chat.say("alice", "!ticket", wait=False)
        await chat.overlay.asked(1)
        if begins:
            chat.overlay.started()
        chat.overlay.failed()
        await chat.settled()
        assert await chat.points("alice") == points
        assert await tickets(chat) == [("paid",) if begins else ("void",)]


@pytest.mark.parametrize(("moment", "points"), [("bought", 80), ("done", 100)])
async def test_a_cog_that_goes_ends_what_counts_and_gives_back_the_rest(
    tmp_path: Path, moment: str, points: int
) -> None:
    async with lottery(tmp_path, moment) as chat:
        chat.overlay.close()
        await chat.say("alice", "!ticket", wait=False)
        await chat.say("alice", "!cancel")
        assert await chat.points("alice") == points


ORACLE = """
@redeem(cost=10, counts_from="COUNTS")
async def oracle(self, ctx: Context) -> Outcome:
    \"\"\"Work on the server that knows what the purchase drew.\"\"\"

    async def draw(tx):
        return {"word": (await tx.draw({"yes": 1})).choice}

    return Outcome("Let me think.", Run("oracle", {}), on_buy=draw)

@effect("oracle")
async def tell(self, job: Job):
    for _ in range(TIMES):
        async with self.bot.transaction(job.key, "oracle") as tx:
            await tx.credit(job.viewer, 3)
    if FAILS:
        raise EffectFailed("It fell silent.")
    return job.kept["word"]
"""


@pytest.mark.parametrize(
    ("moment", "times", "fails", "points"),
    [
        ("done", 1, False, 93),
        ("done", 2, False, 93),  # the second time it was done before, as after a crash: it is no failure
        ("done", 1, True, 103),
        ("begun", 1, True, 93),
    ],
)
async def test_work_on_the_server_knows_what_was_drawn_and_is_done_once(
    tmp_path: Path, moment: str, times: int, *, fails: bool, points: int
) -> None:
    body = ORACLE.replace("COUNTS", moment).replace("TIMES", str(times)).replace("FAILS", str(fails))
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, oracle=cog_with(body, "Oracle"))) as chat:
        await chat.viewer("alice", 100)
        said = await chat.say("alice", "!oracle")
        assert ("@alice yes" in said) == (times == 1 and not fails)
        assert await chat.points("alice") == points
        assert await findings(chat) == []


def test_another_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="there are bought, begun, done"):
        Offer("x", "X", counts_from="never")  # pyright: ignore[reportArgumentType]
