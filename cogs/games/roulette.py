"""Roulette: !roulette N red stakes on a colour, on even or odd, or on one of the numbers from 0 to 36."""

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, Self

from pydantic import Field, model_validator

from pixel_bot.plugin import (
    Amount,
    BadInput,
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

RED = frozenset({1, 3, 5, 7, 9, 12, 14, 16, 18, 19, 21, 23, 25, 27, 30, 32, 34, 36})
POCKETS = tuple(range(37))
WHEEL: Mapping[int, int] = dict.fromkeys(POCKETS, 1)
"""One zero; all pockets are equally likely."""

COLOURS = ("red", "black")
FIELDS: Mapping[str, frozenset[int]] = {
    "red": RED,
    "black": frozenset(POCKETS) - RED - {0},
    "even": frozenset(range(2, 37, 2)),
    "odd": frozenset(range(1, 37, 2)),
    **{str(pocket): frozenset({pocket}) for pocket in POCKETS},
}
"""What can be staked on, and the pockets with which it wins."""

NAMES = {"red": later("red"), "black": later("black"), "even": later("even"), "odd": later("odd")}
COINS = {"red": "🔴", "black": "⚫", "": "🟢"}


class Settings(CogSettings):
    """What roulette costs and pays."""

    on: bool = Field(True, description="false: nobody can play !roulette")
    only_live: bool = Field(True, description="false: !roulette works while the stream is off, too")
    min: int = Field(10, ge=1, le=1_000_000_000, description="The smallest stake of !roulette")
    max: int = Field(500, ge=1, le=1_000_000_000, description="The largest stake of !roulette; all counts as this")
    pays: int = Field(2, ge=1, le=1_000, description="What red, black, even and odd pay back: the stake times this")
    pays_number: int = Field(36, ge=1, le=10_000, description="What a number pays back: the stake times this")
    wait: int = Field(60, ge=0, le=86_400, description="Seconds before the same viewer can play roulette again")
    force: bool = Field(False, description="true: !roulette may pay back more than it takes in")

    @model_validator(mode="after")
    def _takes_no_less_than_it_pays(self) -> Self:
        if self.min > self.max:
            raise ValueError("ROULETTE_MIN is above ROULETTE_MAX, so nobody can play.")
        for name, field in (("ROULETTE_PAYS", "red"), ("ROULETTE_PAYS_NUMBER", "0")):
            if back(self, field) > 1 and not self.force:
                share = percent(float(back(self, field)))
                raise ValueError(f"{name} pays {share} back. Lower it, or set ROULETTE_FORCE=true.")
        return self


def won(staked: int, field: str, pocket: int, settings: Settings) -> int:
    """What a stake on a field pays when the ball lies in a pocket."""
    if pocket not in FIELDS[field]:
        return 0
    return staked * (settings.pays if len(FIELDS[field]) > 1 else settings.pays_number)


def back(settings: Settings, field: str) -> Fraction:
    """The share of all stakes on a field that is paid back in the long run."""
    return Fraction(sum(won(1, field, pocket, settings) for pocket in POCKETS), len(POCKETS))


def field_of(typed: str) -> str:
    """The field that somebody means, in English or as the chat calls it; empty where they named none.

    Raises:
        BadInput: there is no such field.
    """
    word = typed.strip().casefold().rstrip(".,!?")
    if word.isdecimal():
        word = str(int(word)) if len(word) < 4 else word
    names = {str(_(name)).casefold(): field for field, name in NAMES.items()}
    field = names.get(word, word)
    if field and field not in FIELDS:
        raise BadInput(_("One can stake on red, black, even, odd, or a number from 0 to 36."))
    return field


class Roulette(Cog):
    """A wheel with one zero."""

    is_game = True
    settings = Settings
    reasons: ClassVar = {"roulette": later("roulette")}

    @command(usage="N [red|black|even|odd|0-36]", cooldown="wait", live_only="only_live")
    async def roulette(self, ctx: Context, stake: Amount, *, on: str = "") -> None:
        """Stake {points} on a colour, on even or odd, or on a number; without one, on a colour by chance."""
        rules, field = self.config, field_of(on)
        if not rules.on:
            raise ChatError(_("That is switched off."))
        async with self.bot.transaction(ctx, "roulette") as tx:
            one = await tx.rounds.open("roulette")
            staked = await tx.rounds.stake(one.id, ctx.viewer, stake, least=rules.min, most=rules.max)
            field = field or (await tx.draw(dict.fromkeys(COLOURS, 1))).choice
            draw = await tx.draw(WHEEL)
            paid = won(staked, field, draw.choice, rules)
            balance = await tx.rounds.pay(one.id, ctx.viewer, paid)
            await tx.rounds.end(one.id)
        words = later("{pocket}! {field} pays {points}: {balance} now. ({fair} {draw})")
        if not paid:
            words = later("{pocket}! {field} loses {staked}: {balance} left. ({fair} {draw})")
        shown = {"pocket": _shown(draw.choice), "field": _(NAMES[field]) if field in NAMES else field}
        points = {"points": count(paid, "point"), "staked": count(staked, "point"), "balance": balance}
        fair = f"{self.bot.settings.command_prefix}fair"
        await ctx.reply(_(words, **shown, **points, draw=str(draw.id), fair=fair))


def _shown(pocket: int) -> str:
    colour = next((colour for colour in COLOURS if pocket in FIELDS[colour]), "")
    return f"{COINS[colour]} {pocket}"


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Roulette(bot))
