"""The overlay's page in OBS: it plays what it is asked to, takes its time, and remembers what it has played."""

import asyncio
import contextlib
import json
import random
from typing import Any

import aiohttp

from pixel_bot.testing.sim.channel import BOT_PORT, Channel

PLAY_SECONDS = (0.5, 6.0)
RECONNECT_SECONDS = 2.0


class SimulatedPage:
    """A page that is open from the start, and comes back when the bot does.

    Args:
        channel: whose bot it belongs to.
        chance: draws how long effects play.
        name: by which the bot knows it again.
    """

    def __init__(self, channel: Channel, chance: random.Random, name: str = "simulated") -> None:
        self._channel = channel
        self._chance = chance
        self._name = name
        self.visible = self.audible = True
        self._ended: set[str] = set()
        self._playing: set[str] = set()
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.played_twice: list[str] = []
        """Effects that were played to their end more than once."""
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def run(self) -> None:
        """Connect whenever the page is open and the bot there, for ever."""
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as effects:
            while True:
                await self.is_open.wait()
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    await self._connect(http, effects)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def close(self) -> None:
        """The streamer closes the page."""
        self.is_open.clear()
        self._playing.clear()
        if self._socket is not None:
            await self._socket.close()

    async def _connect(self, http: aiohttp.ClientSession, effects: asyncio.TaskGroup) -> None:
        app = self._channel.app
        if app is None:
            return
        address = f"ws://127.0.0.1:{BOT_PORT}/overlay/ws?key={app.services.overlay.key}"
        async with http.ws_connect(address) as socket:
            self._socket = socket
            await socket.send_json({"do": "hello", "page": self._name, "obs": False, **self._state()})
            async for frame in socket:
                message: dict[str, Any] = json.loads(frame.data)
                if message["type"] == "play":
                    effects.create_task(self._play(message["id"]))
                elif message["type"] == "stop":
                    self._stop(message.get("id", ""))

    def _state(self) -> dict[str, object]:
        return {"visible": self.visible, "sound": "on" if self.audible else "blocked"}

    def _stop(self, effect: str) -> None:
        """What is stopped is not played again; without an id it is everything."""
        stopped = {effect} if effect else set(self._playing)
        self._playing -= stopped
        self._ended |= stopped

    async def _play(self, effect: str) -> None:
        if effect in self._playing:
            return
        if effect not in self._ended:
            self._playing.add(effect)
            await self._say(effect, "started", seconds=1.0)
            await asyncio.sleep(self._chance.uniform(*PLAY_SECONDS))
            if effect not in self._playing:
                return
            self._playing.discard(effect)
            self._ended.add(effect)
        await self._say(effect, "finished")

    async def _say(self, effect: str, state: str, **more: object) -> None:
        await self._send({"do": "ack", "id": effect, "state": state, **more})

    async def _send(self, message: dict[str, object]) -> None:
        if self._socket is not None and not self._socket.closed:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                await self._socket.send_json(message)
