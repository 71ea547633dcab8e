"""What cogs owe viewers, from all of them."""

from collections.abc import Iterable
from dataclasses import replace

from pixel_bot.bot.cogs.cog_base import CogBase
from pixel_bot.bot.cogs.faults import Faults
from pixel_bot.db.engine import Database
from pixel_bot.model.owed import Owed


async def all_owed(components: Iterable[object], database: Database, faults: Faults) -> list[Owed]:
    """What all cogs owe, the oldest first. A cog that fails at that counts as crashed, and owes nothing here."""
    found: list[Owed] = []
    for component in components:
        if not isinstance(component, CogBase):
            continue
        cog = component.bot.cogs.owner_of(component)
        try:
            async with database.readers() as session:
                found += [replace(one, cog=cog) for one in await component.what_is_owed(session)]
        # A cog may raise anything; what the others owe is listed all the same.
        except Exception as exc:  # noqa: BLE001
            faults.report(cog, "in what_is_owed", exc)
    return sorted(found, key=lambda one: (one.since, one.cog, one.id))
