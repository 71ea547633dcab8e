"""Timers: texts that the bot says by itself while the stream is on, in turn, and only where chat talks, too."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.plugin import (
    BadInput,
    ChatError,
    ChatMessage,
    Cog,
    CogModel,
    Context,
    PixelBot,
    VariableSource,
    command,
    every,
    later,
    listed,
    number,
    on,
    paged,
    texts,
)

_ = texts(__name__)

MOST = 100
"""Timers that are kept."""

LONGEST_NAME = 30
LONGEST_TEXT = 1_500
"""Characters."""

LONGEST_MINUTES = 1_440
MOST_LINES = 1_000
USUAL_LINES = 5
"""Of chat, between two turns of a timer that nobody has set otherwise."""

BETWEEN = timedelta(seconds=45)
"""At least, between the texts of two timers; a look comes once a minute, and says one."""

KEPT_FOR = timedelta(seconds=10)
"""How long lines of chat are counted before they are written: a busy chat must not cost a write a line."""

HOW_TO_ADD = later("Type it like this: {prefix}timer add NAME MINUTES TEXT")
HOW_TO_COUNT = later("Type it like this: {prefix}timer lines NAME N")
HOW = later("Type it like this: {prefix}timer add NAME MINUTES TEXT, or remove, on, off NAME, or lines NAME N")
ADDED = later("Added the timer {name}: every {minutes} while the stream is on, once chat has written {lines}.")
REMOVED = later("Removed the timer {name}.")
ON = later("The timer {name} is on.")
OFF = later("The timer {name} is off.")
LINES = later("The timer {name} waits for {lines} of chat.")
NONE = later("There is no timer {name}. {prefix}timers lists them.")
EXISTS = later("There is a timer {name} already. Remove it first.")
TOO_MANY = later("There are {most} timers already, which is the most I keep.")
TOO_LONG = later("That is too long: a text has at most {most} characters.")
UNKNOWN = later(" I do not know {names}, so that stays as it is typed.")
NONE_YET = later("There are no timers yet. Add one with {prefix}timer add NAME MINUTES TEXT")
LIST = later("Timers")
ENTRY = later("{name} every {minutes} min after {lines} lines{off}")
SWITCHED_OFF = later(", off")


class Timer(CogModel):
    """A timer; ``turns`` counts what it has said, ``lines_then`` are all lines of chat until its last turn."""

    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    minutes: Mapped[int]
    lines: Mapped[int]
    is_on: Mapped[bool]
    last_at: Mapped[datetime]
    lines_then: Mapped[int]
    turns: Mapped[int]


class Chat(CogModel):
    """How many lines chat has written, and when a timer spoke last. It has one row."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lines: Mapped[int]
    spoke_at: Mapped[datetime | None]


