"""Twitch asks the bot to move to another connection."""

import asyncio
from datetime import UTC, datetime

from pixel_bot.sandbox.twitch import frames
from tests.harness.twitch_harness import CHAT, DOUBLE, Harness, all_paid
from tests.platforms.twitch.sockets.socket_helpers import Till, signed_in


async def test_a_move_loses_nothing_and_pays_nothing_twice(home: Harness) -> None:
    url = f"ws://{home.web.address}{DOUBLE}/ws"
    async with signed_in(home) as app:
        made = home.twitch.requests.times("eventsub/subscriptions", "POST")
        for round_ in range(5):
            former = home.session(CHAT)
            chatter = asyncio.create_task(_chat(home, range(round_ * 100, round_ * 100 + 100)))
            await asyncio.sleep(0)
            await home.twitch.ask_to_move(former, url)
            await home.twitch.ask_to_move(former, url)
            await chatter
            await home.all_heard(former)
            await all_paid(app, 100 * (round_ + 1))
        assert home.twitch.requests.times("eventsub/subscriptions", "POST") == made


async def _chat(home: Harness, numbers: range) -> None:
    for number in numbers:
        await home.say("alice", f"hello {number}", message_id=f"m{number}")
        await asyncio.sleep(0.001)


async def test_an_address_that_is_dead_leads_to_a_fresh_connection(home: Harness) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        unknown = f"ws://{home.web.address}{DOUBLE}/ws?challenge=unknown"
        for url in ("ws://127.0.0.1:1/ws", "nonsense", "", "ws://[bad", "javascript:alert(1)", unknown):
            await till.ring(app)
            former = home.session(CHAT)
            await former.send(frames.reconnect(former.id, url, datetime.now(UTC)))
            await home.all_heard(former)
        await till.ring(app)


async def test_a_connection_that_is_cut_while_it_moves_does_not_matter(home: Harness) -> None:
    till = Till(home)
    url = f"ws://{home.web.address}{DOUBLE}/ws"
    async with signed_in(home) as app:
        await till.ring(app)
        former = home.session(CHAT)
        home.twitch.faults.add("ws", delay=0.2)
        await home.twitch.ask_to_move(former, url)
        await home.twitch.lose(former)
        await home.all_heard(former)
        await till.ring(app)
