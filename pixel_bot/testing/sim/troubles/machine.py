"""The machine of the bot: its disk, the file of its database, its clock, and its sleep."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pixel_bot.errors import RestoreRefused
from pixel_bot.testing.sim.disk import DiskFault, locked
from pixel_bot.testing.sim.invariants import Violation
from pixel_bot.testing.sim.lives import Life
from pixel_bot.testing.sim.quiet import Quiet
from pixel_bot.testing.sim.series import Event
from pixel_bot.testing.sim.troubles.world import World
from pixel_bot.upkeep.backup_facts import facts_of
from pixel_bot.upkeep.rescue import DatabaseLost
from pixel_bot.upkeep.restore import restore
from pixel_bot.upkeep.verify_backup import findings_in

DISK, SLEEP, CLOCK = "disk", "sleep", "clock"
JUMPS = (-86_400.0, -7_200.0, -300.0, -90.0, 90.0, 300.0, 7_200.0, 86_400.0)
NOTICED_SECONDS = 60.0


async def break_disk(world: World, event: Event) -> None:
    """Nothing can be written for a while, or only now and then."""
    fault, seconds = event.chance.choice(list(DiskFault)), event.chance.uniform(1, 90)
    world.tell(event, f"the disk is {fault} for {seconds:.0f} s")
    with world.channel.quiet.broken_by(DISK), world.channel.disk.broken(fault):
        await asyncio.sleep(seconds)


async def lock_database(world: World, event: Event) -> None:
    """Another program writes to the database for a while."""
    seconds = event.chance.choice([0.5, 5.0, 30.0])
    world.tell(event, f"another program holds the database for {seconds} s")
    with world.channel.quiet.broken_by(DISK):
        await locked(world.channel.file, seconds)


async def lose_file(world: World, event: Event) -> None:
    """The database is moved away. The bot must say so and end; then its copy is restored, or the file comes back."""
    life, file = world.channel.life, world.channel.file
    if life is None or world.channel.app is None or not file.exists():
        return
    world.tell(event, "the file of the database is moved away")
    aside = file.with_name("moved.db")
    file.rename(aside)
    errors: list[BaseException | None] = []
    world.channel.when_ended.append(errors.append)

    def moved_back(_: "asyncio.Future[None]") -> None:
        """It died before it could save a copy: nothing may start before the file is in its place again."""
        if not _copies(errors):
            aside.rename(file)

    life.death.add_done_callback(moved_back)
    # It is set right also when the season ends meanwhile: a bot without its database would never start again.
    found = asyncio.ensure_future(_found(world, life, aside, errors))
    _under_way.add(found)
    found.add_done_callback(_under_way.discard)
    await asyncio.shield(found)


_under_way: set["asyncio.Future[None]"] = set()


async def _found(world: World, life: Life, aside: Path, errors: list[BaseException | None]) -> None:
    with world.channel.quiet.broken_by(DISK):
        await _gone(world.channel.quiet, life)
        for copy in _copies(errors):
            await _restored(world, copy)
            await asyncio.to_thread(aside.unlink)
    world.channel.when_ended.remove(errors.append)


def _copies(errors: Sequence[BaseException | None]) -> list[Path]:
    return [error.copy for error in errors if isinstance(error, DatabaseLost) and error.copy is not None]


async def _restored(world: World, copy: Path) -> None:
    """The streamer does what the bot's last sentence says."""
    facts, is_done = facts_of(copy), False
    while not is_done:
        with suppress(RestoreRefused):  # a bot was just being started
            await asyncio.to_thread(restore, copy, world.channel.file, facts, datetime.now(UTC), findings_in)
            is_done = True
        await asyncio.sleep(1)
    await asyncio.to_thread(copy.unlink)
    for listener in world.channel.when_restored:
        listener()


async def _gone(quiet: Quiet, life: Life) -> None:
    """The bot must notice it, but for the time that its machine sleeps."""
    loop = asyncio.get_running_loop()
    moved = loop.time()
    while not life.death.done():
        await asyncio.wait({life.death}, timeout=NOTICED_SECONDS)
        awake = min(loop.time() - moved, quiet.seconds(SLEEP))
        if not life.death.done() and awake >= NOTICED_SECONDS:
            raise Violation(f"The database's file was moved away {awake:.0f} s ago, and the bot goes on.")


async def set_clock(world: World, event: Event) -> None:
    """The wall clock of the bot's machine is set, and later set right."""
    by, seconds = event.chance.choice(JUMPS), event.chance.uniform(5, 600)
    world.tell(event, f"the bot's clock is set by {by:.0f} s, for {seconds:.0f} s")
    with world.channel.quiet.broken_by(CLOCK):
        world.wall.ahead += by
        try:
            await asyncio.sleep(seconds)
        finally:
            world.wall.ahead -= by


async def sleep(world: World, event: Event) -> None:
    """The bot's machine is suspended for a while: it does nothing, and all clocks go on."""
    life, seconds = world.channel.life, event.chance.choice([1.0, 20.0, 300.0, 3_600.0])
    if life is None:
        return
    world.tell(event, f"the bot's machine sleeps for {seconds:.0f} s")
    with world.channel.quiet.broken_by(SLEEP):
        life.suspend()
        try:
            await asyncio.sleep(seconds)
        finally:
            life.wake()
