"""Approvals: words that the streamer has not written wait for a mod's yes where ``TTS_APPROVE`` says so.

While no mod has written for half an hour nobody is asked: the request is held, and chat is told of it when a mod is
back. Nothing waits for longer than ``LIMIT``, with or without mods; then the points go back. Nothing is played without
a yes.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pixel_bot.accounts.newcomers import SAVE_AT
from pixel_bot.db.models import QueueItem
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.outcome import Effect
from pixel_bot.model.people import PLATFORMS, Person, Platform, Viewer
from pixel_bot.points.idempotency import write_once
from pixel_bot.queue.effects import Say
from pixel_bot.queue.result_writer import RETRY_SECONDS
from pixel_bot.queue.worker import DATABASE_ERRORS, Worker
from pixel_bot.redeems import approvals, queue_items
from pixel_bot.redeems.approvals import HELD, Request
from pixel_bot.redeems.queue_items import Item
from pixel_bot.services import Services
from pixel_bot.texts import count, fit, listed
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

LIMIT = timedelta(minutes=30)
"""How long an item waits at most."""

MODS_AWAY = timedelta(minutes=30)
"""After so long without a message of a mod, no mod is there."""

SHOWN_CHARS = 60
SAVE_SECONDS = 60.0
"""Until the counts of messages are saved, also when they are few."""
LOOK_SECONDS = 2.0
"""How often a follower checks whether it has become the leader."""

DECLINED = later("A mod said no.")
UNANSWERED = later("No mod has said yes in time.")
NOBODY = later("No mod is here to say yes.")


class Approvals(Worker):
    """Asks the mods, takes their answers, and gives back what nobody has answered.

    Args:
        services: of this bot.
        say: says something in chat.
        is_there: whether the bot is in a platform's chat.
        approved: called when an item may be played now.
        told: called when chat has something to hear.
    """

    def __init__(
        self,
        services: Services,
        say: Say,
        is_there: Callable[[Platform], bool],
        approved: Callable[[], None],
        told: Callable[[], None],
    ) -> None:
        super().__init__()
        self.clean: Callable[[str], str] = lambda text: text
        """The filter of what may be said aloud."""
        self._services = services
        self._mode = services.settings.tts_approve
        self._prefix = services.settings.command_prefix
        self._newcomers = services.newcomers
        self._clock = services.clock
        self._say = say
        self._is_there = is_there
        self._approved = approved
        self._told = told
        # At the start nobody knows when a mod has written: they are taken to be there.
        self._mod_seen_at = services.clock.now()
        self._said: set[int] = set()

    # What is needed, and who is there

    @property
    def listens(self) -> bool:
        """Whether ``note`` wants to know of messages."""
        return self._mode != "off"

    def note(self, message: ChatMessage, *, is_mod: bool) -> None:
        """Somebody has written in chat, in this channel."""
        if self._mode == "off":
            return
        if self._mode == "new":
            self._newcomers.note(message.key)
            if self._newcomers.unsaved == SAVE_AT:
                self.wake()
        if is_mod:
            was_away = self.mods_are_away
            self._mod_seen_at = self._clock.now()
            if was_away:
                self.wake()

    @property
    def mods_are_away(self) -> bool:
        """True when no mod has written for half an hour. A clock that was set back makes nobody absent."""
        return self._clock.now() - self._mod_seen_at > MODS_AWAY

    async def needed(self, effect: Effect, person: Person, viewer: Viewer, *, is_mod: bool) -> str | None:
        """What a purchase is marked with: whether a mod must say yes to it, or to what follows it.

        Args:
            effect: what is bought.
            person: who buys it, as the platform names them.
            viewer: their account.
            is_mod: mods and the streamer need nobody's yes.
        """
        kind = approvals.approval_for(effect)
        if kind is None or is_mod or self._mode == "off":
            return None
        return kind if self._mode == "all" or await self._newcomers.is_new(person, viewer) else None

    # Answers

    async def waiting(self) -> list[Request]:
        """What waits, oldest first."""
        async with self._services.database.readers() as session:
            return await approvals.waiting(session)

    async def answer(
        self, *, yes: bool, by: str, item_id: int | None = None, viewer: Viewer | None = None
    ) -> Item | None:
        """A mod says yes or no to the oldest item that waits, or to the one that is named.

        Args:
            yes: what they say. A no gives the points back and ends the cooldown.
            by: the mod's name.
            item_id: the number of an item.
            viewer: whose oldest item it is.

        Returns:
            The item; None when none waits (any more).
        """
        where = [HELD]
        if item_id is not None:
            where.append(QueueItem.id == item_id)
        if viewer is not None:
            where.append(QueueItem.user_id == viewer.id)
        async with write_once(self._services.database) as session:
            found = await queue_items.load(session, *where, limit=1)
            if not found:
                return None
            if yes:
                await approvals.approve(session, found[0].id, by, self._clock.now())
            else:
                await self._services.refunds.fail_in(
                    session, HELD, QueueItem.id == found[0].id, reason=_(DECLINED), status=("pending",)
                )
        # After the commit: workers and notifiers read with connections of their own.
        (self._approved if yes else self._told)()
        return found[0]

    def shown(self, request: Request) -> str:
        """An item in words that may be said in chat: its number, its buyer, and its text filtered and shortened."""
        text = fit(self.clean(request.text), SHOWN_CHARS)
        buyer = self.clean(request.item.buyer) or _("somebody")
        return f"#{request.item.id} {buyer}: {text or _('(nothing readable)')}"

    # The worker

    async def run(self) -> None:
        """Ask and give back until stopped."""
        while not self._stopping:
            self._wake.clear()
            try:
                await self._newcomers.save()
                seconds = await self._look()
            except DATABASE_ERRORS as exc:
                self._log_failure(exc)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._log_success()
            await self._sleep(seconds)
        try:
            await self._newcomers.save()
        except DATABASE_ERRORS as exc:
            log.warning("The messages of %s are not counted (%s).", count(self._newcomers.unsaved, "viewer"), exc)

    async def _look(self) -> float | None:
        """Do what is due. Returns the seconds until something may be due again; None when nothing waits."""
        requests = await self.waiting()
        self._said.intersection_update(r.item.id for r in requests)
        if not requests:
            return SAVE_SECONDS if self._mode == "new" else None
        if not await self._services.cluster.leads("approvals"):
            return LOOK_SECONDS
        now = self._clock.now()
        late = [r for r in requests if _seconds_left(r.item, now) <= 0]
        for reason, due in ((UNANSWERED, [r for r in late if r.asked]), (NOBODY, [r for r in late if not r.asked])):
            if due:
                ids = [r.item.id for r in due]
                await self._services.refunds.fail(HELD, QueueItem.id.in_(ids), reason=_(reason), status=("pending",))
                self._told()
        left = [r for r in requests if r not in late]
        await self._ask([r for r in left if not r.asked])
        return min((min(_seconds_left(r.item, now), SAVE_SECONDS) for r in left), default=0.0)

    async def _ask(self, requests: Sequence[Request]) -> None:
        """Tell the mods in the chat where it was bought, unless none is there."""
        if self.mods_are_away:
            return
        for platform in PLATFORMS:
            some = [r for r in requests if r.item.platform == platform and r.item.id not in self._said]
            if not some or not self._is_there(platform):
                continue
            # Said first, marked after: a kill in between asks twice, which is better than never.
            if await self._say(self._question(some), None, platform):
                ids = [r.item.id for r in some]
                self._said.update(ids)
                async with self._services.database.write() as session:
                    await approvals.note_asked(session, ids, self._clock.now())

    def _question(self, requests: Sequence[Request]) -> str:
        p, several = self._prefix, len(requests) > 1
        how = _("{p}yes or {p}no answers the oldest, {p}yes NUMBER or {p}yes @user another one.", p=p)
        how += " " + _("{p}yes list shows all.", p=p) if several else ""
        shown = listed((self.shown(r) for r in requests), 420 - len(how))
        what = _("Mods, this waits for a yes:", "Mods, {n} wait for a yes:", n=len(requests))
        return f"{what} {shown} · {how}"


def _seconds_left(item: Item, now: datetime) -> float:
    """How long an item may still wait. One from the future, by a clock that was set back, may not."""
    waited = now - item.created_at
    return (LIMIT - waited).total_seconds() if waited >= -timedelta(minutes=1) else 0.0
