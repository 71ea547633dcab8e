"""Watches the file of the database, and ends the bot when it is lost: after all that was promised is in a copy."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from pixel_bot.concurrency.retry import keep_running
from pixel_bot.db.file_identity import SECOND_NAME, FileIdentity, FileState
from pixel_bot.services import Services
from pixel_bot.upkeep.backups import megabytes
from pixel_bot.upkeep.rescue import DatabaseLost, NotRescued, rescue
from pixel_bot.upkeep.verify_backup import findings_in
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks at the paths. A commit looks too, so in a busy chat a loss is noticed at once."""

CERTAIN_SECONDS = 0.3
"""A mismatch that is over by then was no loss: somebody moved the file away and back."""

TELL_SECONDS = 5.0

GOODBYE = later(
    "My database was moved away from under me, so I stop here. I am saving a copy of it, and the streamer can go on "
    "with that."
)

Tell = Callable[[str], Awaitable[None]]


class DatabaseWatch:
    """Looks at the database's file for as long as the bot runs.

    Args:
        services: of this bot.
        failed: gets DatabaseLost, once everything is said and saved; the runner ends the bot then.
        tell: says something in every chat that the bot is in.
    """

    def __init__(self, services: Services, failed: asyncio.Future[None], tell: Tell) -> None:
        self._services = services
        self._failed = failed
        self._tell = tell

    async def run(self) -> None:
        """Look, until cancelled. Databases without a file need none of it."""
        identity = self._services.database.identity
        if identity is None:
            return
        identity.is_watched = True
        while not identity.is_settled:
            await asyncio.to_thread(self._look_for_other_names, identity)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await identity.noticed.wait()
            identity.noticed.clear()
            await self.look(identity)

    def _look_for_other_names(self, identity: FileIdentity) -> None:
        """Tell once of each hard link that is made; one that is gone may be made anew."""
        before, identity.has_second_name = identity.has_second_name, identity.has_other_names()
        if identity.has_second_name and not before:
            log.warning("%s %s", identity.path, SECOND_NAME)

    async def look(self, identity: FileIdentity) -> None:
        """Look once, and do what is to be done."""
        state = await asyncio.to_thread(identity.state)
        if not state.is_loss:
            self._services.awards.write_outage.report(state)
            identity.decided.set()
            return
        self._services.awards.write_outage.report(state)  # nothing is promised from here on
        await asyncio.sleep(CERTAIN_SECONDS)
        state = await asyncio.to_thread(identity.state)
        if state.is_loss:
            await self._end(identity, state)
        else:
            identity.decided.set()

    async def _end(self, identity: FileIdentity, state: FileState) -> None:
        identity.lost = state  # before the copy begins: no commit can begin after this
        telling = asyncio.create_task(self._say_goodbye(), name="goodbye")
        lost = await save(self._services, identity, state)
        await asyncio.wait([telling])
        if not self._failed.done():
            self._failed.set_exception(lost)

    async def _say_goodbye(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TELL_SECONDS):
                await self._tell(_(GOODBYE))


async def save(services: Services, identity: FileIdentity, state: FileState) -> DatabaseLost:
    """Copy a database whose file is lost. Returns the error to end with, which says where the copy is."""
    identity.lost = state
    log.error("%s %s while the bot ran. Saving a copy of everything that was committed.", identity.path, state.value)
    try:
        copy = await asyncio.to_thread(
            rescue, identity, services.settings.backup_dir, services.mode, services.clock.now(), findings_in
        )
    except NotRescued as exc:
        identity.settle(rescued=False)
        lost = DatabaseLost(identity.path, state.value, None, str(exc))
    else:
        identity.settle(rescued=True)
        if state is FileState.REPLACED:
            await asyncio.to_thread(identity.remove_logs)
        for finding in copy.findings:
            log.warning("In the database, and so in the copy: %s", finding)
        lost = DatabaseLost(identity.path, state.value, copy.path.absolute(), megabytes(copy.size))
    log.critical("%s", lost)
    return lost


async def look_at_the_end(services: Services) -> None:
    """Before the last connection is closed: what was lost in the last moment must not go with it.

    Raises:
        DatabaseLost: it was.
    """
    identity = services.database.identity
    if identity is not None and not identity.is_settled:
        state = await asyncio.to_thread(identity.state)
        if state.is_loss:
            raise await save(services, identity, state)


@asynccontextmanager
async def watched(services: Services, failed: asyncio.Future[None], tell: Tell) -> AsyncGenerator[None]:
    """Watch the database's file for the length of the block."""
    watch = DatabaseWatch(services, failed, tell)
    task = asyncio.create_task(keep_running("database-watch", watch.run), name="database-watch")
    try:
        yield
    finally:
        if services.database.identity is not None:
            services.database.identity.is_watched = False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if failed.done() and not failed.cancelled():
            failed.exception()  # whoever waits for it has it; nobody else must be told that it was never read
