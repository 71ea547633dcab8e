"""How fast a redeem is durable in the queue, and whether a long queue drains as fast as a short one."""

import argparse
import asyncio
import gc
import tempfile
import threading
import time
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import orjson
from _database.bare import bare_commits
from _report import ms, percentile, table
from sqlalchemy import text

from pixel_bot.clock import Clock
from pixel_bot.db.json_rows import fold, unfold
from pixel_bot.db.models import stamp
from pixel_bot.model.outcome import PlaySound, to_payload
from pixel_bot.platforms.twitch.events.frames import frame_of
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Stage, stage

WARM_UP = 100
SUBSCRIPTION: frames.Json = {"id": "b", "type": "channel.chat.message", "version": "1", "condition": {}}


class RealClock(Clock):
    """The stage's clock stands still; here time passes."""


async def purchases(folder: Path, rate: int, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds from a chat command to its durable queue item, and of bare commits at the same time."""
    total = WARM_UP + int(rate * seconds)
    async with stage(folder, RealClock()) as chat:  # pyright: ignore[reportArgumentType]
        await enrich(chat, total)
        # Sounds play one after another, so nobody could buy a hundred a second: here the lane is paused, and emptied
        # ten times a second, so that the queue has the length that it has in a show.
        await chat.bot.queue.pause()
        emptied = asyncio.create_task(keep_empty(chat))
        chat.bot.shop._limits["effect"] = total
        durable: dict[str, float] = {}
        watch(chat, durable)
        sent: dict[str, float] = {}
        settle_memory()
        stop = threading.Event()
        beside = asyncio.create_task(asyncio.to_thread(bare_commits, folder, stop, 1 / rate))
        began = time.perf_counter()
        for number in range(total):
            await asyncio.sleep(began + number / rate - time.perf_counter())
            message_id = f"redeem-{number}"
            event = frames.chat_message(sandbox_user(f"fan{number}"), "!sound ding", message_id)
            sent[message_id] = time.perf_counter()
            chat.bot.notifications.on_notification(
                frame_of(frames.notification(SUBSCRIPTION, event, message_id, chat.bot.clock.now()))
            )
        await chat.bot.settled()
        stop.set()
        bare = await beside
        emptied.cancel()
    taken = [durable[i] - at for i, at in sent.items()]
    return taken[WARM_UP:], bare[WARM_UP:]


def watch(chat: Stage, durable: dict[str, float]) -> None:
    """Note when each purchase is committed: that is when the lanes are told of it."""
    buy = chat.bot.shop.buy
    current: ContextVar[str] = ContextVar("current")

    async def named(order: Any) -> Any:
        current.set(order.message_id)
        return await buy(order)

    def committed(_: str | None) -> None:
        durable[current.get()] = time.perf_counter()

    chat.bot.shop.buy = named
    chat.bot.shop.sold.add(committed)


async def keep_empty(chat: Stage) -> None:
    """What waits counts as played."""
    while True:
        await asyncio.sleep(0.1)
        async with chat.bot.services.database.write() as session:
            await session.execute(text("UPDATE queue_items SET status = 'done' WHERE status = 'pending'"))


def settle_memory() -> None:
    """The garbage collector as the bot sets it when it has started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(25_000, 20, 50)


async def enrich(chat: Stage, count: int) -> None:
    """So many viewers with points, by the way that points come."""
    people = [await chat.viewer(f"fan{number}") for number in range(count)]
    await chat.bot.economy.add_all(people[0], [viewer.id for viewer in people], 1_000)


async def drain(folder: Path, count: int) -> list[float]:
    """Seconds that each tenth of so many waiting items takes to be played by a page that is done at once."""
    async with stage(folder, RealClock()) as chat:  # pyright: ignore[reportArgumentType]
        viewer = await chat.viewer("fan")
        chat.overlay.close()
        await queue(chat, viewer.id, count)
        tenths: list[float] = []
        began = time.perf_counter()
        await chat.overlay.open()
        for number in range(10):
            await chat.overlay.asked((number + 1) * count // 10)
            now = time.perf_counter()
            tenths.append(now - began)
            began = now
        await chat.settled()
    return tenths


async def queue(chat: Stage, user_id: int, count: int) -> None:
    """Put free sounds into the queue, all at once."""
    now = stamp(chat.bot.clock.now())
    payload = orjson.dumps(to_payload(PlaySound("ding"))).decode()
    async with chat.bot.services.database.write() as session:
        source = unfold(session, {"token": "text"})
        await session.execute(
            text(
                "INSERT INTO queue_items "
                "(kind, status, payload_json, created_at, redeem, user_id, cost, track, token, told) "
                f"SELECT 'effect', 'pending', :payload, :now, 'sound', :user, 0, 'sound', row.token, 1 FROM {source}"
            ),
            {"rows": fold([(f"t{n}",) for n in range(count)]), "payload": payload, "now": now, "user": user_id},
        )


async def run(rate: int, seconds: float, items: int) -> None:
    """Both measurements."""
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = await purchases(Path(folder), rate, seconds)
    table(
        f"From !sound to a durable queue item, at {rate} redeems a second",
        [
            ("Pixel Bot", _both(ours)),
            ("a bare commit on this disk, as often", _both(bare)),
            ("p99 above the bare commit", ms(percentile(ours, 0.99) - percentile(bare, 0.99))),
        ],
    )
    with tempfile.TemporaryDirectory() as folder:
        tenths = await drain(Path(folder), items)
    each = [10 * t / items for t in tenths]
    table(
        f"{items:,} waiting items, played one after another",
        [
            ("each, in the first tenth", ms(each[0])),
            ("each, in the last tenth", ms(each[-1])),
            ("last to first", f"{each[-1] / each[0]:.2f} times"),
            ("all tenths", " ".join(ms(e) for e in each)),
        ],
    )


def _both(values: list[float]) -> str:
    return f"p50 {ms(percentile(values, 0.5)):>8}   p99 {ms(percentile(values, 0.99)):>8}   of {len(values):,}"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=100, help="redeems a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--items", type=int, default=10_000, help="items that wait")
    args = parser.parse_args()
    asyncio.run(run(args.rate, args.seconds, args.items))


if __name__ == "__main__":
    main()
