"""A process in which somebody buys the spotlight of the cookbook, and which is killed when OBS has switched.

Called with the folder of the database and that of the cogs.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixel_bot.testing import stage


def die_at_the_switch(kind: str, data: Mapping[str, Any]) -> None:
    """OBS tells of the scene before it answers."""
    if (kind, data) == ("CurrentProgramSceneChanged", {"sceneName": "Spotlight"}):
        os.kill(os.getpid(), signal.SIGKILL)


async def main(folder: Path, cogs: Path) -> None:
    async with stage(folder, cogs_dir=cogs, obs_password="secret") as chat:
        chat.obs.scenes["Spotlight"] = {}
        chat.obs.listeners.add(die_at_the_switch)
        await chat.viewer("alice", points=100)
        await chat.say("alice", "!spotlight", message_id="m1")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
