"""Bets: a mod asks a question, viewers stake points on an answer, and who is right shares the pot."""

from collections.abc import Sequence
from datetime import timedelta
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from pixel_bot.plugin import (
    AlreadyDone,
    BadInput,
    ChatError,
    Cog,
    Context,
    PixelBot,
    Scheduled,
    Transaction,
    command,
    count,
    duration,
    every,
    later,
    no_command,
    scheduled,
    texts,
)

from .outcome import settle
from .reading import opening, option_in, stake_in
from .settings import Settings
from .tables import THE_ONE, Bet, Stake, bet_in, by_option, clear, has_stake, merge_stakes, stakes_in
from .words import listed_options, one_of, result, with_odds

_ = texts(__name__)

NONE = later("There is no bet just now.")
LATE = timedelta(seconds=30)
"""So long after its moment what a schedule should have done is done all the same."""


class Bets(Cog):
    """Bets on what happens on stream."""

    is_game = True
    tables = (Bet, Stake)
    settings = Settings
    reasons = MappingProxyType({"bet": later("bet")})

    @command(usage="A N")
    async def bet(self, ctx: Context, *, typed: str = "") -> None:
        """Stake {points} on an answer of the bet; alone: how it stands."""
        if not typed.strip():
            await ctx.reply(await self._status(ctx))
            return
        if self.config.only_live and not self.bot.live:
            raise ChatError(_("Bets are there only while the stream is on."))
        parts = stake_in(typed)
        if parts is None:
            raise BadInput(_("Type it like this: {how}", how=f"{self.bot.settings.command_prefix}bet A N"))
        async with self.bot.transaction(ctx, "bet") as tx:
            bet = await self._taking_stakes(tx)
            option = option_in(parts[0], bet.options)
            if option is None:
                raise BadInput(one_of(bet.options))
            if not await tx.plays(ctx.viewer):
                raise ChatError(_("Who is ignored cannot take part."))
            if bet.opener == ctx.viewer.id:
                raise ChatError(_("You opened this bet, so you have no stake in it."))
            points, total = await self._stake(tx, bet, Stake(viewer=ctx.viewer.id, option=option), parts[1])
        on = bet.options[option]
        if points == total:
            await ctx.reply(_("You have {points} on {option}.", points=count(points, "point"), option=on))
        else:
            more = _("{points} more: you have {total} on {option}.", points=points, total=total, option=on)
            await ctx.reply(more)

    @command("bet open", usage='"QUESTION" A|B [SECONDS]', who="mods", live_only="only_live")
    async def open(self, ctx: Context, *, typed: str = "") -> None:
        """Open a bet. It closes by itself; whoever opens it has no stake in it."""
        if not self.config.on:
            raise ChatError(_("Bets are switched off."))
        prefix = self.bot.settings.command_prefix
        how = f'{prefix}bet open "..." A|B'
        asked = opening(typed, self.config.seconds, how)
        question = no_command(asked.question, self.bot.settings.command_prefixes)
        if not question:
            raise BadInput(_("Type it like this: {how}", how=how))
        async with self.bot.transaction(ctx, "bet") as tx:
            if (there := await bet_in(tx)) is not None:
                raise ChatError(_("There is a bet already: {question}", question=there.question))
            await clear(tx.session)
            ends_at = tx.now + timedelta(seconds=asked.seconds)
            made = Bet(id=THE_ONE, question=question, options=[*asked.options], opener=ctx.viewer.id)
            made.round, made.is_open, made.ends_at = (await tx.rounds.open("bet")).id, True, ends_at
            tx.session.add(made)
            await self.bot.schedule("bet_closes", {"round": made.round}, at=ends_at, session=tx.session)
            words = later("Bet: {question} {options}. Type {command}, within {time}.")
            options, how = listed_options(asked.options), f"{prefix}bet {asked.options[0]} {self.config.min}"
            time = duration(asked.seconds)
            await self._tell(tx, _(words, question=question, options=options, command=how, time=time))

    @command("bet close", who="mods")
    async def close(self, ctx: Context) -> None:
        """Take no more stakes in the bet."""
        async with self.bot.transaction(ctx, "bet") as tx:
            bet = await self._led_by(ctx, tx)
            if not bet.is_open:
                raise ChatError(_("The bet is closed already."))
            await self._close(tx, bet)

    @command("bet settle", aliases=("bet win",), usage="A", who="mods")
    async def settle(self, ctx: Context, *, typed: str = "") -> None:
        """Say which answer of the bet was right: who staked on it shares the pot."""
        async with self.bot.transaction(ctx, "bet") as tx:
            bet = await self._led_by(ctx, tx)
            right = option_in(typed, bet.options)
            if right is None:
                raise BadInput(one_of(bet.options))
            stakes = by_option(await stakes_in(tx.session), len(bet.options))
            settled = await settle(tx, bet.round, stakes, right, self.config.back)
            names = await self.bot.viewers.by_ids(list(settled.parts))
            said = result(bet.question, bet.options[right], settled, {who: str(v) for who, v in names.items()})
            await clear(tx.session)
            await self._tell(tx, said)

    @command("bet cancel", who="mods")
    async def cancel(self, ctx: Context) -> None:
        """Call the bet off: everybody has their {points} back."""
        async with self.bot.transaction(ctx, "bet") as tx:
            await self._give_back(tx, await self._led_by(ctx, tx), later("The bet is off: {question}"))

    # By time

    @scheduled("bet_closes")
    async def close_in_time(self, call: Scheduled) -> None:
        """Its seconds are over."""
        await self._end_of(call.args["round"], was_open=True)

    @scheduled("bet_given_back")
    async def give_back_in_time(self, call: Scheduled) -> None:
        """Nobody settled it for too long."""
        await self._end_of(call.args["round"], was_open=False)

    @every(minutes=1)
    async def look(self) -> None:
        """What should have been done by now and was not, because something failed, is done."""
        async with self.bot.readers() as session:
            bet = await session.get(Bet, THE_ONE)
        if bet is not None and bet.ends_at + LATE < self.bot.clock.now():
            await self._end_of(bet.round, was_open=bet.is_open)

    @scheduled("bet_waits")
    async def remind(self, call: Scheduled) -> None:
        """It is closed and not settled: chat is reminded, each time after twice as long."""
        async with self.bot.transaction(call.key, "bet") as tx:
            bet = await bet_in(tx)
            if bet is None or bet.round != call.args["round"]:
                return
            await self._remind_later(tx, bet, call.args["minutes"] * 2)
            settle, cancel = (f"{self.bot.settings.command_prefix}bet {word}" for word in ("settle", "cancel"))
            words = later(
                "A bet waits for its outcome: {question} ({options}). A mod without a stake types {settle} or "
                "{cancel}; in {time} it is given back."
            )
            time, options = duration((bet.ends_at - tx.now).total_seconds()), listed_options(bet.options)
            fields = {"question": bet.question, "options": options, "settle": settle, "cancel": cancel, "time": time}
            await self._tell(tx, _(words, **fields))

    @scheduled("bet_told")
    async def tell(self, call: Scheduled) -> None:
        """What chat has to hear, also where the bot ended before it could say it."""
        await self.bot.announce(call.args["words"])

    @override
    async def what_is_open(self, session: AsyncSession) -> Sequence[str]:
        """A stake on each answer of an open bet."""
        bet = await session.get(Bet, THE_ONE)
        if bet is None or not bet.is_open or bet.ends_at <= self.bot.clock.now():
            return ()
        return [f"bet {option} {self.config.min * times}" for times, option in enumerate(bet.options, start=1)]

    @override
    async def merge(self, session: AsyncSession, old: int, new: int) -> None:
        """Both accounts of a person have a stake: on one option it is one."""
        await merge_stakes(session, old, new)

    # The parts

    async def _stake(self, tx: Transaction, bet: Bet, wanted: Stake, amount: str) -> tuple[int, int]:
        """Take points for an option. Returns how many, and how many the viewer has on it now."""
        mine = (await tx.session.scalars(select(Stake).where(Stake.viewer == wanted.viewer))).all()
        if mine and all(each.option != wanted.option for each in mine):
            on = bet.options[mine[0].option]
            raise ChatError(_("You are on {option} already, and nobody bets on two sides.", option=on))
        before = sum(each.points for each in mine)
        most = min(self.config.max, self.config.limit - before) if self.config.limit else self.config.max
        if most < self.config.min:
            raise ChatError(_("You have {points} in this bet, which is the most.", points=count(before, "point")))
        points = await tx.rounds.stake(bet.round, wanted.viewer, amount, least=self.config.min, most=most)
        there = next((each for each in mine if each.option == wanted.option), None)
        if there is None:
            wanted.points = points
            tx.session.add(wanted)
            return points, points
        there.points += points
        return points, there.points

    async def _taking_stakes(self, tx: Transaction) -> Bet:
        bet = await bet_in(tx)
        if bet is None:
            raise ChatError(_(NONE))
        if not bet.is_open or bet.ends_at <= tx.now:
            raise ChatError(_("The bet is closed: {question}", question=bet.question))
        return bet

    async def _led_by(self, ctx: Context, tx: Transaction) -> Bet:
        """The bet, for somebody who leads it: a mod, or the streamer, who has no stake in it."""
        bet = await bet_in(tx)
        if bet is None:
            raise ChatError(_(NONE))
        if await has_stake(tx.session, ctx.viewer.id):
            raise ChatError(_("You have a stake in this bet. Only the streamer or a mod without one can do that."))
        return bet

    async def _end_of(self, round_id: int, *, was_open: bool) -> None:
        """Close a bet whose time is over, or give it back; once."""
        key = f"{'close' if was_open else 'give_back'}:{round_id}"
        try:
            async with self.bot.transaction(key, "bet") as tx:
                bet = await bet_in(tx)
                if bet is None:
                    await clear(tx.session)  # it was given back while this cog was away
                    return
                if bet.round != round_id or bet.is_open != was_open:
                    return
                if was_open:
                    await self._close(tx, bet)
                else:
                    await self._give_back(tx, bet, later("Nobody said how this bet ended: {question}"))
        except AlreadyDone:
            return

    async def _close(self, tx: Transaction, bet: Bet) -> None:
        stakes = await stakes_in(tx.session)
        if not stakes:
            await self._give_back(tx, bet, later("Nobody bet on it: {question}"))
            return
        bet.is_open, bet.ends_at = False, tx.now + timedelta(hours=self.config.give_back)
        await self.bot.schedule("bet_given_back", {"round": bet.round}, at=bet.ends_at, session=tx.session)
        await self._remind_later(tx, bet, self.config.remind)
        how = f"{self.bot.settings.command_prefix}bet settle {bet.options[0]}"
        options = with_odds(bet.options, by_option(stakes, len(bet.options)), self.config.back)
        words = later("No more bets! {question} {options}. A mod settles it, like this: {command}")
        await self._tell(tx, _(words, question=bet.question, options=options, command=how))

    async def _remind_later(self, tx: Transaction, bet: Bet, minutes: int) -> None:
        after = timedelta(minutes=minutes)
        if minutes and tx.now + after < bet.ends_at:
            args = {"round": bet.round, "minutes": minutes}
            await self.bot.schedule("bet_waits", args, after=after, session=tx.session)

    async def _give_back(self, tx: Transaction, bet: Bet, words: str) -> None:
        given = await tx.rounds.cancel(bet.round)
        await clear(tx.session)
        said = _(words, question=bet.question)
        if given:
            back = _("{points} went back.", points=count(sum(given.values()), "point"))
            said = f"{said} {back}"
        await self._tell(tx, said)

    async def _tell(self, tx: Transaction, words: str) -> None:
        await self.bot.schedule("bet_told", {"words": words}, after=0, session=tx.session)

    async def _status(self, ctx: Context) -> str:
        async with self.bot.readers() as session:
            bet, stakes = await session.get(Bet, THE_ONE), await stakes_in(session)
        if bet is None or all(each.id != bet.round for each in await self.bot.open_rounds()):
            return _(NONE)
        options = with_odds(bet.options, by_option(stakes, len(bet.options)), self.config.back)
        left = (bet.ends_at - self.bot.clock.now()).total_seconds()
        if bet.is_open and left > 0:
            how, time = f"{self.bot.settings.command_prefix}bet A N", duration(left)
            words = later("{question} {options}. {command}, within {time}.")
            return _(words, question=bet.question, options=options, command=how, time=time)
        return _(
            "{question} {options}. It is closed, and waits for its outcome.", question=bet.question, options=options
        )


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Bets(bot))
