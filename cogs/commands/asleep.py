"""Commands that another bot in chat answers, too: which of them sleep, and who decides."""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.plugin import PixelBot

from .registry import CommandRegistry
from .tables import Asleep

Whose = Literal["asleep", "ours", "theirs"]
"""``asleep`` waits for a decision, and sleeps as ``theirs`` does. ``ours`` answers, and never sleeps again."""

ALL = "*"


class SleepingCommands:
    """Puts commands to sleep, and wakes them. A command is known by the first word that is typed for it."""

    def __init__(self, bot: PixelBot, registry: CommandRegistry) -> None:
        self._bot = bot
        self._registry = registry

    @property
    def undecided(self) -> Mapping[str, str]:
        """Those that wait for a decision, each with the other bot's name."""
        return {name: one.bot for name, one in self._registry.asleep.items() if one.whose == "asleep"}

    @property
    def theirs(self) -> Mapping[str, str]:
        """Those that were left to another bot, each with its name."""
        return {name: one.bot for name, one in self._registry.asleep.items() if one.whose == "theirs"}

    def may_fall_asleep(self, name: str) -> bool:
        """Whether nobody has decided about it, and it is no command that a mod made in place of one that sleeps."""
        return name not in self._registry.asleep and not (
            name in self._registry.texts and name in self._bot.commands_of_classes
        )

    async def put(self, session: AsyncSession, names: Iterable[str], bot: str) -> list[str]:
        """Let commands sleep because that bot answers them. Returns those about which nobody had decided before."""
        new = [name for name in names if await session.get(Asleep, name) is None]
        session.add_all([Asleep(name=name, bot=bot, whose="asleep") for name in new])
        return new

    async def decide(self, names: Collection[str], whose: Whose) -> None:
        """Decide about commands that sleep; others stay as they are."""
        async with self._bot.write("beside") as session:
            await decide(session, names, whose)
        await self._registry.changed()


async def decide(session: AsyncSession, names: Collection[str], whose: Whose) -> None:
    """Decide about commands, in a transaction; nothing for those that never slept."""
    await session.execute(update(Asleep).where(Asleep.name.in_(names)).values(whose=whose))
