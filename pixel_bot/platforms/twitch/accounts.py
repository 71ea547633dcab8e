"""The two signed-in accounts and their OAuth tokens: cached in memory, stored encrypted in the database."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from pixel_bot.concurrency.next_change import NextChange
from pixel_bot.logs import hide
from pixel_bot.platforms.twitch.helix import Role

log = logging.getLogger(__name__)

ROLES: tuple[Role, ...] = ("bot", "broadcaster")


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token and its refresh token."""

    access: str
    refresh: str

    def __post_init__(self) -> None:
        hide(self.access)
        hide(self.refresh)

    @override
    def __repr__(self) -> str:
        return "Tokens([hidden])"


class SignInState(Enum):
    """Whether requests can be sent as a role."""

    MISSING = "missing"
    """Nobody has signed in for it; the settings may name who is expected."""
    SIGNED_IN = "signed in"
    ENDED = "ended"
    """The account is known, but its tokens were refused or revoked: it must sign in again."""


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
    """Persistent storage of accounts."""

    async def load(self) -> list[TwitchAccount]:
        """All stored accounts."""
        ...

    async def keep(self, account: TwitchAccount) -> None:
        """Store an account, in place of an older one of its role."""
        ...

    async def drop(self, role: Role) -> None:
        """Delete the account of a role."""
        ...


class Accounts:
    """The account of each role. ``fixed`` are user ids that the settings name; nobody else may take those roles."""

    def __init__(self, store: AccountStore | None = None, fixed: Mapping[Role, str] | None = None) -> None:
        self._store = store
        self._fixed = {role: user_id for role, user_id in (fixed or {}).items() if user_id}
        self._accounts: dict[Role, TwitchAccount] = {}
        self._next_change = NextChange()
        self.sign_in_url = ""
        """The address of the sign-in page, for the log."""
        self.changed: set[Callable[[Role], None]] = set()
        """Called when somebody signed in, or a sign-in ended."""

    async def load(self) -> None:
        """Read the stored accounts. One that the settings no longer name is left out."""
        for account in await self._store.load() if self._store else ():
            if self._fixed.get(account.role, account.user_id) == account.user_id:
                self._accounts[account.role] = account

    def get(self, role: Role) -> TwitchAccount | None:
        """The account of a role, signed in or not; None when there never was one."""
        return self._accounts.get(role)

    def id_of(self, role: Role) -> str:
        """The user id of a role; empty while it is unknown."""
        account = self._accounts.get(role)
        return account.user_id if account else self._fixed.get(role, "")

    def is_fixed(self, role: Role) -> bool:
        """True when the settings name the account."""
        return role in self._fixed

    def state_of(self, role: Role) -> SignInState:
        """Whether the account of a role is signed in."""
        account = self._accounts.get(role)
        if account is None:
            return SignInState.MISSING
        return SignInState.ENDED if account.tokens is None else SignInState.SIGNED_IN

    def tokens_of(self, role: Role) -> Tokens | None:
        """The tokens of a role; None while nobody is signed in."""
        account = self._accounts.get(role)
        return account.tokens if account else None

    def role_of(self, who: str) -> Role | None:
        """The role by its own name, or by the user id behind it; of an account with both roles, one with tokens."""
        found: Role | None = None
        for role in ROLES:
            if self._matches(role, who) and (found is None or self.state_of(found) is not SignInState.SIGNED_IN):
                found = role
        return found

    def _matches(self, role: Role, who: str) -> bool:
        return who in {role, self.id_of(role)}

    async def sign_in(self, account: TwitchAccount) -> None:
        """Give the role to an account that has signed in and was checked."""
        await self._save(account)
        log.info("%s is signed in as the %s account.", account.display_name, account.role)
        self._notify(account.role)

    async def replace_tokens(self, role: Role, tokens: Tokens) -> None:
        """Token rotation: the platform issued new tokens for the old ones."""
        account = self._accounts.get(role)
        if account is not None:
            await self._save(replace(account, tokens=tokens))

    async def update(self, account: TwitchAccount) -> None:
        """Store a changed name or scopes of a signed-in account."""
        current = self._accounts.get(account.role)
        # Optimistic update: a sign-in or a renewal since the caller read the account is newer, and stays.
        if current is not None and current.tokens == account.tokens:
            await self._save(account)

    async def end_sign_in(self, role: Role, used: Tokens | None = None) -> None:
        """Mark the sign-in as ended. ``used`` are the tokens that were refused; newer ones stay."""
        account = self._accounts.get(role)
        if account is None or account.tokens is None or (used is not None and account.tokens != used):
            return
        await self._save(replace(account, tokens=None))
        again = f"Sign in again: {self.sign_in_url}" if self.sign_in_url else "Sign in again."
        log.warning("The sign-in of %s (%s account) has ended. %s", account.display_name, role, again)
        self._notify(role)

    async def forget(self, role: Role) -> None:
        """Remove the account of a role."""
        if self._accounts.pop(role, None) is not None:
            if self._store is not None:
                await self._store.drop(role)
            self._notify(role)

    def next_change(self) -> asyncio.Future[None]:
        """Done when, from this moment on, somebody signs in, or a sign-in ends."""
        return self._next_change.wait()

    async def _save(self, account: TwitchAccount) -> None:
        # Memory first: requests that run while the database is written must already use the new tokens.
        self._accounts[account.role] = account
        if self._store is None:
            return
        try:
            await self._store.keep(account)
        except SQLAlchemyError as exc:
            # The tokens in memory stay in use. After a restart the older ones are renewed, or somebody signs in again.
            log.error("The tokens of the %s account could not be kept: %s", account.role, type(exc).__name__)

    def _notify(self, role: Role) -> None:
        self._next_change.come()
        # A copy: a callback may register or remove others.
        for callback in tuple(self.changed):
            callback(role)
