"""What goes wrong in a soak: the socket, Twitch's API, the sign-ins, all of Twitch, the bot itself."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from _soak.bot import SoakBot
from _soak.traffic import Traffic
from starlette.routing import Mount
from starlette.websockets import WebSocket
from typing_extensions import override

from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.endpoints import Endpoints
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.session import SandboxSession
from pixel_bot.web.server import WebServer

PATH = "/twitch"
AWAY_SECONDS = 60.0
SILENT_SECONDS = 40.0
LINGER_SECONDS = 20.0
HELIX = ("chat/messages", "eventsub/subscriptions", "moderation/moderators", "streams", "chat/chatters")


class CountingTwitch(TwitchDouble):
    """Counts connections of the event socket."""

    connects = 0

    @override
    async def serve_socket(self, socket: WebSocket) -> None:
        """One more."""
        self.connects += 1
        await super().serve_socket(socket)


class Target:
    """Where the double listens: it can go away, and come back to the same port."""

    def __init__(self, twitch: TwitchDouble) -> None:
        self._twitch = twitch
        self._web = WebServer("127.0.0.1", 0)
        self.port = self._web.port

    @property
    def address(self) -> str:
        """Like ``127.0.0.1:1234/twitch``."""
        return f"127.0.0.1:{self.port}{PATH}"

    async def open(self) -> None:
        """Take connections."""
        await self._web.start([Mount(PATH, routes=Endpoints(self._twitch).routes())], [])

    async def close(self) -> None:
        """Cut all connections, and take none."""
        await self._web.stop()

    async def leave(self, seconds: float) -> None:
        """Be away for so long."""
        await self.close()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._web = WebServer("127.0.0.1", self.port)
            await self.open()


class Faults:
    """One after another, all kinds in turns."""

    def __init__(
        self, twitch: CountingTwitch, place: Target, bot: SoakBot, traffic: Traffic, chance: random.Random
    ) -> None:
        self.happened: Counter[str] = Counter()
        self._twitch = twitch
        self._place = place
        self._bot = bot
        self._traffic = traffic
        self._chance = chance
        self._bag: list[Callable[[], Awaitable[None]]] = []

    async def run(self, every: float) -> None:
        """One every so many seconds, until cancelled. The longest ones delay the next."""
        while True:
            await asyncio.sleep(every)
            if not self._bag:
                self._bag = [*self._kinds()]
                self._chance.shuffle(self._bag)
            fault = self._bag.pop()
            self._twitch.faults.clear()
            self.happened[fault.__name__.strip("_").replace("_", " ")] += 1
            await fault()

    async def kill(self) -> None:
        """SIGKILL in the middle of it all, and a new start."""
        self.happened["kill"] += 1
        self._traffic.danger()
        await self._bot.kill()
        self._traffic.danger()
        await self._bot.start()

    def _kinds(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self._cut,
            self._cut_in_a_frame,
            self._cut_and_linger,
            self._silence,
            self._close_4000,
            self._close_4003,
            self._close_4007,
            self._move,
            self._move_nowhere,
            self._nonsense,
            self._helix_401,
            self._conflict,
            self._helix_429,
            self._helix_500,
            self._helix_late,
            self._helix_cut,
            self._tokens_expire,
            self._renewal_fails,
            self._revoked,
            self._away,
        ]

    def _sessions(self) -> list[SandboxSession]:
        return list(self._twitch.sessions.values())

    # The socket

    async def _cut(self) -> None:
        self._traffic.danger()
        await asyncio.gather(*(self._twitch.lose(s) for s in self._sessions()[:1]))

    async def _cut_in_a_frame(self) -> None:
        self._traffic.danger()
        await asyncio.gather(*(self._twitch.lose(s, mid_frame=True) for s in self._sessions()))

    async def _cut_and_linger(self) -> None:
        self._traffic.danger()
        self._twitch.linger = LINGER_SECONDS
        await asyncio.gather(*(self._twitch.lose(s) for s in self._sessions()))
        await asyncio.sleep(LINGER_SECONDS)
        self._twitch.linger = 0.0

    async def _silence(self) -> None:
        self._traffic.danger()
        silent = self._sessions()
        for session in silent:
            self._twitch.silence(session)
        async with asyncio.timeout(SILENT_SECONDS):
            await asyncio.gather(*(session.ended.wait() for session in silent))

    async def _close_4000(self) -> None:
        await self._close(4000)

    async def _close_4003(self) -> None:
        await self._close(4003)

    async def _close_4007(self) -> None:
        await self._close(4007)

    async def _close(self, code: int) -> None:
        self._traffic.danger()
        for session in self._sessions():
            await session.close(code)

    async def _move(self) -> None:
        for session in self._sessions():
            await self._twitch.ask_to_move(session, f"ws://{self._place.address}/ws?keepalive_timeout_seconds=10")

    async def _move_nowhere(self) -> None:
        self._traffic.danger()
        for session in self._sessions():
            await self._twitch.ask_to_move(session, "ws://127.0.0.1:9/ws")

    async def _nonsense(self) -> None:
        odd: list[Json] = [{"payload": {}}, {"metadata": 7}, {"metadata": {"message_type": "hype"}, "payload": None}]
        for session in self._sessions():
            for frame in odd:
                await session.send(frame)

    # Twitch's API

    async def _helix_401(self) -> None:
        self._twitch.faults.add(self._chance.choice(HELIX), status=401, times=3)

    async def _conflict(self) -> None:
        self._twitch.faults.add("eventsub/subscriptions", method="POST", status=409, times=5)
        await self._cut()

    async def _helix_429(self) -> None:
        headers = {"Ratelimit-Reset": str(int(time.time()) + 5), "Ratelimit-Remaining": "0"}
        self._twitch.faults.add(self._chance.choice(HELIX), status=429, times=3, headers=headers)

    async def _helix_500(self) -> None:
        self._twitch.faults.add(self._chance.choice(HELIX), status=500, times=5)

    async def _helix_late(self) -> None:
        self._twitch.faults.add(self._chance.choice(HELIX), delay=12.0, times=2)

    async def _helix_cut(self) -> None:
        self._twitch.faults.add(self._chance.choice(HELIX), drop=True, done=True, times=3)

    # The sign-ins

    async def _tokens_expire(self) -> None:
        for access in tuple(self._twitch.users._access):
            self._twitch.users.expire(access)

    async def _renewal_fails(self) -> None:
        self._twitch.faults.add("oauth2/token", status=500, times=3)
        await self._tokens_expire()

    async def _revoked(self) -> None:
        """Twitch ends all subscriptions of the broadcaster, who has not taken anything back."""
        self._traffic.danger()
        owner = self._twitch.users.by_login("pixel_street")
        assert owner is not None
        await self._twitch.end_subscriptions(owner.id, "notification_failures_exceeded")

    # All of it

    async def _away(self) -> None:
        self._traffic.danger()
        await self._place.leave(AWAY_SECONDS)
