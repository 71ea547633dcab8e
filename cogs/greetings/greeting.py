"""Greets who comes: those who write for the first time in a stream, or ever; and shows the channels of friends."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from pixel_bot.plugin import (
    BadInput,
    ChatMessage,
    Cog,
    Context,
    KnownViewer,
    Person,
    PixelBot,
    Raid,
    VariableSource,
    Viewer,
    command,
    joined,
    later,
    on,
    paged,
    texts,
)

from .settings import Settings
from .shouting import ShoutOuts
from .tables import Arrival, Friend, Greeting, OwedShoutOut

_ = texts(__name__)

GATHER_SECONDS = 3
"""How long the first who comes waits for others, who are greeted in the same sentence."""

AGAIN = timedelta(hours=4)
"""Nobody is greeted twice in this time, also where a stream broke off and began again."""

MOST_NAMES = 8
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who has come. ``xp`` is what they have; None for those who do not play, like other bots."""

    person: Person
    viewer: Viewer
    raids: bool
    xp: int | None


@dataclass(slots=True)
class Welcome:
    """Who is greeted how, and whose channel is shown."""

    own: list[tuple[Guest, str]]
    new: list[Guest]
    back: list[Guest]
    shown: list[Viewer]


class Greetings(Cog):
    """Greets people."""

    tables = (Greeting, Friend, Arrival)
    settings = Settings

    def __init__(self, bot: PixelBot, shout_outs: ShoutOuts) -> None:
        super().__init__(bot)
        self._shout_outs = shout_outs
        self._waiting: dict[str, tuple[Person, bool]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._lock = asyncio.Lock()

    @command("greeting set", usage="@user TEXT", who="mods")
    async def put(self, ctx: Context, viewer: KnownViewer, *, text: str) -> None:
        """Give somebody a greeting of their own, for each stream."""
        if len(text) > LONGEST:
            raise BadInput(_("A greeting has up to {most} characters.", most=LONGEST))
        if self.bot.text_filter.bleeped(text) != text:
            raise BadInput(_("There is a blocked word in that greeting."))
        async with self.bot.transaction(ctx, "greeting") as tx:
            await tx.session.merge(Greeting(viewer=viewer.id, text=text))
        await ctx.reply(_("{viewer} will be greeted like that.", viewer=viewer))

    @command("greeting remove", usage="@user", who="mods")
    async def remove(self, ctx: Context, viewer: KnownViewer) -> None:
        """Somebody has no greeting of their own any more."""
        async with self.bot.transaction(ctx, "greeting") as tx:
            known = await tx.session.get(Greeting, viewer.id)
            if known is not None:
                await tx.session.delete(known)
        said = later("{viewer} has no greeting of their own.")
        if known is not None:
            said = later("{viewer} has no greeting of their own any more.")
        await ctx.reply(_(said, viewer=viewer))

    @command("greeting list", usage="[PAGE]", who="mods")
    async def list(self, ctx: Context, page: str = "") -> None:
        """Greetings of people's own."""
        async with self.bot.readers() as session:
            there = {row.viewer: row.text for row in (await session.scalars(select(Greeting))).all()}
        people = await self.bot.viewers.by_ids(there)
        entries = sorted(f"{people[viewer]}: {text}" for viewer, text in there.items() if viewer in people)
        if not entries:
            await ctx.reply(_("Nobody has a greeting of their own yet."))
            return
        await ctx.reply(paged(_("Greetings"), entries, page, f"{self.bot.settings.command_prefix}greeting list"))

    @on(ChatMessage)
    async def hear(self, message: ChatMessage) -> None:
        """Somebody writes: at their first message of the stream they have come."""
        if not message.is_first or message.is_guest or "streamer" in message.roles or not self.bot.live:
            return
        if self.config.new or self.config.first or await self._anybody_is_kept():
            self._has_come(message.viewer, raids=False)

    @on(Raid)
    async def welcome_raid(self, event: Raid) -> None:
        """Another channel comes over."""
        if event.person is not None and 0 < self.config.raids <= event.viewers:
            self._has_come(event.person, raids=True)

    async def close(self) -> None:
        """Greet at once who waits, and return when it is said."""
        if self._timer is not None:
            self._timer.cancel()
        await self._greet_waiting()

    @override
    async def component_teardown(self) -> None:
        """Greet who waits before the cog goes."""
        await self.close()

    def _begin(self) -> None:
        self.spawn(self._greet_waiting())

    async def _greet_waiting(self) -> None:
        """Greet all who have come meanwhile, one group after the other."""
        async with self._lock:
            self._timer = None
            await self._greet_group()

    async def _greet_group(self) -> None:
        """It is written before it is said: nobody is greeted twice."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        guests = [await self._guest(person, raids=raids) for person, raids in waiting.values()]
        guests = [guest for guest in guests if guest.xp is not None]
        async with self.bot.write() as session:
            welcome = await self._decide(session, guests)
        for guest, text in welcome.own:
            await self.bot.announce(await self._rendered(guest, text), guest.person.platform)
        await self._say(later("Welcome, {viewers}! Good to see you here."), welcome.new)
        await self._say(later("Hello, {viewers}!"), welcome.back)
        if welcome.shown:
            await self._shout_outs.show(welcome.shown)

    @override
    async def merge(self, session: AsyncSession, old: int, new: int) -> None:
        """Rows of both accounts of a person: that of the kept one stays, with the later times."""
        for model in (Greeting, Friend, OwedShoutOut):
            if await session.get(model, new) is not None:
                await session.execute(delete(model).where(model.viewer == old))
        theirs, kept = await session.get(Arrival, old), await session.get(Arrival, new)
        if theirs is not None and kept is not None:
            kept.greeted_at = _later(kept.greeted_at, theirs.greeted_at)
            kept.shown_at = _later(kept.shown_at, theirs.shown_at)
            await session.delete(theirs)

    @override
    async def forget(self, viewer: Viewer, session: AsyncSession) -> None:
        """They have no greeting, are no friend, and never came."""
        for model in (Greeting, Friend, Arrival, OwedShoutOut):
            await session.execute(delete(model).where(model.viewer == viewer.id))

    async def _anybody_is_kept(self) -> bool:
        async with self.bot.readers() as session:
            anybody = exists(select(Greeting.viewer)) | exists(select(Friend.viewer))
            return bool(await session.scalar(select(anybody)))

    def _has_come(self, person: Person, *, raids: bool) -> None:
        before = self._waiting.get(person.key)
        self._waiting[person.key] = (person, raids or (before is not None and before[1]))
        # In this process: a schedule of the bot could have its turn in another one, which has not heard of them.
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._begin)

    async def _guest(self, person: Person, *, raids: bool) -> Guest:
        viewer = await self.bot.viewers.meet(person)
        rank = await self.bot.leaderboard.rank(viewer, "xp")
        return Guest(person, viewer, raids, rank.value if rank is not None else None)

    async def _decide(self, session: AsyncSession, guests: Iterable[Guest]) -> Welcome:
        now, since = self.bot.clock.now(), self.bot.live.since
        welcome = Welcome([], [], [], [])
        for guest in guests:
            arrival = await session.get(Arrival, guest.viewer.id)
            is_known = arrival is not None
            arrival = arrival or Arrival(viewer=guest.viewer.id)
            own = await session.get(Greeting, guest.viewer.id)
            is_friend = await session.get(Friend, guest.viewer.id) is not None
            if (guest.raids or is_friend) and _is_due(arrival.shown_at, since, now):
                arrival.shown_at = now
                welcome.shown.append(guest.viewer)
            if not guest.raids and _is_due(arrival.greeted_at, since, now):
                arrival.greeted_at = now
                self._greet(welcome, guest, own, is_new=not is_known and self._has_hardly_written(guest))
            session.add(arrival)
        return welcome

    def _greet(self, welcome: Welcome, guest: Guest, own: Greeting | None, *, is_new: bool) -> None:
        if own is not None:
            welcome.own.append((guest, own.text))
        elif self.config.new and is_new:
            welcome.new.append(guest)
        elif self.config.first:
            welcome.back.append(guest)

    def _has_hardly_written(self, guest: Guest) -> bool:
        """Who came before there were greetings has XP of more than a follow and the first message."""
        settings = self.bot.settings
        return (guest.xp or 0) <= settings.xp_follow_amount + settings.xp_chat_amount

    async def _rendered(self, guest: Guest, text: str) -> str:
        person = guest.person
        key = f"greeting:{guest.viewer.id}:{self.bot.clock.now().isoformat()}"
        source = VariableSource(
            key, "greeting", "", person.login, person.display_name, person.platform_id, person.platform
        )
        return self.bot.text_filter.bleeped((await self.bot.render(text, source)).text)

    async def _say(self, words: str, guests: Sequence[Guest]) -> None:
        for one in {guest.person.platform: guest.person for guest in guests}.values():
            platform = one.platform
            names = [self.bot.text_filter.name(g.person.display_name) for g in guests if g.person.platform == platform]
            more = len(names) - MOST_NAMES
            if more > 0:
                names = [*names[:MOST_NAMES], _("{n} more", "{n} more", n=more)]
            await self.bot.announce(_(words, viewers=joined(names)), platform)


def _is_due(last: datetime | None, since: datetime | None, now: datetime) -> bool:
    """Whether it was neither done in this stream nor a short while ago."""
    return last is None or (now - last >= AGAIN and (since is None or last < since))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)
