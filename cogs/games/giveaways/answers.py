"""Winners answer in chat within their time, or are replaced."""

from datetime import timedelta

from pixel_bot.plugin import ChatMessage, Cog, Person, PixelBot, Scheduled, on, scheduled, texts

from . import pool as pools
from . import winning
from .settings import Settings
from .tables import Answer, Giveaway, Winner
from .watch import Watch

_ = texts(__name__)


DEAF = timedelta(seconds=15)
"""Who was to answer while the bot was down for longer has their time once more."""

MOST_REMEMBERED = 100_000


class Answers(Cog):
    """Waits for winners."""

    settings = Settings

    def __init__(self, bot: PixelBot, watch: Watch) -> None:
        super().__init__(bot)
        self._watch = watch
        self._awaited: frozenset[int] = frozenset()
        self._accounts: dict[str, int] = {}
        """The accounts of those who have written while these are awaited: each is looked up once."""

    @on(ChatMessage)
    async def hear(self, message: ChatMessage) -> None:
        """A winner who is awaited has written something."""
        awaited = (await self._watch.now()).awaited
        if not awaited or message.is_guest:
            return
        if await self._account_of(message.viewer, awaited) not in awaited:
            return
        viewer = await self.bot.viewers.meet(message.viewer)
        async with self.bot.transaction(message, "giveaway answer") as tx:
            waiting = await pools.awaited_of(tx.session, viewer)
            for winner in waiting:
                winner.answer = Answer.GIVEN
            if waiting:
                await pools.say(self.bot, tx, _("{winner} is here!", winner=pools.names_words(self.bot, [viewer])))
        self._watch.changed()

    @scheduled(pools.ANSWER)
    async def miss(self, call: Scheduled) -> None:
        """A winner's time is over. Who did not answer can be replaced, or is at once."""
        async with self.bot.transaction(call.key, "giveaway") as tx:
            found = await tx.session.get(Giveaway, call.args["id"], with_for_update=True)
            winner = await tx.session.get(Winner, (call.args["id"], call.args["place"]))
            if found is None or winner is None or winner.answer != Answer.AWAITED:
                return
            viewer = await self.bot.viewers.by_id(winner.viewer)
            if tx.now - call.due_at > DEAF:
                await winning.call(self.bot, tx, found, [(winner, viewer)], self.config.answer_seconds)
                return
            winner.answer = Answer.MISSED
            missed = _("{winner} did not answer.", winner=pools.names_words(self.bot, [viewer]))
            others = [w for w in await pools.winners_of(tx.session, found) if w.answer == Answer.REPLACED]
            won = await winning.replaced(self.bot, tx, found, [winner]) if len(others) < self.config.redraws else []
            if won:
                await winning.call(self.bot, tx, found, won, self.config.answer_seconds, missed)
            else:
                how = f"{self.bot.settings.command_prefix}giveaway redraw"
                await pools.say(self.bot, tx, missed, _("A mod draws somebody else with {command}.", command=how))
        self._watch.changed()

    async def _account_of(self, person: Person, awaited: frozenset[int]) -> int:
        if awaited != self._awaited or len(self._accounts) > MOST_REMEMBERED:
            self._awaited, self._accounts = awaited, {}
        if person.key not in self._accounts:
            self._accounts[person.key] = (await self.bot.viewers.meet(person)).id
        return self._accounts[person.key]
