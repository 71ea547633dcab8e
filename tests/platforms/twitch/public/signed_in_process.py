"""A process of the bot, as far as it is signed in. It is started as a script, and told by lines what to do.

Arguments: its settings as JSON, and the time of the double's clock at its start. Each line is a number of seconds that
have passed since then: it checks its tokens, and prints how its accounts are, and why they ended, as JSON.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime

from pixel_bot.platforms.twitch.accounts import ROLES
from pixel_bot.platforms.twitch.signing_in import token_renewal
from pixel_bot.run.live_app import twitch_of
from pixel_bot.run.running_bot import opened
from pixel_bot.security.cipher import load_cipher
from pixel_bot.testing import SettableClock, settings_in


async def work(values: dict[str, str], began: float) -> None:
    """Work until there is no further line."""
    clock = SettableClock(datetime.fromtimestamp(began, UTC))
    settings = settings_in(**values)  # pyright: ignore[reportArgumentType] - a folder's name does as well
    async with opened(settings, "live", clock) as services:
        await services.cluster.start()
        platform = await twitch_of(settings, services, load_cipher(settings))
        _tell("ready")
        while line := await asyncio.to_thread(sys.stdin.readline):
            clock.set(datetime.fromtimestamp(began + float(line), UTC))
            await platform.token_refresh.check()
            accounts = [platform.accounts.get(role) for role in ROLES]
            told = {a.role: [platform.accounts.state_of(a.role).value, a.why] for a in accounts if a is not None}
            _tell(json.dumps(told))
        await platform.close()
        await services.cluster.stop()


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    token_renewal.UNDER_WAY_SECONDS = 0.0
    asyncio.run(work(json.loads(sys.argv[1]), float(sys.argv[2])))
