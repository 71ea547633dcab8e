"""Wheel: !spin turns the prize wheel, !wheel shows its odds and its last draw."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from pixel_bot.plugin import (
    Bought,
    CheckedBot,
    Cog,
    CogSettings,
    Context,
    Decided,
    Earlier,
    Effect,
    KnownViewer,
    LastGoodFile,
    OnPage,
    Outcome,
    OverlayEffect,
    Owed,
    PixelBot,
    Transaction,
    Viewer,
    command,
    later,
    mods_only,
    paged,
    percent,
    redeem,
    texts,
)

from .draws import REASON, Draw, Draws, Odds, earlier_item
from .owed import OwedPrizes, all_owed, hand_over
from .prizes import Prizes, prize_file

_ = texts(__name__)
log = logging.getLogger(__name__)

SECONDS = 15.0
"""The longest that the page may take from the start to the landing."""

FINAL = later("The wheel has turned: the prize counts, so the spin is not given back.")


class Settings(CogSettings):
    """Where the prizes are."""

    prizes_file: Path = Field(
        Path("./data/prizes.json"),
        validation_alias="PRIZES_FILE",
        description="File with the prizes of the wheel. Without it the wheel has a small set of prizes",
    )

    def path(self, bot: CheckedBot) -> Path:
        """The file: beside the database, where nobody has set another place."""
        folder: Path = bot.settings.data_dir
        return self.prizes_file if self._chosen else folder / "prizes.json"

    @property
    def _chosen(self) -> bool:
        return "prizes_file" in self.model_fields_set

    @override
    def problems(self, bot: CheckedBot) -> Iterable[str]:
        """What is wrong with the file."""
        if self._chosen and not self.prizes_file.exists():
            return [f"PRIZES_FILE: there is no file {self.prizes_file}. Correct the setting, or leave it out."]
        if self._chosen and self.prizes_file.is_dir():
            return [f"PRIZES_FILE: {self.prizes_file} is a folder, and must be a file."]
        problem = prize_file(self.path(bot), bot.sounds).problem
        return [f"PRIZES_FILE: {problem}"] if problem else []


class Wheel(Cog):
    """The redeem ``spin``, and commands on odds and draws."""

    settings = Settings
    tables = (Draw,)
    reasons: ClassVar = {REASON: later("won on the wheel")}

    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        self.file: LastGoodFile[Prizes] = prize_file(self.config.path(bot), bot.sounds)
        self.files = [self.file]
        self.draws = Draws(self.file)
        self.owed_prizes = OwedPrizes(bot)
        for problem in self.config.problems(bot):
            log.warning("%s", problem)

    @redeem(
        name="Prize wheel",
        cost=100,
        cooldown=30,
        lane="wheel",
        counts_from="begun",
        final=FINAL,
        random_payout=True,
        page=OnPage("Spin", "wheelclaim", why="turn the prize wheel"),
    )
    async def spin(self, ctx: Context) -> Outcome:
        """Spin the prize wheel."""

        async def draw(tx: Transaction) -> Decided:
            drawn = await self.draws.draw(tx, ctx.viewer)
            return Decided(shown(drawn.slices, drawn.winner), {"draw": drawn.id})

        return Outcome(_("The wheel is yours!"), shown([], 0), on_buy=draw)

    @spin.on_done
    async def land(self, tx: Transaction, bought: Bought) -> str | Outcome | None:
        """Credit what was won."""
        return await self.draws.land(tx, bought)

    @spin.on_refund
    async def cancel(self, tx: Transaction, bought: Bought) -> None:
        """The prize returns to the stock."""
        await self.draws.cancel(tx, bought)

    @spin.on_missed
    async def owe(self, tx: Transaction, bought: Bought) -> str | None:
        """The effect of a prize did not happen."""
        return await self.draws.owe(tx, bought)

    @spin.from_earlier
    def earlier(self, effect: Effect | None, stored: dict[str, Any]) -> Earlier | None:
        """Read what version 0.1 has put into the queue."""
        return earlier_item(effect, stored, shown)

    @override
    async def what_is_owed(self, session: AsyncSession) -> Sequence[Owed]:
        """Prizes that a mod has still to hand over."""
        return await all_owed(session, self.spin.name)

    @override
    async def hand_over(self, tx: Transaction, owed: Owed, by: Viewer) -> bool:
        """A mod has handed a prize over."""
        return await hand_over(tx, owed.id, by) is not None

    @command(usage="[PAGE]")
    async def wheel(self, ctx: Context, page: str = "") -> None:
        """What the wheel holds, with the odds of each prize; what was won most stands first."""
        await ctx.reply(await self._board(page))

    @command("wheel odds", usage="[PAGE]")
    async def odds(self, ctx: Context, page: str = "") -> None:
        """What the wheel holds, with the odds of each prize."""
        await ctx.reply(await self._board(page))

    async def _board(self, page: str) -> str:
        async with self.bot.readers() as session:
            slices = await self.draws.odds(session)
            won = await self.draws.won(session)
        slices.sort(key=lambda odds: (-won.get(odds.prize.name, 0), odds.prize.name.casefold()))
        return paged(_("The wheel"), map(in_chat, slices), page, f"{self.bot.settings.command_prefix}wheel")

    @command("wheel last")
    async def last(self, ctx: Context) -> None:
        """The last draw: who won what, and the seed that it can be checked with."""
        async with self.bot.readers() as session:
            draw = await self.draws.last(session)
        if draw is None:
            await ctx.reply(_("Nobody has spun the wheel yet."))
            return
        winner = await self.bot.viewers.by_id(draw.user_id)
        if draw.landed_at is None:
            pending = later("Draw {draw} of {winner} is still to land. Its seed is told after that.")
            await ctx.reply(_(pending, draw=str(draw.id), winner=winner))
            return
        odds = draw.odds_json
        chance = next((w for n, w in odds if n == draw.prize), 0.0) / sum(w for _, w in odds)
        await ctx.reply(
            _(
                "Draw {draw}, {time} UTC: {winner} won {prize}, a chance of {chance} among {prizes}. Seed {seed}",
                draw=str(draw.id),
                time=f"{draw.created_at:%Y-%m-%d %H:%M}",
                winner=winner,
                prize=draw.prize,
                chance=percent(chance),
                prizes=len(odds),
                seed=draw.seed,
            )
        )

    @command("wheel owed", usage="[PAGE]")
    @mods_only()
    async def owed(self, ctx: Context, page: str = "") -> None:
        """Prizes that a mod has still to hand over."""
        entries = [f"{winner}: {draw.prize}" for draw, winner in await self.owed_prizes.all()]
        if not entries:
            await ctx.reply(_("No prize is waiting to be handed over."))
            return
        list_command = f"{self.bot.settings.command_prefix}wheel owed"
        await ctx.reply(paged(_("Still to hand over"), entries, page, list_command))

    @command("wheel given", usage="@user")
    @mods_only()
    async def given(self, ctx: Context, viewer: KnownViewer) -> None:
        """You have handed over somebody's oldest prize."""
        prize = await self.owed_prizes.give(ctx, viewer)
        got = _("{viewer} got {prize}.", viewer=viewer, prize=prize) if prize else ""
        await ctx.reply(got or _("Nothing is owed to {viewer}.", viewer=viewer))


def shown(slices: list[dict[str, Any]], winner: int) -> OverlayEffect:
    """What the page plays."""
    return OverlayEffect("wheel", {"slices": slices, "winner": winner}, seconds=SECONDS)


def in_chat(odds: Odds) -> str:
    """A slice in words."""
    left = _("({n} left)", n=odds.left) if odds.left is not None else ""
    return f"{odds.prize.name} {percent(odds.chance)} {left}".rstrip()


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Wheel(bot))
