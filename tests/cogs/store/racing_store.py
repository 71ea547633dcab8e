"""A bot on a database that it shares: its fans all want what is left in the store, at once."""

import asyncio
import sys
from pathlib import Path

from pixel_bot.testing import stage

FANS = 6
START = 100


async def main(folder: str, url: str, off: str, name: str) -> None:
    async with stage(Path(folder), page=name, database_url=url, cogs_off=off) as chat:
        fans = [f"{name}{number}" for number in range(FANS)]
        for fan in fans:
            await chat.viewer(fan, START)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(chat.say(fan, "!game") for fan in fans))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
