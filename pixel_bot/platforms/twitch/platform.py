"""All of Twitch in one hand: the wire, the sign-ins, the requests, the events."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import twitchio.eventsub.websockets
from twitchio.http import Route

from pixel_bot.clock import Clock
from pixel_bot.concurrency.retry import keep_running
from pixel_bot.model.stream_state import Stream
from pixel_bot.platforms.twitch.accounts import Accounts
from pixel_bot.platforms.twitch.channel_state import ChannelState
from pixel_bot.platforms.twitch.eventsub import EventSub
from pixel_bot.platforms.twitch.eventsub_connection import Listener
from pixel_bot.platforms.twitch.helix import TwitchHelix
from pixel_bot.platforms.twitch.http import TwitchHttp
from pixel_bot.platforms.twitch.oauth import OAuth
from pixel_bot.platforms.twitch.token_refresh import TokenRefresh
from pixel_bot.platforms.wire import Wire


@dataclass(frozen=True, slots=True)
class TwitchEndpoints:
    """Where Twitch is, and what our application is called there."""

    helix_url: str
    id_url: str
    eventsub_url: str
    client_id: str
    client_secret: str


class TwitchPlatform:
    """Twitch, as one bot uses it. Needs a running event loop."""

    def __init__(self, place: TwitchEndpoints, accounts: Accounts, stream: Stream, clock: Clock) -> None:
        point_to(place)
        self.client_id = place.client_id
        self.accounts = accounts
        self.stream = stream
        self.wire = Wire()
        self.oauth = OAuth(self.wire, place.id_url, place.helix_url, place.client_id, place.client_secret)
        self.http = TwitchHttp(place.client_id, accounts, self.oauth, self.wire)
        self.helix = TwitchHelix(self.http)
        self.token_refresh = TokenRefresh(accounts, self.oauth, self.http)
        self.eventsub = EventSub(place.eventsub_url, self.wire, accounts, self.helix, clock)
        self._tasks: list[asyncio.Task[None]] = []

    def watch_tokens(self) -> None:
        """Look after the sign-ins from now on."""
        self.eventsub.revoked.add(self.token_refresh.check_soon)
        self._spawn("tokens", self.token_refresh.run)

    def listen(self, listener: Listener, channel: ChannelState) -> None:
        """Hear what happens, and keep the channel's state right."""
        self.eventsub.start(listener)
        self._spawn("channel", channel.run)

    async def stop_listening(self) -> None:
        """Stop listening; what is sent still goes out."""
        await self.eventsub.close()

    async def close(self) -> None:
        """End all that is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.eventsub.close()
        await self.http.close()
        await self.wire.close()

    def problems(self) -> list[str]:
        """What does not work, one sentence each."""
        app = [self.http.app_problem] if self.http.app_problem else []
        return [*app, *self.eventsub.problems()]

    def summary(self) -> str:
        """How the connection is, in a few words."""
        return self.http.app_problem or self.eventsub.summary()

    def _spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(keep_running(name, work), name=name))


def point_to(place: TwitchEndpoints) -> None:
    """Set Twitch's addresses. TwitchIO keeps them for the whole process, so this comes before the bot is built."""
    Route.BASE = place.helix_url  # pyright: ignore[reportAttributeAccessIssue]
    Route.ID_BASE = place.id_url  # pyright: ignore[reportAttributeAccessIssue]
    twitchio.eventsub.websockets.WSS = place.eventsub_url
