"""Counters: !counter deaths +1 counts, and $(count deaths) in a text shows and counts it, too."""

import re

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.plugin import (
    AlreadyDone,
    BadInput,
    ChatError,
    Cog,
    CogModel,
    Context,
    PixelBot,
    VariableCall,
    command,
    later,
    number,
    texts,
    variable,
)

_ = texts(__name__)

LONGEST = 30
"""Characters of a name."""

LARGEST = 10**12
"""Value of a counter, also below zero."""

MOST_IN_A_TEXT = 5
"""Counters that the text of a command may have."""

HOW = later("Type it like this: {prefix}counter NAME, or for mods {prefix}counter NAME +1, -1 or set 5")
VALUE = later("The counter {name}: {value}")
NONE = later("There is no counter {name} yet. A mod makes it with {prefix}counter {name} +1")
MODS = later("Only mods can change a counter.")
TOO_FAR = later("A counter goes up to {most}, and no further.")

_NAME = re.compile(r"[\w-]+")
_CHANGE = re.compile(r"([+-]?)(\d{1,13})")


class Counter(CogModel):
    """A counter: it is there from the first change on."""

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class Counters(Cog):
    """Counters: a command in chat, and variables in the texts of commands and timers."""

    tables = (Counter,)

    @command(usage="NAME [+N|-N|set N]", aliases=["editcounter"])
    async def counter(self, ctx: Context, name: str = "", change: str = "", value: str = "") -> None:
        """Show a counter; mods change it with +1, -1 or set 5."""
        prefix = self.bot.settings.command_prefix
        name = _checked(name, _(HOW, prefix=prefix))
        if not change:
            current = await self._value(name)
            if current is None:
                raise ChatError(_(NONE, name=name, prefix=prefix))
            await ctx.reply(_(VALUE, name=name, value=number(current)))
            return
        if not ctx.is_mod:
            raise ChatError(_(MODS))
        is_set = change.lower() == "set"
        sign, amount = _amount(value if is_set else change, _(HOW, prefix=prefix))
        async with self.bot.transaction(ctx, "counter") as tx:
            result = await _changed(tx.session, name, sign * amount, is_set=is_set)
        await ctx.reply(_(VALUE, name=name, value=number(result)))

    @variable("count", "counter", fresh=True, most=MOST_IN_A_TEXT)
    async def count(self, call: VariableCall) -> str | None:
        """Adds one to a counter and shows it: `$(count deaths)`, also `$(count deaths +2)`, `-1`, or `5` to set it.

        Without a name it is the counter of the command.
        """
        words = list(call.words)
        change = words.pop() if words and _CHANGE.fullmatch(words[-1]) else "+1"
        name = _name_of(words[0] if words else call.source.command)
        sign, amount = _amount(change, _(HOW, prefix=self.bot.settings.command_prefix))
        try:
            async with self.bot.transaction(call, "count") as tx:
                return str(await _changed(tx.session, name, sign * amount, is_set=change[0].isdigit()))
        except AlreadyDone:  # the message is delivered again: it counts once, and says the same
            return str(await self._value(name) or 0)

    @variable("getcount", fresh=True, most=MOST_IN_A_TEXT)
    async def getcount(self, call: VariableCall) -> str:
        """Shows a counter and leaves it as it is: `$(getcount deaths)`."""
        return str(await self._value(_name_of(call.words[0] if call.words else call.source.command)) or 0)

    async def _value(self, name: str) -> int | None:
        async with self.bot.readers() as session:
            counter = await session.get(Counter, name)
            return counter.value if counter is not None else None


async def _changed(session: AsyncSession, name: str, change: int, *, is_set: bool) -> int:
    """Change a counter in a transaction, or make it. Returns its new value.

    Args:
        session: of the transaction, so that nobody else changes it meanwhile.
        name: of the counter.
        change: what is added; or the new value, where ``is_set``.
        is_set: whether ``change`` takes the place of the value.

    Raises:
        ChatError: the value would be too large.
    """
    counter = await session.get(Counter, name)
    if counter is None:
        counter = Counter(name=name, value=0)
        session.add(counter)
    value = change if is_set else counter.value + change
    if abs(value) > LARGEST:
        raise ChatError(_(TOO_FAR, most=number(LARGEST)))
    counter.value = value
    return value


def _amount(typed: str, how: str) -> tuple[int, int]:
    """Sign and size of a change like ``+2``, ``-1`` or ``5``.

    Raises:
        BadInput: it is none; ``how`` is what chat hears.
    """
    match = _CHANGE.fullmatch(typed)
    if match is None:
        raise BadInput(how)
    return -1 if match[1] == "-" else 1, int(match[2])


def _checked(name: str, how: str) -> str:
    """A counter's name as it is kept.

    Raises:
        BadInput: it is none; ``how`` is what chat hears.
    """
    name = name.lower()
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise BadInput(how)
    return name


def _name_of(typed: str) -> str:
    """A counter's name in a text; what cannot be one becomes one."""
    return "-".join(_NAME.findall(typed.lower()))[:LONGEST] or "counter"


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Counters(bot))
