"""The giveaway or raffle of the moment, in a transaction: opening it, entering it, and what is said of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.plugin import BadInput, ChatError, PixelBot, Promise, Transaction, Viewer, count, later, number, texts

from .tables import Answer, Entry, Giveaway, Kind, State, Winner

_ = texts(__name__)

ENTERED, SAY, ANSWER = "giveaways_entered", "giveaways_say", "giveaways_answer"
"""The schedules: who came in is told, a sentence is said, and a winner's time is over."""

GATHER = timedelta(seconds=2)
"""So long the first who comes in waits for others, who are told of in the same line."""

PACE = timedelta(seconds=10)
"""Between two such lines."""

GAMES_ARE_OFF = later(
    "That is a game with points, and games are off. The streamer says yes on the set-up page, step Games with points, "
    "or with GAMES=true in .env."
)

LIVING = frozenset({State.OPEN, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Rules:
    """How one enters: by which word, what a ticket costs, how many one may have, how often one of a sub counts."""

    keyword: str = ""
    cost: int = 0
    most: int = 1
    subs: int = 1
    pot: int = 0
    winners: int = 1


async def newest(session: AsyncSession, kind: Kind) -> Giveaway | None:
    """The last one of a kind. On PostgreSQL it is locked, so that processes change it one after the other."""
    query = select(Giveaway).where(Giveaway.kind == kind).order_by(Giveaway.id.desc()).limit(1)
    return await session.scalar(query.with_for_update())


async def current(tx: Transaction, kind: Kind, states: Collection[State] = LIVING) -> Giveaway | None:
    """The last one of a kind, where it is in one of these states.

    One whose stakes the bot gave back, because this cog was away for too long, is no longer there.
    """
    found = await newest(tx.session, kind)
    if found is None or found.state not in states:
        return None
    return found if await is_alive(tx, found) else None


async def is_alive(tx: Transaction, pool: Giveaway) -> bool:
    """Whether what was staked is still in it. Else the bot has given it back, and it is cancelled from now on."""
    if not pool.round or pool.state not in LIVING or pool.round in {one.id for one in await tx.rounds.all_open()}:
        return True
    pool.state = State.CANCELLED
    return False


async def opened(tx: Transaction, kind: Kind, rules: Rules) -> tuple[Giveaway, Promise]:
    """Open one, with a seed that is promised now.

    Raises:
        ChatError: there is one that was not drawn yet.
    """
    before = await newest(tx.session, kind)
    last = before.id if before is not None else 0
    # Also when two processes open one at the same time, there is one.
    if await current(tx, kind) is not None or not await tx.claim(f"{kind} after {last}"):
        raise ChatError(_("There is one already that was not drawn yet."))
    promise = await tx.promise()
    has_points = bool(rules.cost or rules.pot)
    made = Giveaway(
        kind=kind,
        state=State.OPEN,
        keyword=rules.keyword,
        cost=rules.cost,
        most=rules.most,
        subs=rules.subs,
        promise=promise.id,
        round=(await tx.rounds.open(kind)).id if has_points else 0,
        pot=rules.pot,
        winners=rules.winners,
        entered=0,
        is_telling=False,
        told_at=None,
        opened_at=tx.now,
    )
    tx.session.add(made)
    await tx.session.flush()
    return made, promise


@dataclass(frozen=True, slots=True)
class Entering:
    """Who wants how many tickets, and by which message where that is the keyword."""

    viewer: Viewer
    tickets: int
    is_sub: bool
    message: str = ""


async def enter(bot: PixelBot, tx: Transaction, pool: Giveaway, entry: Entry | None, wanted: Entering) -> None:
    """Enter somebody, or give them more tickets; what these cost is staked.

    Args:
        entry: what they have; None where they have not entered yet.

    Raises:
        ChatError: they have too many, or cannot pay. Nothing happened.
    """
    has = entry.tickets if entry is not None else 0
    if has + wanted.tickets > pool.most:
        raise BadInput(_most_words(pool, has))
    if pool.cost:
        await tx.rounds.stake(pool.round, wanted.viewer, pool.cost * wanted.tickets)
    if entry is None:
        pool.entered += 1
        entry = Entry(
            giveaway=pool.id, viewer=wanted.viewer.id, number=pool.entered, is_sub=False, message=wanted.message
        )
        tx.session.add(entry)
    entry.tickets, entry.is_sub, entry.is_told = has + wanted.tickets, entry.is_sub or wanted.is_sub, False
    await tell_soon(bot, tx, pool)


def _most_words(pool: Giveaway, has: int) -> str:
    if pool.most == 1 or has == pool.most:
        return _("You are in already.") if has else _("One ticket for each.")
    return _("At most {most} tickets for each, and you have {n}.", most=pool.most, n=has)


async def tell_soon(bot: PixelBot, tx: Transaction, pool: Giveaway) -> None:
    """Chat hears in one line of all who came in within some seconds."""
    if pool.is_telling:
        return
    pool.is_telling = True
    due = tx.now + GATHER
    if pool.told_at is not None:
        due = max(due, pool.told_at + PACE)
    await bot.schedule(ENTERED, {"id": pool.id}, at=due, session=tx.session)


async def say(bot: PixelBot, tx: Transaction, *sentences: str) -> None:
    """Say this in every chat once the transaction is durable, also after a crash."""
    await bot.schedule(SAY, {"text": " ".join(filter(None, sentences))}, after=0, session=tx.session)


async def entries_of(session: AsyncSession, pool: Giveaway) -> Sequence[Entry]:
    """Who has entered, in order."""
    return (await session.scalars(select(Entry).where(Entry.giveaway == pool.id).order_by(Entry.number))).all()


async def winners_of(session: AsyncSession, pool: Giveaway) -> Sequence[Winner]:
    """Who was drawn, in order."""
    return (await session.scalars(select(Winner).where(Winner.giveaway == pool.id).order_by(Winner.place))).all()


async def awaited_of(session: AsyncSession, viewer: Viewer) -> Sequence[Winner]:
    """Where somebody has won and has not answered yet."""
    query = select(Winner).where(Winner.viewer == viewer.id, Winner.answer == Answer.AWAITED)
    return (await session.scalars(query.with_for_update())).all()


async def totals(session: AsyncSession, pool: Giveaway) -> tuple[int, int]:
    """How many viewers have entered, and how many tickets they have."""
    query = select(func.count(), func.coalesce(func.sum(Entry.tickets), 0)).where(Entry.giveaway == pool.id)
    viewers, tickets = (await session.execute(query)).one()
    return int(viewers), int(tickets)


def size_words(viewers: int, tickets: int) -> str:
    """``12 viewers, 30 tickets``."""
    people = _("{n} viewer", "{n} viewers", n=viewers)
    if tickets <= viewers:
        return people
    return _("{viewers}, {n} tickets", "{viewers}, {n} tickets", viewers=people, n=tickets)


def fair_words(bot: PixelBot, pool: Giveaway) -> str:
    """How to check the draw."""
    return _("Check it: {command}", command=f"{bot.settings.command_prefix}fair {pool.promise}")


def names_words(bot: PixelBot, viewers: Sequence[Viewer]) -> str:
    """Viewers who are called, like ``@alice, @bob``."""
    return ", ".join(f"@{bot.text_filter.name(viewer.display_name)}" for viewer in viewers)


def require_games(bot: PixelBot) -> None:
    """Refuse what is a game with points, where the streamer has not said yes to games.

    Raises:
        ChatError: games are off. The sentence says how to say yes.
    """
    if not bot.games:
        raise ChatError(_(GAMES_ARE_OFF))


def cost_words(pool: Giveaway) -> str:
    """What a ticket costs and how many one may have; empty for one free ticket for each."""
    if pool.cost:
        cost = count(pool.cost, "point")
        return _("A ticket costs {cost}, and each may have up to {most}.", cost=cost, most=number(pool.most))
    return _("Each may have up to {most} tickets.", most=number(pool.most)) if pool.most > 1 else ""
