"""Who wins: drawn by the promised seed, called in chat, and replaced where they do not answer."""

from collections.abc import Collection, Mapping, Sequence

from pixel_bot.plugin import PixelBot, Transaction, Viewer, duration, texts

from . import pool as pools
from .tables import Answer, Entry, Giveaway, State, Winner

_ = texts(__name__)

Drawn = list[tuple[Winner, Viewer]]


def weights(
    entries: Sequence[Entry], names: Mapping[int, Viewer], subs: int, without: Collection[int]
) -> dict[str, int]:
    """What each one who can be drawn weighs, by their name in the database, in the order in which they entered."""
    return {
        names[entry.viewer].name: entry.tickets * (subs if entry.is_sub else 1)
        for entry in entries
        if entry.viewer in names and entry.viewer not in without
    }


async def drawn(bot: PixelBot, tx: Transaction, pool: Giveaway, how_many: int) -> Drawn:
    """Draw winners by the promised seed, nobody twice; fewer where there are no more."""
    entries, before = await pools.entries_of(tx.session, pool), await pools.winners_of(tx.session, pool)
    viewers = await bot.viewers.by_ids([entry.viewer for entry in entries])
    by_name = {viewers[entry.viewer].name: viewers[entry.viewer] for entry in entries if entry.viewer in viewers}
    left = weights(entries, viewers, pool.subs, {winner.viewer for winner in before})
    found: Drawn = []
    while left and len(found) < how_many:
        draw = await tx.draw(left, promise=pool.promise)
        del left[draw.choice]
        viewer, place = by_name[draw.choice], len(before) + len(found) + 1
        winner = Winner(giveaway=pool.id, place=place, viewer=viewer.id, draw=draw.id, answer=Answer.AWAITED)
        tx.session.add(winner)
        found.append((winner, viewer))
    pool.state = State.DRAWN
    await tx.session.flush()
    return found


async def call(bot: PixelBot, tx: Transaction, pool: Giveaway, won: Drawn, seconds: int, first: str = "") -> None:
    """Tell chat who has won, and give each so many seconds to write something."""
    for winner, _viewer in won:
        args = {"id": pool.id, "place": winner.place}
        await bot.schedule(pools.ANSWER, args, after=seconds, session=tx.session)
    names = pools.names_words(bot, [viewer for _winner, viewer in won])
    words = _(
        "The winner: {names}! Write something within {time}.",
        "The winners: {names}! Write something within {time}.",
        n=len(won),
        names=names,
        time=duration(seconds),
    )
    await pools.say(bot, tx, first, words, pools.fair_words(bot, pool))


async def replaced(bot: PixelBot, tx: Transaction, pool: Giveaway, missed: Sequence[Winner]) -> Drawn:
    """Draw somebody in the place of each of these; fewer where there are no more."""
    won = await drawn(bot, tx, pool, len(missed))
    for winner in missed[: len(won)]:
        winner.answer = Answer.REPLACED
    return won
