"""``forget`` and ``export``: what the bot keeps of one person."""

import json
import sys

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.bot.bot import PixelBot
from pixel_bot.cli.running import database_of_bot
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import Mode, mode_of, recall
from pixel_bot.errors import DatabaseRefused
from pixel_bot.model.people import Viewer
from pixel_bot.services import build_services
from pixel_bot.settings import Settings
from pixel_bot.upkeep.forgetting import forget
from pixel_bot.upkeep.person_rows import Account, accounts_of
from pixel_bot.upkeep.personal_data import personal_data


async def forget_person(settings: Settings, name: str) -> int:
    """Forget somebody, with all linked accounts. The bot must not run: it remembers names.

    Returns:
        0.

    Raises:
        NobodyOfThatName: there is nobody of that name.
        DatabaseRefused: a bot runs on the database, or it cannot be used.
    """
    async with database_of_bot(settings) as (database, runs):
        if runs:
            raise DatabaseRefused(f"A bot runs on {database.name}. Stop it first: it remembers names. Nothing changed.")
        async with database.readers() as session:
            accounts = await accounts_of(session, name)
            mode = mode_of(await recall(session, "mode")) or "live"
        await _forget(settings, database, mode, accounts)
    _say(f"{accounts[0].name} is now {', '.join(account.alias for account in accounts)}; the ledger is as it was.")
    _say(f"Backups in {settings.backup_dir} from before still have the name, until they are removed.")
    return 0


async def _forget(settings: Settings, database: Database, mode: Mode, accounts: list[Account]) -> None:
    """With the cogs loaded, because only they know what their rows mean."""
    services = build_services(settings, database, Clock(), mode=mode)
    bot = PixelBot(services)

    async def ask(account: Account, session: AsyncSession) -> None:
        viewer = Viewer(account.id, account.name, account.display_name or account.name, 0)
        for name, cog in services.cog_tables.loaded.items():
            try:
                await cog.forget(viewer, session)
            except Exception as exc:
                # The boundary to a cog: whatever it raises becomes a sentence that names it, and all is rolled back.
                raise DatabaseRefused(f"The cog {name} failed ({exc!r}). Nothing was changed.") from exc

    try:
        await bot.setup_hook()
        await forget(database, accounts, services.clock.now(), settings.backup_dir, mode, ask)
    finally:
        await bot.backends.close()
        await bot.close(save_tokens=False)


async def export_person(settings: Settings, name: str) -> int:
    """Print everything that is kept of somebody, as JSON. The bot may run.

    Returns:
        0.

    Raises:
        NobodyOfThatName, DatabaseRefused: as ``forget_person``.
    """
    async with database_of_bot(settings) as (database, _), database.readers() as session:
        data = await personal_data(session, await accounts_of(session, name))
    _say(json.dumps(data, ensure_ascii=False, indent=2))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
