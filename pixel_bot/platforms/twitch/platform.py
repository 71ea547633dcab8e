"""The Twitch platform: HTTP client, accounts, API and EventSub, wired together."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import twitchio.eventsub.websockets
from twitchio.http import Route

from pixel_bot.clock import Clock
from pixel_bot.concurrency.retry import keep_running
from pixel_bot.db.server.cluster import Cluster
from pixel_bot.model.stream_state import Stream
from pixel_bot.platforms.twitch.accounts import Accounts
from pixel_bot.platforms.twitch.channel_state import ChannelState
from pixel_bot.platforms.twitch.eventsub.connection import Listener
from pixel_bot.platforms.twitch.eventsub.connections import EventSub
from pixel_bot.platforms.twitch.eventsub.listener_election import ListenerElection
from pixel_bot.platforms.twitch.helix import TwitchHelix
from pixel_bot.platforms.twitch.http import TwitchHttp
from pixel_bot.platforms.twitch.oauth import OAuth
from pixel_bot.platforms.twitch.token_refresh import TokenRefresh
from pixel_bot.platforms.wire import Wire


@dataclass(frozen=True, slots=True)
class TwitchEndpoints:
    """Twitch's addresses, and the credentials of our application; one of the type Public has no secret."""

    helix_url: str
    id_url: str
    eventsub_url: str
    client_id: str
    client_secret: str


class TwitchPlatform:
    """Twitch, as one bot uses it. Needs a running event loop.

    Args:
        endpoints: where it is.
        accounts: who is signed in.
        stream: the state of the stream there.
        clock: what time it is.
        cluster: the processes on the database, of which one listens; None where this one is alone.
    """

    def __init__(
        self,
        endpoints: TwitchEndpoints,
        accounts: Accounts,
        stream: Stream,
        clock: Clock,
        cluster: Cluster | None = None,
    ) -> None:
        set_endpoints(endpoints)
        self.client_id = endpoints.client_id
        self.accounts = accounts
        self.stream = stream
        self.wire = Wire()
        self.oauth = OAuth(
            self.wire, endpoints.id_url, endpoints.helix_url, endpoints.client_id, endpoints.client_secret
        )
        self.http = TwitchHttp(endpoints.client_id, accounts, self.oauth, self.wire)
        self.helix = TwitchHelix(self.http)
        self.token_refresh = TokenRefresh(accounts, self.oauth, self.http, clock)
        election = ListenerElection(cluster, accounts)
        self.eventsub = EventSub(endpoints.eventsub_url, self.wire, accounts, self.helix, clock, election)
        self._tasks: list[asyncio.Task[None]] = []

    def watch_tokens(self) -> None:
        """Start the token refresh."""
        self.eventsub.revoked.add(self.token_refresh.check_soon)
        self._spawn("tokens", self.token_refresh.run)

    def listen(self, listener: Listener, channel: ChannelState) -> None:
        """Start to receive events, and to keep the channel's state current."""
        self.eventsub.start(listener)
        self._spawn("channel", channel.run)

    async def stop_listening(self) -> None:
        """Stop receiving events; messages can still be sent."""
        await self.eventsub.close()

    async def close(self) -> None:
        """End all tasks and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.eventsub.close()
        await self.http.settle()
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


def set_endpoints(endpoints: TwitchEndpoints) -> None:
    """Set Twitch's addresses. TwitchIO keeps them for the whole process, so this comes before the bot is built."""
    Route.BASE = endpoints.helix_url  # pyright: ignore[reportAttributeAccessIssue]
    Route.ID_BASE = endpoints.id_url  # pyright: ignore[reportAttributeAccessIssue]
    twitchio.eventsub.websockets.WSS = endpoints.eventsub_url
