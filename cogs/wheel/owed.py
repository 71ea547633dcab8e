"""Prizes that a mod has still to hand over."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.plugin import Context, Owed, PixelBot, Transaction, Viewer

from .draws import REASON, Draw

MOST = 1_000


class OwedPrizes:
    """Lists the prizes that are owed, and settles them."""

    def __init__(self, bot: PixelBot) -> None:
        self._bot = bot

    async def all(self) -> list[tuple[Draw, Viewer]]:
        """Prizes and who has won them, oldest first. Of linked accounts it is the one that is kept."""
        query = select(Draw).where(Draw.owed).order_by(Draw.id).limit(MOST)
        async with self._bot.readers() as session:
            draws = (await session.execute(query)).scalars().all()
        winners = {user: await self._bot.viewers.by_id(user) for user in {draw.user_id for draw in draws}}
        return [(draw, winners[draw.user_id]) for draw in draws]

    async def give(self, ctx: Context, viewer: Viewer) -> str | None:
        """A mod has given the oldest prize that is owed to a viewer. Returns its name; None when nothing is."""
        owed = [draw.id for draw, winner in await self.all() if winner.id == viewer.id]
        async with self._bot.transaction(ctx, REASON) as tx:
            # Another mod may have given the oldest one since it was read.
            for draw_id in owed:
                if (prize := await hand_over(tx, draw_id, ctx.viewer)) is not None:
                    return prize
        return None


async def all_owed(session: AsyncSession, key: str) -> list[Owed]:
    """The prizes for ``!owed``, which names them by their own names and by ``key``."""
    draws = await session.scalars(select(Draw).where(Draw.owed).order_by(Draw.id).limit(MOST))
    return [Owed(draw.id, draw.user_id, key, draw.prize, draw.landed_at or draw.created_at) for draw in draws]


async def hand_over(tx: Transaction, draw_id: int, by: Viewer) -> str | None:
    """Keep that a mod has given the prize of a draw. Returns its name; None where it is not owed any more."""
    here = update(Draw).where(Draw.id == draw_id, Draw.owed)
    given = here.values(owed=False, given_by=by.name).returning(Draw.prize)
    return (await tx.session.execute(given)).scalar()
