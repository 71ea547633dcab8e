"""!giveaway: mods open it, viewers enter, and the draw can be checked by anybody."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from pixel_bot.plugin import (
    BadInput,
    ChatError,
    Cog,
    Context,
    PixelBot,
    Scheduled,
    Total,
    Viewer,
    command,
    count,
    joined,
    later,
    mods_only,
    number,
    scheduled,
    texts,
)

from . import pool as pools
from . import winning
from .pool import Rules
from .settings import Settings
from .tables import Answer, Entry, Giveaway, Kind, State, Winner, merge_entries
from .watch import Watch

_ = texts(__name__)

MOST_AT_ONCE = 10
LONGEST_KEYWORD = 40
OPTIONS = ("cost", "max", "subs")
LARGEST = 1_000_000
TRIES, AGAIN_SECONDS = 3, 10
"""How often a sentence that chat does not take is said, and how long it waits between."""

HOW = later("After the keyword may come: cost N, max N (tickets for each) and subs N (a sub's ticket counts N times).")
NONE = later("There is no giveaway.")


class Giveaways(Cog):
    """Giveaways."""

    tables = (Giveaway, Entry, Winner)
    settings = Settings
    reasons = MappingProxyType({"giveaway": later("giveaway"), "raffle": later("raffle")})

    def __init__(self, bot: PixelBot, watch: Watch) -> None:
        super().__init__(bot)
        self._watch = watch

    @command()
    async def giveaway(self, ctx: Context) -> None:
        """What is given away, how to enter, and how many have."""
        async with self.bot.readers() as session:
            found = await pools.newest(session, Kind.GIVEAWAY)
            if found is None or found.state == State.CANCELLED:
                raise ChatError(_(NONE))
            viewers, tickets = await pools.totals(session, found)
            mine = await session.get(Entry, (found.id, ctx.viewer.id))
            winners = await pools.winners_of(session, found)
        names = await self.bot.viewers.by_ids([w.viewer for w in winners if w.answer != Answer.REPLACED])
        own = _("You have {n} ticket.", "You have {n} tickets.", n=mine.tickets) if mine is not None else ""
        heading = self._heading(found, list(names.values()))
        said = (heading, pools.size_words(viewers, tickets) + ".", own, pools.fair_words(self.bot, found))
        await ctx.reply(" ".join(filter(None, said)))

    @command("giveaway open", usage="KEYWORD [cost N] [max N] [subs N]")
    @mods_only()
    async def open(self, ctx: Context, keyword: str, *, options: str = "") -> None:
        """Open a giveaway. Viewers enter with the keyword."""
        rules = await self._rules(ctx, keyword, options)
        async with self.bot.transaction(ctx, "giveaway") as tx:
            made, promise = await pools.opened(tx, Kind.GIVEAWAY, rules)
            seed = _("The SHA-256 of the seed that draws ({id}): {hash}", id=str(promise.id), hash=promise.seed_hash)
            await pools.say(self.bot, tx, self._heading(made, ()), _subs_words(made), seed)
        self._watch.changed()

    @command("giveaway close")
    @mods_only()
    async def close(self, ctx: Context) -> None:
        """Let nobody else in."""
        async with self.bot.transaction(ctx, "giveaway") as tx:
            found = await pools.current(tx, Kind.GIVEAWAY, {State.OPEN})
            if found is None:
                raise ChatError(_("No giveaway is open."))
            found.state = State.CLOSED
            size = pools.size_words(*await pools.totals(tx.session, found))
            await pools.say(self.bot, tx, _("The giveaway is closed: {size}.", size=size))
        self._watch.changed()

    @command("giveaway draw", usage="[N]")
    @mods_only()
    async def draw(self, ctx: Context, how_many: Total | None = None) -> None:
        """Draw the winner, or N winners."""
        wanted = 1 if how_many is None else how_many.value
        if not 1 <= wanted <= MOST_AT_ONCE:
            raise BadInput(_("Between 1 and {most} at once.", most=MOST_AT_ONCE))
        async with self.bot.transaction(ctx, "giveaway") as tx:
            found = await pools.current(tx, Kind.GIVEAWAY, {State.OPEN, State.CLOSED, State.DRAWN})
            if found is None:
                raise ChatError(_(NONE))
            is_first = found.state != State.DRAWN
            won = await winning.drawn(self.bot, tx, found, wanted)
            if not won:
                raise ChatError(_("Nobody is left to be drawn."))
            if found.round and is_first:
                await tx.rounds.end(found.round)
            await winning.call(self.bot, tx, found, won, self.config.answer_seconds)
        self._watch.changed()

    @command("giveaway redraw")
    @mods_only()
    async def redraw(self, ctx: Context) -> None:
        """Draw somebody else for each winner who did not answer."""
        async with self.bot.transaction(ctx, "giveaway") as tx:
            found = await pools.current(tx, Kind.GIVEAWAY, {State.DRAWN})
            winners = await pools.winners_of(tx.session, found) if found is not None else ()
            missed = [winner for winner in winners if winner.answer == Answer.MISSED]
            if found is None or not missed:
                raise ChatError(_("No winner has missed their time, so nobody is replaced."))
            won = await winning.replaced(self.bot, tx, found, missed)
            if not won:
                raise ChatError(_("Nobody is left to be drawn."))
            await winning.call(self.bot, tx, found, won, self.config.answer_seconds)
        self._watch.changed()

    @command("giveaway cancel")
    @mods_only()
    async def cancel(self, ctx: Context) -> None:
        """Call it off; what tickets cost is given back."""
        async with self.bot.transaction(ctx, "giveaway") as tx:
            found = await pools.current(tx, Kind.GIVEAWAY)
            if found is None:
                raise ChatError(_("There is no giveaway that could be cancelled."))
            found.state = State.CANCELLED
            given = await tx.rounds.cancel(found.round) if found.round else dict[int, int]()
            await pools.say(self.bot, tx, _("The giveaway is cancelled."), _back_words(given))
        self._watch.changed()

    @scheduled(pools.SAY)
    async def say(self, call: Scheduled) -> None:
        """What a transaction wanted to be said is said. What chat does not take is tried again."""
        text, tries = call.args["text"], call.args.get("tries", 1)
        if not await self.bot.announce(text) and tries < TRIES:
            await self.bot.schedule(pools.SAY, {"text": text, "tries": tries + 1}, after=AGAIN_SECONDS)

    @override
    async def merge(self, session: AsyncSession, old: int, new: int) -> None:
        """Who has entered with both of their accounts has one entry."""
        await merge_entries(session, old, new)

    @override
    async def forget(self, viewer: Viewer, session: AsyncSession) -> None:
        """They have not entered, and have not won."""
        await session.execute(delete(Entry).where(Entry.viewer == viewer.id))
        await session.execute(delete(Winner).where(Winner.viewer == viewer.id))

    @override
    async def what_is_open(self, session: AsyncSession) -> Sequence[str]:
        """What enters the raffle and the giveaway that are open."""
        ways = {Kind.RAFFLE: "enter", Kind.GIVEAWAY: "ticket"}
        found = {kind: await pools.newest(session, kind) for kind in ways}
        return [ways[kind] for kind, one in found.items() if one is not None and one.state == State.OPEN]

    async def _rules(self, ctx: Context, keyword: str, options: str) -> Rules:
        prefix = self.bot.settings.command_prefix
        if len(keyword) > LONGEST_KEYWORD:
            raise BadInput(_("A keyword has up to {most} characters.", most=LONGEST_KEYWORD))
        if keyword.removeprefix(prefix).lower() in self.bot.command_table.known and keyword.startswith(prefix):
            raise BadInput(_("{command} is a command. Choose another keyword.", command=keyword))
        given = await _numbers(ctx, options)
        cost = given.get("cost", 0)
        if cost:
            pools.require_games(self.bot)
        most = given.get("max", self.config.max_tickets if cost else 1)
        return Rules(keyword, cost, most, given.get("subs", 1))

    def _heading(self, found: Giveaway, winners: Sequence[Viewer]) -> str:
        if found.state == State.OPEN:
            return " ".join(
                filter(None, (_("Giveaway: type {keyword} to enter.", keyword=found.keyword), pools.cost_words(found)))
            )
        if found.state == State.CLOSED or not winners:
            return _("The giveaway is closed, and not drawn yet.")
        names = self.bot.text_filter.name
        return _("The giveaway was won by {names}.", names=joined([names(str(viewer)) for viewer in winners]))


async def _numbers(ctx: Context, options: str) -> Mapping[str, int]:
    """What was typed as ``cost 10 max 3``, by name."""
    words = options.lower().split()
    given: dict[str, int] = {}
    for name, value in zip(words[::2], words[1::2], strict=False):
        if name not in OPTIONS or name in given:
            raise BadInput(_(HOW))
        given[name] = (await Total.convert(ctx, value)).value
        if not (0 if name == "cost" else 1) <= given[name] <= LARGEST:
            raise BadInput(_("{option} is a number up to {most}.", option=name, most=number(LARGEST)))
    if len(words) % 2:
        raise BadInput(_(HOW))
    return given


def _subs_words(found: Giveaway) -> str:
    return _("A ticket of a sub counts {n} times.", n=found.subs) if found.subs > 1 else ""


def _back_words(given: Mapping[int, int]) -> str:
    if not given:
        return ""
    points = count(sum(given.values()), "point")
    return _("One viewer has {points} back.", "{n} viewers have {points} back.", n=len(given), points=points)
