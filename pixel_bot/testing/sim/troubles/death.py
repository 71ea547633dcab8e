"""The bot's process ends, in order or not, and is started again."""

import asyncio

from pixel_bot.testing.sim.series import Event
from pixel_bot.testing.sim.troubles.world import World

MOST_STEPS = 5_000
KILL = "kill"


async def kill(world: World, event: Event) -> None:
    """It dies, and is away for a while."""
    world.tell(event, "the bot is killed")
    with world.channel.quiet.broken_by(KILL):
        world.channel.kill()
        await asyncio.sleep(event.chance.uniform(0, 30))
    world.channel.start()


async def kill_at_commit(world: World, event: Event) -> None:
    """It dies just before or just after one of its next commits."""
    count, before = event.chance.randint(1, 20), event.chance.random() < 0.5
    when = "before" if before else "after"
    world.tell(event, f"the bot will die {when} commit {count} from now")
    await world.channel.killed_at_commit(count, before=before)
    with world.channel.quiet.broken_by(KILL):
        await asyncio.sleep(event.chance.uniform(0, 5))
    world.channel.start()


async def kill_at_step(world: World, event: Event) -> None:
    """It dies between two of its steps; half of the time once more, while it starts."""
    chance = event.chance
    steps = int(MOST_STEPS ** chance.random()) + 1
    world.tell(event, f"the bot will die {steps} steps from now")
    await world.channel.killed_in(steps)
    world.channel.quiet.note(KILL)
    world.channel.start()
    if chance.random() < 0.5:
        steps = int(MOST_STEPS ** chance.random()) + 1
        world.tell(event, f"the bot will die {steps} steps after its start")
        await world.channel.killed_in(steps)
        world.channel.quiet.note(KILL)
        world.channel.start()


async def stop(world: World, event: Event) -> None:
    """The streamer ends it; half of the time it dies before it has ended."""
    chance = event.chance
    steps = int(MOST_STEPS ** chance.random()) + 1 if chance.random() < 0.5 else 0
    world.tell(event, f"the bot is ended, and dies {steps} steps later" if steps else "the bot is ended")
    with world.channel.quiet.broken_by(KILL):
        if steps and (life := world.channel.life) is not None:
            life.die_in(steps)
        await world.channel.stop()
        await asyncio.sleep(chance.uniform(0, 10))
    world.channel.start()
