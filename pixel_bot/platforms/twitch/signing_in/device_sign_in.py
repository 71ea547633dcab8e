"""Sign-in by device code, on the set-up page: a code for each account, to be typed at twitch.tv/activate.

https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/#device-code-grant-flow
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pixel_bot.errors import PixelError
from pixel_bot.platforms.twitch.accounts import Tokens
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.oauth import CodeLapsed, Device, OAuth, OAuthError, wait_for_device

log = logging.getLogger(__name__)

WATCHED_SECONDS = 120.0
"""A code that lapsed is replaced at once while the page was looked at so recently, else when somebody looks again."""

RETRY_SECONDS = 15.0
"""After a failure: until the next code is asked for."""

BEGIN_SECONDS = 15.0


class DeviceSignIns:
    """The codes of both accounts.

    Args:
        oauth: of an application of the type Public.
        scopes: what a role is to be allowed.
        take: is given the tokens once the person agreed; raises ``PixelError`` when they are not kept.
    """

    def __init__(
        self,
        oauth: OAuth,
        scopes: Callable[[Role], frozenset[str]],
        take: Callable[[Role, Tokens], Awaitable[str]],
    ) -> None:
        self._oauth = oauth
        self._scopes = scopes
        self._take = take
        self._devices: dict[Role, Device] = {}
        self._tasks: dict[Role, asyncio.Task[None]] = {}
        self._keeping: set[asyncio.Task[str]] = set()
        self._watched: dict[Role, float] = {}
        self._pausing: set[Role] = set()
        self._unanswered: set[Role] = set()
        """Roles whose problem is that Twitch gave no code; it is over with the next one."""
        self._changed = asyncio.Condition()
        self._closed = False
        self.problems: dict[Role, str] = {}
        """What became of the last code, where it did not lead to a sign-in."""

    def look(self, role: Role) -> str:
        """Somebody looks at the page: the code to type. Empty until Twitch has given one, which is asked for."""
        self._watched[role] = asyncio.get_running_loop().time()
        if role not in self._tasks and not self._closed:
            task = self._tasks[role] = asyncio.create_task(self._run(role), name=f"sign-in-{role}")
            task.add_done_callback(lambda ended: self._on_end(role, ended))
        device = self._devices.get(role)
        return device.user_code if device is not None else ""

    async def begin(self, role: Role) -> Device:
        """The code of an account, asked for where there is none.

        Raises:
            OAuthError: Twitch gives none.
        """
        self.problems.pop(role, None)
        if role in self._pausing:
            self._tasks.pop(role).cancel()
        self.look(role)
        try:
            async with asyncio.timeout(BEGIN_SECONDS), self._changed:
                await self._changed.wait_for(lambda: role in self._devices or role in self.problems)
        except TimeoutError:
            raise OAuthError("Twitch's sign-in server does not answer. Try again.", final=False) from None
        if (device := self._devices.get(role)) is None:
            raise OAuthError(self.problems[role], final=False)
        return device

    async def close(self) -> None:
        """Stop waiting for people; who has agreed already is still signed in."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._keeping, return_exceptions=True)

    async def _run(self, role: Role) -> None:
        """Have a code typed; one that lapses while the page is looked at is replaced."""
        while True:
            try:
                if await self._try(role) or not self._is_watched(role):
                    return
            except PixelError as exc:
                if isinstance(exc, OAuthError):
                    self._unanswered.add(role)
                log.warning("A sign-in as the %s account failed: %s", role, exc)
                await self._pause(role, str(exc))
                return

    async def _pause(self, role: Role, problem: str) -> None:
        self._pausing.add(role)
        try:
            await self._tell(role, None, problem)
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._pausing.discard(role)

    def _on_end(self, role: Role, task: asyncio.Task[None]) -> None:
        if self._tasks.get(role) is task:
            del self._tasks[role]

    async def _try(self, role: Role) -> bool:
        """One code. Returns False when it has lapsed.

        Raises:
            PixelError: it is refused.
        """
        scopes = self._scopes(role)
        device = await self._oauth.begin_device(scopes)
        await self._tell(role, device)
        try:
            tokens = await wait_for_device(self._oauth, device, scopes)
        except CodeLapsed:
            return False
        finally:
            self._devices.pop(role, None)
        # Shielded: tokens that Twitch has issued are kept also where the bot ends now.
        keeping = asyncio.create_task(self._keep(role, tokens))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        log.info("%s", await asyncio.shield(keeping))
        self.problems.pop(role, None)
        return True

    async def _keep(self, role: Role, tokens: Tokens) -> str:
        return await self._take(role, tokens)

    async def _tell(self, role: Role, device: Device | None, problem: str = "") -> None:
        async with self._changed:
            if device is not None:
                self._devices[role] = device
                if role in self._unanswered:
                    self.problems.pop(role, None)
                self._unanswered.discard(role)
            if problem:
                self.problems[role] = problem
            self._changed.notify_all()

    def _is_watched(self, role: Role) -> bool:
        return asyncio.get_running_loop().time() - self._watched.get(role, 0.0) < WATCHED_SECONDS