class Timers(Cog):
    """Says texts by time, one a minute at most."""

    tables = (Timer, Chat)

    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        self._prefix = bot.settings.command_prefix
        self._lines = 0
        self._written_at: datetime | None = None

    @command(usage="add NAME MINUTES TEXT", who="mods")
    async def timer(self, ctx: Context) -> None:
        """Have a text said again and again while the stream is on."""
        await ctx.reply(_(HOW, prefix=self._prefix))

    @command("timer add", usage="NAME MINUTES TEXT", who="mods")
    async def add(self, ctx: Context, name: str = "", minutes: str = "", *, text: str = "") -> None:
        """Add a timer; its text may have variables like $(uptime)."""
        how = _(HOW_TO_ADD, prefix=self._prefix)
        name, text = name.lower(), text.strip()
        if not text or len(name) > LONGEST_NAME or not name.isprintable():
            raise BadInput(how)
        if len(text) > LONGEST_TEXT:
            raise BadInput(_(TOO_LONG, most=number(LONGEST_TEXT)))
        every_minutes = _whole(minutes, LONGEST_MINUTES, how, least=1)
        await self._flush()
        async with self.bot.transaction(ctx, "timer add") as tx:
            if await tx.session.get(Timer, name) is not None:
                raise ChatError(_(EXISTS, name=name))
            if (await tx.session.scalar(select(func.count()).select_from(Timer)) or 0) >= MOST:
                raise ChatError(_(TOO_MANY, most=MOST))
            lines = await tx.session.scalar(select(Chat.lines)) or 0
            new = Timer(name=name, text=text, minutes=every_minutes, lines=USUAL_LINES, is_on=True, turns=0)
            new.last_at, new.lines_then = tx.now, lines
            tx.session.add(new)
        shown = {
            "minutes": _("{n} minute", "{n} minutes", n=every_minutes),
            "lines": _("{n} line", "{n} lines", n=USUAL_LINES),
        }
        await ctx.reply(_(ADDED, name=name, **shown) + self._remarks(text))

    @command("timer remove", usage="NAME", aliases=["timer delete"], who="mods")
    async def remove(self, ctx: Context, name: str) -> None:
        """Remove a timer."""
        name = name.lower()
        async with self.bot.transaction(ctx, "timer remove") as tx:
            if not (await tx.session.execute(delete(Timer).where(Timer.name == name).returning(Timer.name))).all():
                raise self._none(name)
        await ctx.reply(_(REMOVED, name=name))

    @command("timer on", usage="NAME", aliases=["timer enable"], who="mods")
    async def switch_on(self, ctx: Context, name: str) -> None:
        """Switch a timer on."""
        await self._change(ctx, name.lower(), ON, is_on=True)

    @command("timer off", usage="NAME", aliases=["timer disable"], who="mods")
    async def switch_off(self, ctx: Context, name: str) -> None:
        """Switch a timer off."""
        await self._change(ctx, name.lower(), OFF, is_on=False)

    @command("timer lines", usage="NAME N", who="mods")
    async def lines(self, ctx: Context, name: str = "", lines: str = "") -> None:
        """Set how many lines chat must have written since a timer's last turn."""
        wanted = _whole(lines, MOST_LINES, _(HOW_TO_COUNT, prefix=self._prefix), least=0)
        await self._change(ctx, name.lower(), LINES, lines=wanted)

    @command(usage="[PAGE]", who="mods")
    async def timers(self, ctx: Context, page: str = "") -> None:
        """Which timers there are."""
        async with self.bot.readers() as session:
            there = (await session.scalars(select(Timer).order_by(Timer.name))).all()
        entries = [
            _(ENTRY, name=t.name, minutes=str(t.minutes), lines=str(t.lines), off="" if t.is_on else _(SWITCHED_OFF))
            for t in there
        ]
        shown = paged(_(LIST), entries, page, f"{self._prefix}timers")
        await ctx.reply(shown if there else _(NONE_YET, prefix=self._prefix))

    @on(ChatMessage)
    async def count_line(self, message: ChatMessage) -> None:
        """Chat has written a line."""
        self._lines += 1
        now = self.bot.clock.now()
        if self._written_at is None:
            self._written_at = now
        elif abs(now - self._written_at) >= KEPT_FOR:
            await self._flush()

    @every(minutes=1, while_live=True)
    async def speak(self) -> None:
        """Say the text of the timer that has been due for longest."""
        async with self.bot.readers() as session:
            if (await session.scalars(select(Timer.name).where(Timer.is_on).limit(1))).first() is None:
                return
        await self._flush()
        timer = await self._take_turn()
        if timer is None:
            return
        source = VariableSource(f"timer:{timer.name}:{timer.turns}", timer.name)
        rendered = await self.bot.render(timer.text, source)
        if rendered.text and not rendered.problems:
            await self.bot.announce(self.bot.text_filter.bleeped(rendered.text))

    async def _take_turn(self) -> Timer | None:
        """The timer whose turn it is. It is noted before anything is said: said twice is worse than said once less."""
        now, since = self.bot.clock.now(), self.bot.live.since
        if since is None:
            return None
        async with self.bot.write("timer") as session:
            chat = await session.get(Chat, 1, with_for_update=True)  # one of several processes has the turn
            if chat is None or (chat.spoke_at is not None and timedelta() <= now - chat.spoke_at < BETWEEN):
                return None
            there = (await session.scalars(select(Timer).where(Timer.is_on))).all()
            ready = [t for t in there if _due(t, since, now) <= now and chat.lines - t.lines_then >= t.lines]
            if not ready:
                return None
            timer = min(ready, key=lambda t: (_due(t, since, now), t.name))
            timer.last_at, timer.lines_then, timer.turns = now, chat.lines, timer.turns + 1
            chat.spoke_at = now
            await session.flush()
            session.expunge(timer)  # it is read after the session has ended
        return timer

    async def _flush(self) -> None:
        """Write how many lines chat has written."""
        self._written_at = self.bot.clock.now()
        lines, self._lines = self._lines, 0
        async with self.bot.write("lines") as session:
            changed = update(Chat).where(Chat.id == 1).values(lines=Chat.lines + lines).returning(Chat.id)
            if not (await session.execute(changed)).all():
                session.add(Chat(id=1, lines=lines, spoke_at=None))

    async def _change(self, ctx: Context, name: str, said: str, *, is_on: bool | None = None, lines: int = -1) -> None:
        values: dict[str, int] = {"is_on": is_on} if is_on is not None else {"lines": lines}
        async with self.bot.transaction(ctx, "timer change") as tx:
            changed = update(Timer).where(Timer.name == name).values(**values).returning(Timer.lines)
            if not (await tx.session.execute(changed)).all():
                raise self._none(name)
        await ctx.reply(_(said, name=name, lines=_("{n} line", "{n} lines", n=lines)))

    def _none(self, name: str) -> ChatError:
        """The error for a timer that is not there."""
        return ChatError(_(NONE, name=name[:LONGEST_NAME], prefix=self._prefix))

    def _remarks(self, text: str) -> str:
        """What the one who added a text should know of it; empty for nothing."""
        unknown = [f"$({name})" for name, is_known in self.bot.variables_in(text).items() if not is_known]
        return _(UNKNOWN, names=listed(unknown[:5])) if unknown else ""


def _due(timer: Timer, since: datetime, now: datetime) -> datetime:
    """When its next turn is: so long after the last one, or after the stream began. A clock may have been set back."""
    last = timer.last_at if timer.last_at <= now else since
    return max(last, since) + timedelta(minutes=timer.minutes)


def _whole(typed: str, most: int, how: str, *, least: int) -> int:
    """A whole number within limits, like ``30`` or ``30m``.

    Raises:
        BadInput: it is none; ``how`` is what chat hears.
    """
    digits = typed.lower().removesuffix("m")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 6 and least <= int(digits) <= most):
        raise BadInput(how)
    return int(digits)


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Timers(bot))
