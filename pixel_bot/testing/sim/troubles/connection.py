"""The connection for events, and what comes over it."""

import asyncio
from datetime import UTC, datetime

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.eventsub import session_of
from pixel_bot.testing.sim.channel import TWITCH_PORT
from pixel_bot.testing.sim.series import Event
from pixel_bot.testing.sim.troubles.world import World

CONNECTION, LATE = "connection", "late"
CODES = (4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007)
NOBODY = "ws://127.0.0.1:9"
ENDS = ("version_removed", "user_removed", "authorization_revoked", "moderator_removed")


async def cut(world: World, event: Event) -> None:
    """It is lost, perhaps in the middle of a frame; and the next tries to connect may fail."""
    chance, twitch = event.chance, world.channel.twitch
    refused, in_frame = chance.choice([0, 0, 1, 5]), chance.random() < 0.3
    world.tell(event, f"the connection for events is cut, and {refused} new ones fail")
    world.channel.quiet.note(CONNECTION)
    if refused:
        twitch.faults.add("ws", status=chance.choice([429, 500, 503]), times=refused)
    twitch.linger = chance.choice([0.0, 0.0, 20.0])
    for session in list(twitch.sessions.values()):
        session.cut(mid_frame=in_frame)


async def fall_silent(world: World, event: Event) -> None:
    """It stays open, and nothing comes, not even what says that it is alive."""
    world.tell(event, "the connection for events falls silent")
    world.channel.quiet.note(CONNECTION)
    for session in list(world.channel.twitch.sessions.values()):
        world.channel.twitch.silence(session)
    await asyncio.sleep(0)


async def ask_to_move(world: World, event: Event) -> None:
    """The bot is asked to connect elsewhere."""
    is_there = event.chance.random() < 0.7
    address = f"ws://127.0.0.1:{TWITCH_PORT}/ws" if is_there else NOBODY
    world.tell(event, "Twitch asks to connect anew" if is_there else "Twitch asks to connect where nobody is")
    world.channel.quiet.note(CONNECTION)
    for session in list(world.channel.twitch.sessions.values()):
        await world.channel.twitch.ask_to_move(session, address)


async def close(world: World, event: Event) -> None:
    """Twitch closes it with one of its codes."""
    code = event.chance.choice(CODES)
    world.tell(event, f"Twitch closes the connection for events with {code}")
    world.channel.quiet.note(CONNECTION)
    for session in list(world.channel.twitch.sessions.values()):
        await session.close(code)


async def revoke(world: World, event: Event) -> None:
    """One subscription ends."""
    twitch, chance = world.channel.twitch, event.chance
    if not twitch.subscriptions:
        return
    subscription, status = chance.choice(list(twitch.subscriptions.values())), chance.choice(ENDS)
    world.tell(event, f"the subscription to {subscription['type']} ends: {status}")
    world.channel.quiet.note(CONNECTION)
    session = twitch.sessions.get(session_of(subscription))
    twitch.drop(subscription["id"])
    if session is not None:
        ended = subscription | {"status": status}
        await session.send(frames.revocation(ended, datetime.now(UTC)))


async def repeat(world: World, event: Event) -> None:
    """One of the last events comes again."""
    back = event.chance.choice([1, 1, 2, 5, 20])
    world.tell(event, f"the event {back} back comes again")
    await world.channel.repeat(back)


async def hold_back(world: World, event: Event) -> None:
    """Some of the next events come late."""
    chance, left = event.chance, event.chance.randint(1, 6)
    most = chance.choice([0.5, 6.0, 60.0])
    world.tell(event, f"{left} events come up to {most} s late")
    world.channel.quiet.note(LATE)

    def hold() -> float:
        nonlocal left
        left -= 1
        return chance.uniform(0.001, most) if left >= 0 else 0.0

    world.channel.hold = hold
    await asyncio.sleep(0)
