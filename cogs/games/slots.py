"""Slots: !slots N turns three reels, each of which is a draw of its own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
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

REELS = 3
MOST_SYMBOLS = 12


class Settings(CogSettings):
    """What the slots cost and pay."""

    on: bool = Field(True, description="false: nobody can play !slots")
    only_live: bool = Field(True, description="false: !slots works while the stream is off, too")
    min: int = Field(10, ge=1, le=1_000_000_000, description="The smallest stake of !slots")
    max: int = Field(500, ge=1, le=1_000_000_000, description="The largest stake of !slots; all counts as this")
    reel: str = Field(
        "🍒 8, 🍋 6, 🔔 4, 💎 2", description="Symbols on each reel of !slots, and how often each is there"
    )
    pays: str = Field(
        "🍒🍒 1, 🍒🍒🍒 3, 🍋🍋🍋 10, 🔔🔔🔔 15, 💎💎💎 50",
        description="What two or three of a symbol pay back: the stake times this number. The highest that fits counts",
    )
    wait: int = Field(60, ge=0, le=86_400, description="Seconds before the same viewer can turn the slots again")
    force: bool = Field(False, description="true: !slots may pay back more than it takes in")

    @model_validator(mode="after")
    def _takes_no_less_than_it_pays(self) -> Self:
        if self.min > self.max:
            raise ValueError("SLOTS_MIN is above SLOTS_MAX, so nobody can play.")
        weights, prizes = odds(self), prizes_of(self)
        if not 1 <= len(weights) <= MOST_SYMBOLS or min(weights.values()) < 1:
            raise ValueError(f"SLOTS_REEL has from 1 to {MOST_SYMBOLS} symbols, each with a number from 1 up.")
        if strange := [symbol for symbol, _times in prizes if symbol not in weights]:
            raise ValueError(f"SLOTS_PAYS has {strange[0]}, which is on no reel, or not two or three of one symbol.")
        if back(self) > 1 and not self.force:
            share = percent(float(back(self)))
            raise ValueError(f"SLOTS_REEL and SLOTS_PAYS pay {share} back. Lower a number, or set SLOTS_FORCE=true.")
        return self


def odds(settings: Settings) -> Mapping[str, int]:
    """The symbols of a reel, with the weight of each."""
    return dict(_numbered(settings.reel, "SLOTS_REEL"))


def prizes_of(settings: Settings) -> Mapping[tuple[str, int], int]:
    """What so many of a symbol pay, as a factor of the stake."""
    return {_repeated(symbols): factor for symbols, factor in _numbered(settings.pays, "SLOTS_PAYS")}


def won(staked: int, reels: Sequence[str], prizes: Mapping[tuple[str, int], int]) -> int:
    """What these reels pay."""
    seen = Counter(reels)
    return staked * max((factor for (symbol, times), factor in prizes.items() if seen[symbol] >= times), default=0)


def back(settings: Settings) -> Fraction:
    """The share of all stakes that is paid back in the long run."""
    weights, prizes = odds(settings), prizes_of(settings)
    paid = 0
    for reels in product(weights, repeat=REELS):
        paid += won(1, reels, prizes) * weights[reels[0]] * weights[reels[1]] * weights[reels[2]]
    return Fraction(paid, sum(weights.values()) ** REELS)


def _numbered(text: str, setting: str) -> list[tuple[str, int]]:
    """``🍒 8, 🍋 6`` as pairs."""
    found: list[tuple[str, int]] = []
    for part in text.split(","):
        words, number = part.rsplit(maxsplit=1) if len(part.split()) > 1 else ("", "")
        if not words or not number.isdecimal() or len(number) > 6:
            raise ValueError(f"{setting}: write it like {Settings.model_fields[setting[6:].lower()].default}")
        found.append(("".join(words.split()), int(number)))
    return found


def _repeated(symbols: str) -> tuple[str, int]:
    """``🍒🍒`` as a symbol and how often it is there; a symbol may be several characters."""
    for times in range(REELS, 1, -1):
        part = symbols[: len(symbols) // times]
        if part and part * times == symbols:
            return part, times
    return symbols, 1


class Slots(Cog):
    """Three reels."""

    is_game = True
    settings = Settings
    reasons: ClassVar = {"slots": later("slots")}

    @command(usage="N", cooldown="wait", live_only="only_live")
    async def slots(self, ctx: Context, stake: Amount) -> None:
        """Stake {points} and turn three reels: two or three alike pay."""
        rules = self.config
        if not rules.on:
            raise ChatError(_("That is switched off."))
        async with self.bot.transaction(ctx, "slots") as tx:
            one = await tx.rounds.open("slots")
            staked = await tx.rounds.stake(one.id, ctx.viewer, stake, least=rules.min, most=rules.max)
            draws = [await tx.draw(odds(rules)) for _reel in range(REELS)]
            paid = won(staked, [draw.choice for draw in draws], prizes_of(rules))
            balance = await tx.rounds.pay(one.id, ctx.viewer, paid)
            await tx.rounds.end(one.id)
        words = later("{reels} pays {points}: {balance} now. ({fair} {draws})")
        if not paid:
            words = later("{reels} pays nothing: {balance} left. ({fair} {draws})")
        reels = " ".join(draw.choice for draw in draws)
        ids = ", ".join(str(draw.id) for draw in draws)
        fair = f"{self.bot.settings.command_prefix}fair"
        await ctx.reply(_(words, reels=reels, points=count(paid, "point"), balance=balance, draws=ids, fair=fair))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Slots(bot))
