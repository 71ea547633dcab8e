"""The services by the names under which cogs know them, like ``bot.economy``."""

from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.accounts.cog_economy import CogEconomy
from pixel_bot.bot.twitchio_internals import BotInternals
from pixel_bot.cog_data.draws import StoredDraw, StoredPromise, stored_draw, stored_promise
from pixel_bot.cog_data.rounds import Round, open_rounds
from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.cog_data.transactions import ForMessage
from pixel_bot.concurrency.open_writers import calling_module
from pixel_bot.configuration.cog_files import cog_name
from pixel_bot.model.event import Event
from pixel_bot.services import Services


class ServiceNames(BotInternals):
    """Each service that the bot or a cog asks for, under its name."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.settings.command_prefix)
        self.services = services
        self.settings = services.settings
        self.mode = services.mode
        """``live``, or ``sandbox``."""
        self.clock = services.clock
        self.sessions = services.database.sessions
        self.readers = services.database.readers
        self.viewers = services.viewers
        self.levels = services.levels
        self.awards = services.awards
        self.cooldowns = services.cooldowns
        self.economy = CogEconomy(services.economy)
        self.leaderboard = services.leaderboard
        self.redeems = services.redeems
        self.shop = services.shop
        self.sounds = services.sounds
        self.overlay = services.overlay
        self.stream = services.stream
        self.ignoring = services.ignoring
        self.uses = services.uses
        self.quota = services.quota
        self.people = services.people
        self.reasons = services.reasons
        self.cluster = services.cluster

    def transaction(
        self, ctx_or_key: ForMessage | Event | str, reason: str
    ) -> AbstractAsyncContextManager[Transaction]:
        """Move points, and a cog's own rows with them, in one transaction: ``async with ... as tx``.

        It is done once for what it is for: of a message that is delivered again, nothing. What was done in it is
        durable when the block ends, so speak after it.

        Args:
            ctx_or_key: the command's context, the event that is heard, or a key of your own, like ``2026-01-31``.
            reason: what the ledger and ``!history`` say, like ``slots``. A mod's ``!undo`` leaves it alone.

        Raises:
            AlreadyDone: it was done before; let it pass, and the command ends in silence.
            NestedWriter: this task writes already, in another block.
            HeldTooLong: the block took more than five seconds. It was rolled back.
            ValueError: the reason is one of the bot's own, or too long.
        """
        return self.services.transactions.open(ctx_or_key, cog_name(calling_module()), reason)

    def write(self, reason: str = "bot.write") -> AbstractAsyncContextManager[AsyncSession]:
        """Write a cog's own rows where no points move: ``async with ... as session``; it commits at the end.

        Raises:
            NestedWriter, HeldTooLong: as ``transaction``.
        """
        return self.services.transactions.writing(cog_name(calling_module()), reason)

    async def stored_draw(self, draw_id: int) -> StoredDraw | None:
        """A draw that ``tx.draw`` made, with its seed and odds; None when there is none of that id."""
        return await stored_draw(self.services.database, draw_id)

    async def stored_promise(self, promise_id: int) -> StoredPromise | None:
        """A promise that ``tx.promise`` made, by its id or that of one of its draws; None when there is none."""
        return await stored_promise(self.services.database, promise_id)

    async def open_rounds(self) -> list[Round]:
        """The rounds of this cog's games that have not ended, the oldest first: after a start it goes on with them."""
        cog = cog_name(calling_module())
        async with self.readers() as session:
            return await open_rounds(session, cog)
