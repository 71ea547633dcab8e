"""The two accounts that the bot acts for, and their tokens: in memory to be used, in the database encrypted."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from pixel_bot.concurrency.next_change import NextChange
from pixel_bot.logs import hide
from pixel_bot.platforms.twitch.helix import Role

log = logging.getLogger(__name__)

ROLES: tuple[Role, ...] = ("bot", "broadcaster")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What proves a sign-in, and what renews it."""

    access: str
    refresh: str

    def __post_init__(self) -> None:
        hide(self.access)
        hide(self.refresh)

    def __repr__(self) -> str:
        return "Tokens([hidden])"


@dataclass(frozen=True, slots=True)
class TwitchAccount:
    """Somebody's account on Twitch; ``tokens`` is None once the sign-in has ended."""

    role: Role
    user_id: str
    login: str
    display_name: str
    scopes: frozenset[str]
    tokens: Tokens | None


class AccountStore(Protocol):
    """Where accounts outlive the bot."""

    async def load(self) -> list[TwitchAccount]:
        """All that were kept."""
        ...

    async def keep(self, account: TwitchAccount) -> None:
        """Keep one, in place of an older one of its role."""
        ...

    async def drop(self, role: Role) -> None:
        """Forget one."""
        ...


class Accounts:
    """Who is signed in. ``fixed`` are user ids that the settings name; nobody else may take those roles."""

    def __init__(self, store: AccountStore | None = None, fixed: Mapping[Role, str] | None = None) -> None:
        self._store = store
        self._fixed = {role: user_id for role, user_id in (fixed or {}).items() if user_id}
        self._accounts: dict[Role, TwitchAccount] = {}
        self._next_change = NextChange()
        self.page = ""
        """Where people sign in, for the log."""
        self.changed: set[Callable[[Role], None]] = set()
        """Called when somebody signed in, or a sign-in ended."""

    async def load(self) -> None:
        """Read what was kept. An account that the settings do not name any more is left out."""
        for account in await self._store.load() if self._store else ():
            if self._fixed.get(account.role, account.user_id) == account.user_id:
                self._accounts[account.role] = account

    def get(self, role: Role) -> TwitchAccount | None:
        """The account of a role, signed in or not; None when nobody ever was."""
        return self._accounts.get(role)

    def id_of(self, role: Role) -> str:
        """The user id that has this role; empty while nobody has."""
        account = self._accounts.get(role)
        return account.user_id if account else self._fixed.get(role, "")

    def is_fixed(self, role: Role) -> bool:
        """True when the settings name the account."""
        return role in self._fixed

    def tokens_of(self, role: Role) -> Tokens | None:
        """The tokens of a role; None while nobody is signed in."""
        account = self._accounts.get(role)
        return account.tokens if account else None

    def role_of(self, who: str) -> Role | None:
        """The role by its own name, or by the user id behind it; of an account with both roles, one with tokens."""
        found: Role | None = None
        for role in ROLES:
            if self._is(role, who) and (found is None or self.tokens_of(found) is None):
                found = role
        return found

    def _is(self, role: Role, who: str) -> bool:
        return who in {role, self.id_of(role)}

    async def sign_in(self, account: TwitchAccount) -> None:
        """Somebody signed in, and may have the role."""
        await self._put(account)
        log.info("%s is signed in as the %s account.", account.display_name, account.role)
        self._tell(account.role)

    async def renewed(self, role: Role, tokens: Tokens) -> None:
        """The platform gave new tokens for old ones."""
        account = self._accounts.get(role)
        if account is not None:
            await self._put(replace(account, tokens=tokens))

    async def noted(self, account: TwitchAccount) -> None:
        """Something about a signed-in account is different now: its name, or what it agreed to."""
        now = self._accounts.get(account.role)
        if now is not None and now.tokens == account.tokens:
            await self._put(account)

    async def lost(self, role: Role, used: Tokens | None = None) -> None:
        """The sign-in is over. ``used`` are the tokens that turned out to be worth nothing; newer ones stay."""
        account = self._accounts.get(role)
        if account is None or account.tokens is None or (used is not None and account.tokens != used):
            return
        await self._put(replace(account, tokens=None))
        again = f"Sign in again: {self.page}" if self.page else "Sign in again."
        log.warning("The sign-in of %s (%s account) has ended. %s", account.display_name, role, again)
        self._tell(role)

    async def forget(self, role: Role) -> None:
        """Nobody has the role any more."""
        if self._accounts.pop(role, None) is not None:
            if self._store is not None:
                await self._store.drop(role)
            self._tell(role)

    async def identified(self) -> tuple[str, str]:
        """Wait until it is known who the bot and the broadcaster are. Returns their user ids."""
        while not all(self.id_of(role) for role in ROLES):
            await self.next_change()
        return self.id_of("bot"), self.id_of("broadcaster")

    def next_change(self) -> asyncio.Future[None]:
        """Done when, from this moment on, somebody signs in, or a sign-in ends."""
        return self._next_change.wait()

    async def _put(self, account: TwitchAccount) -> None:
        self._accounts[account.role] = account
        if self._store is None:
            return
        try:
            await self._store.keep(account)
        except SQLAlchemyError as exc:
            # In memory it works on; after a restart the older tokens are renewed, or somebody signs in again.
            log.error("The tokens of the %s account could not be kept: %s", account.role, type(exc).__name__)

    def _tell(self, role: Role) -> None:
        self._next_change.come()
        for tell in tuple(self.changed):
            tell(role)
