"""Looks accounts up at Twitch, and never often: a budget, one look-up of a name at a time, and many in one request.

Unknown names come from people, so the number of requests must not depend on how many they type.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from typing_extensions import override

from pixel_bot.accounts.people import CannotAsk, TwitchUsers
from pixel_bot.clock import Clock
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.people import Person
from pixel_bot.platforms.twitch.helix import Helix, HelixError, Role
from pixel_bot.platforms.twitch.helix_structs import User
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

REQUESTS_A_MINUTE = 30
"""Twitch lets an application send 800 (https://dev.twitch.tv/docs/api/guide/#twitch-rate-limits)."""

MOST_FOR_IDS = 10
"""Of these, so many may be for mentions without a name, which any viewer can send; mods have the others."""

NAMES_IN_ONE_REQUEST = 100
MISSING_FOR = timedelta(seconds=60)
"""How long a name that nobody has is not asked for again."""

FOUND_FOR = timedelta(seconds=10)
"""How long somebody is not asked for again: until whoever asked has written them down."""

REMEMBERED = 20_000
PAUSE_AFTER_FAILURE = timedelta(seconds=10)
WAIT_SECONDS = 8.0
"""The most that a command waits for Twitch."""

MINUTE = timedelta(seconds=60)

BUSY = later("I have asked Twitch about many names already. Try again in a minute.")
AWAY = later("Twitch does not answer right now. Try again in a moment; whoever writes in chat is known at once.")
NOT_SIGNED_IN = later("I am not signed in to Twitch, so I cannot ask. The streamer signs me in on the page /setup.")
REFUSED = later("Twitch refused to say who that is. The log of the bot says why.")


class _Key(NamedTuple):
    """What an account is looked up by."""

    by: Literal["login", "id"]
    value: str


class UserLookup(TwitchUsers):
    """``TwitchUsers`` over Helix.

    Args:
        helix: sends the requests.
        role: whose token signs them; None while nobody is signed in.
        clock: what time it is.
    """

    def __init__(self, helix: Helix, role: Callable[[], Role | None], clock: Clock) -> None:
        self._helix = helix
        self._role = role
        self._clock = clock
        self._answers: LruCache[_Key, tuple[datetime, Person | None]] = LruCache(REMEMBERED)
        self._since: LruCache[str, datetime] = LruCache(REMEMBERED)
        self._asked: dict[_Key, asyncio.Future[Person | None]] = {}
        self._waiting: deque[_Key] = deque()
        self._sent: deque[datetime] = deque()
        self._failed: tuple[datetime, str] | None = None
        self._task: asyncio.Task[None] | None = None

    @override
    async def of_login(self, login: str) -> Person | None:
        """Who has that login; None where nobody has."""
        return await self._look_up(_Key("login", login))

    @override
    async def of_id(self, user_id: str) -> Person | None:
        """Who has that user id; None where nobody has."""
        return await self._look_up(_Key("id", user_id))

    @override
    async def exists_since(self, user_id: str) -> datetime | None:
        """When the account of that user id was made; it never changes, so it is asked for once."""
        known = self._since.get(user_id)
        if known is None:
            await self._look_up(_Key("id", user_id))
            known = self._since.get(user_id)
        return known

    async def close(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _look_up(self, key: _Key) -> Person | None:
        now = self._clock.now()
        answer = self._answers.get(key)
        if answer is not None and _lasts(answer[0], now, MISSING_FOR):
            return answer[1]
        self._refuse_after_failure(now)
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.get_running_loop().create_future()
            # Read, so that a failure that nobody waits for any more is no error of its own.
            asked.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._waiting.append(key)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._ask_all(), name="look-up-users")
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await asyncio.shield(asked)
        except TimeoutError:
            raise CannotAsk(AWAY) from None

    async def _ask_all(self) -> None:
        """Until nobody waits. What comes in while a request is under way goes into the next one together."""
        await asyncio.sleep(0)
        try:
            while self._waiting:
                some = [self._waiting.popleft() for _ in range(min(len(self._waiting), NAMES_IN_ONE_REQUEST))]
                await self._ask(some)
        finally:
            for key in list(self._asked):
                self._fail(key, CannotAsk(AWAY))
            self._waiting.clear()

    async def _ask(self, keys: Sequence[_Key]) -> None:
        try:
            role = self._role()
            if role is None:
                raise CannotAsk(NOT_SIGNED_IN)
            self._spend(keys)
            rows = await self._request(keys, role)
        except CannotAsk as exc:
            for key in keys:
                self._fail(key, exc)
            return
        if rows is None and len(keys) > 1:
            # One of them is no name to Twitch: it refuses them all, and does not say which.
            middle = len(keys) // 2
            await self._ask(keys[:middle])
            await self._ask(keys[middle:])
            return
        for row in rows or ():
            if (since := moment_of(row.created_at)) is not None:
                self._since.put(row.id, since)
        people = [person_of(row) for row in rows or ()]
        found = {_Key("login", p.login): p for p in people} | {_Key("id", p.platform_id): p for p in people}
        for key in keys:
            self._answer(key, found.get(key))

    def _spend(self, keys: Sequence[_Key]) -> None:
        """Take one request out of the budget.

        Raises:
            CannotAsk: it is spent, or the last request has just failed.
        """
        now = self._clock.now()
        self._refuse_after_failure(now)
        self._sent = deque(at for at in self._sent if _lasts(at + MINUTE, now, MINUTE))
        has_names = any(key.by == "login" for key in keys)
        if len(self._sent) >= (REQUESTS_A_MINUTE if has_names else MOST_FOR_IDS):
            raise CannotAsk(BUSY)
        self._sent.append(now)

    def _refuse_after_failure(self, now: datetime) -> None:
        if self._failed is not None and _lasts(self._failed[0], now, PAUSE_AFTER_FAILURE):
            raise CannotAsk(self._failed[1])

    async def _request(self, keys: Sequence[_Key], role: Role) -> list[User] | None:
        """The accounts; None where Twitch cannot read one of the names.

        Raises:
            CannotAsk: there is no answer.
        """
        wanted = {"login": [k.value for k in keys if k.by == "login"], "id": [k.value for k in keys if k.by == "id"]}
        try:
            return await self._helix.get("users", role, User, **{by: values for by, values in wanted.items() if values})
        except HelixError as exc:
            if exc.status == 400:
                return None
            why = AWAY if exc.may_pass else NOT_SIGNED_IN if exc.status == 401 else REFUSED
            log.warning("An account could not be looked up: %s", exc)
            self._failed = (self._clock.now() + PAUSE_AFTER_FAILURE, why)
            raise CannotAsk(why) from exc

    def _answer(self, key: _Key, person: Person | None) -> None:
        self._answers.put(key, (self._clock.now() + (MISSING_FOR if person is None else FOUND_FOR), person))
        asked = self._asked.pop(key, None)
        if asked is not None and not asked.done():
            asked.set_result(person)

    def _fail(self, key: _Key, error: CannotAsk) -> None:
        asked = self._asked.pop(key, None)
        if asked is not None and not asked.done():
            asked.set_exception(error)


def _lasts(until: datetime, now: datetime, length: timedelta) -> bool:
    """True until then; never for longer than it can be, should the clock have been set back."""
    return now < until <= now + length


def moment_of(written: object) -> datetime | None:
    """The aware moment that Twitch writes like ``2016-12-14T20:32:28Z``; None for anything else."""
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def person_of(user: User) -> Person:
    """Who an account of Twitch's is."""
    return Person(user.id, user.login.lower(), user.display_name or user.login)
