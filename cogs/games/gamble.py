"""Gamble: !gamble N doubles a stake, or loses it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, Self

from pydantic import Field, model_validator

from pixel_bot.plugin import (
    Amount,
    ChatError,
    Cog,
    CogSettings,
    Context,
    PixelBot,
    command,
    count,
    later,
    percent,
    texts,
)

_ = texts(__name__)


class Settings(CogSettings):
    """What a gamble costs and pays."""

    on: bool = Field(True, description="false: nobody can play !gamble")
    only_live: bool = Field(True, description="false: !gamble works while the stream is off, too")
    min: int = Field(10, ge=1, le=1_000_000_000, description="The smallest stake of !gamble")
    max: int = Field(500, ge=1, le=1_000_000_000, description="The largest stake of !gamble; all counts as this")
    chance: float = Field(47.5, gt=0, le=100, description="How often !gamble wins, in percent")
    pays: float = Field(2.0, ge=1, le=1_000, description="What a win pays back: the stake times this factor")
    wait: int = Field(60, ge=0, le=86_400, description="Seconds before the same viewer can gamble again")
    force: bool = Field(False, description="true: !gamble may pay back more than it takes in")

    @model_validator(mode="after")
    def _takes_no_less_than_it_pays(self) -> Self:
        if self.min > self.max:
            raise ValueError("GAMBLE_MIN is above GAMBLE_MAX, so nobody can play.")
        if back(self) > 1 and not self.force:
            share = percent(float(back(self)))
            raise ValueError(f"GAMBLE_CHANCE and GAMBLE_PAYS pay {share} back. Lower one, or set GAMBLE_FORCE=true.")
        return self


def odds(settings: Settings) -> Mapping[str, float]:
    """How likely a win and a loss are, in percent."""
    return {"win": settings.chance, "lose": 100 - settings.chance}


def won(staked: int, outcome: str, settings: Settings) -> int:
    """What an outcome pays, rounded down."""
    return int(staked * Fraction(str(settings.pays))) if outcome == "win" else 0


def back(settings: Settings) -> Fraction:
    """The share of all stakes that is paid back in the long run."""
    return Fraction(str(settings.chance)) / 100 * Fraction(str(settings.pays))


class Gamble(Cog):
    """Double or nothing."""

    is_game = True
    settings = Settings
    reasons: ClassVar = {"gamble": later("gamble")}

    @command(usage="N", cooldown="wait", live_only="only_live")
    async def gamble(self, ctx: Context, stake: Amount) -> None:
        """Stake {points}: you get twice as many, or lose them."""
        rules = self.config
        if not rules.on:
            raise ChatError(_("That is switched off."))
        async with self.bot.transaction(ctx, "gamble") as tx:
            one = await tx.rounds.open("gamble")
            staked = await tx.rounds.stake(one.id, ctx.viewer, stake, least=rules.min, most=rules.max)
            draw = await tx.draw(odds(rules))
            paid = won(staked, draw.choice, rules)
            balance = await tx.rounds.pay(one.id, ctx.viewer, paid)
            await tx.rounds.end(one.id)
        words = later("You win: {points} back, {balance} now. ({fair} {draw})")
        if not paid:
            words = later("You lose {staked}, {balance} left. ({fair} {draw})")
        shown = {"points": count(paid, "point"), "staked": count(staked, "point")}
        fair = f"{self.bot.settings.command_prefix}fair"
        await ctx.reply(_(words, **shown, balance=balance, draw=str(draw.id), fair=fair))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Gamble(bot))
