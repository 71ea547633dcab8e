"""Twitch's API does not do what it is asked to, and the page is away."""

import asyncio

from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.testing.sim.series import Event
from pixel_bot.testing.sim.troubles.world import World

REFUSED, DROPPED, TOKENS, PAGE = "refused", "dropped", "tokens", "page"
PATHS = ("chat/messages", "chat/messages", "", "eventsub/subscriptions", "users", "oauth2/token", "oauth2/validate")


async def refuse(world: World, event: Event) -> None:
    """Some requests fail, before or after they did what was asked."""
    chance, faults = event.chance, world.channel.twitch.faults
    kind, path, times = (
        chance.choice(["500", "429", "drop", "late", "done"]),
        chance.choice(PATHS),
        chance.randint(1, 4),
    )
    world.tell(event, f"Twitch answers {times} requests to /{path} with {kind}")
    world.channel.quiet.note(REFUSED)
    match kind:
        case "500":
            faults.add(path, status=500, times=times)
        case "429":
            faults.add(path, status=429, times=times)
        case "drop":
            faults.add(path, drop=True, times=times)
        case "late":
            faults.add(path, delay=chance.uniform(1, 20), times=times)
        case _:
            faults.add(path, status=500, times=times, done=True)


async def enforce_rules(world: World, event: Event) -> None:
    """The bot is no mod for a while, perhaps in slow mode, and what is too much or said twice is dropped."""
    chance, twitch = event.chance, world.channel.twitch
    settings = twitch.chat_settings
    seconds, slow = chance.uniform(10, 120), chance.choice([0, 0, 3, 10])
    world.tell(event, f"for {seconds:.0f} s the bot is no mod, in a chat with {slow} s of slow mode")
    with world.channel.quiet.broken_by(DROPPED):
        settings.enforced, settings.slow_seconds = True, slow
        try:
            await twitch.remove_moderator(BOT)
            await twitch.tell_chat_settings()
            await asyncio.sleep(seconds)
        finally:
            settings.enforced, settings.slow_seconds = False, 0
            twitch.users.moderators.add(BOT.id)
        await twitch.add_moderator(BOT)
        await twitch.tell_chat_settings()


async def end_token(world: World, event: Event) -> None:
    """An access token ends before its time. Its refresh token still works."""
    users, chance = world.channel.twitch.users, event.chance
    whose = chance.choice([BOT.id, STREAMER.id, None])
    world.tell(event, f"tokens of {whose} end")
    world.channel.quiet.note(TOKENS)
    users.expire_all(whose)
    await asyncio.sleep(0)


async def close_page(world: World, event: Event) -> None:
    """The overlay's page is away for a while."""
    world.tell(event, "the overlay's page closes")
    with world.channel.quiet.broken_by(PAGE):
        await world.page.close()
        await asyncio.sleep(event.chance.uniform(1, 200))
        world.page.is_open.set()
