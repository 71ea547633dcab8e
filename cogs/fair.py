"""Fair: how a draw came about, so that anybody can draw it again."""

from pixel_bot.plugin import (
    BadInput,
    Cog,
    Context,
    PixelBot,
    StoredDraw,
    StoredPromise,
    Total,
    command,
    listed,
    percent,
    texts,
)

_ = texts(__name__)


class Fair(Cog):
    """A look at draws."""

    @command(usage="ID")
    async def fair(self, ctx: Context, draw: Total) -> None:
        """The seed and the odds of a draw, with which anybody can verify it."""
        promise = await self.bot.stored_promise(draw.value)
        if promise is not None:
            await ctx.reply(_of_promise(promise))
            return
        stored = await self.bot.stored_draw(draw.value)
        if stored is None:
            raise BadInput(_("There is no draw {id}.", id=str(draw.value)))
        await ctx.reply(_of_draw(stored))


def _of_promise(promise: StoredPromise) -> str:
    if not promise.draws:
        return _(
            "Draw {id} ({cog}) is still to come. The SHA-256 of its seed: {hash}",
            id=str(promise.id),
            cog=promise.cog,
            hash=promise.seed_hash,
        )
    return _(
        "Draw {id} ({cog}): {choices}. Seed {seed}, and its SHA-256, told before: {hash}",
        id=str(promise.id),
        cog=promise.cog,
        choices=listed([draw.choice for draw in promise.draws]),
        seed=promise.seed,
        hash=promise.seed_hash,
    )


def _of_draw(draw: StoredDraw) -> str:
    total = sum(weight for _name, weight in draw.odds)
    odds = ", ".join(f"{name} {percent(weight / total)}" for name, weight in draw.odds)
    return _(
        "Draw {id} ({cog}), {time} UTC: {choice}, a chance of {chance}. Seed {seed}, odds: {odds}",
        id=str(draw.id),
        cog=draw.cog,
        time=f"{draw.at:%Y-%m-%d %H:%M}",
        choice=draw.choice,
        chance=percent(draw.chance),
        seed=str(draw.seed),
        odds=odds,
    )


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Fair(bot))
