"""The two signed-in accounts and their OAuth tokens: cached in memory, stored encrypted in the database."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from pixel_bot.concurrency.next_change import NextChange
from pixel_bot.logs import hide
from pixel_bot.platforms.twitch.helix import Role

log = logging.getLogger(__name__)

STORE_ERRORS = (SQLAlchemyError, OSError)
"""What a database that is full or away raises."""

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
    """Somebody's account on Twitch; ``tokens`` is None once the sign-in has ended.

    ``client_id`` is the application that they are for (empty for this one), and ``renewed_at`` when Twitch issued them
    (None where that is unknown). ``why`` says in a sentence why they ended or cannot be used, where that is known.
    ``is_spent`` is True where a renewal was begun with them, and how it ended is not stored.
    """

    role: Role
    user_id: str
    login: str
    display_name: str
    scopes: frozenset[str]
    tokens: Tokens | None
    client_id: str = ""
    renewed_at: datetime | None = None
    why: str = ""
    is_spent: bool = False


class AccountStore(Protocol):
    """Persistent storage of accounts."""

    async def load(self) -> list[TwitchAccount]:
        """All stored accounts."""
        ...

    async def find(self, role: Role) -> TwitchAccount | None:
        """The stored account of a role."""
        ...

    async def keep(self, account: TwitchAccount) -> TwitchAccount:
        """Store an account that has just signed in, in place of an older one of its role. Returns it as stored."""
        ...

    async def swap(self, account: TwitchAccount, used: Tokens) -> TwitchAccount | None:
        """Store a change of the account that had the tokens ``used``. Returns what is stored now."""
        ...

    async def note_spent(self, role: Role, used: Tokens, *, spent: bool) -> bool:
        """Store whether a renewal was begun with these tokens. Returns False where others are stored by now."""
        ...

    async def drop(self, role: Role) -> None:
        """Delete the account of a role."""
        ...


Lease = Callable[[Role], AbstractAsyncContextManager[bool]]
"""Held by one process at a time while it renews the tokens of a role; False where it could not be had."""


@asynccontextmanager
async def no_lease(_role: Role) -> AsyncGenerator[bool]:
    """The lease of a process that is alone."""
    yield True


class Accounts:
    """The account of each role. ``fixed`` are user ids that the settings name; nobody else may take those roles."""

    def __init__(
        self, store: AccountStore | None = None, fixed: Mapping[Role, str] | None = None, lease: Lease = no_lease
    ) -> None:
        self._store = store
        self._fixed = {role: user_id for role, user_id in (fixed or {}).items() if user_id}
        self.lease = lease
        self.is_shared = lease is not no_lease
        """True where other processes may renew the tokens, too."""
        self._accounts: dict[Role, TwitchAccount] = {}
        self._unwritten: dict[Role, Tokens | None] = {}
        """Roles whose newest tokens could not be stored, and the tokens that the store has still."""
        # Without it, a row that was read before a renewal could replace the tokens that came after it.
        self._store_lock = asyncio.Lock()
        self._next_change = NextChange()
        self.sign_in_url = ""
        """The address of the sign-in page, for the log."""
        self.changed: set[Callable[[Role], None]] = set()
        """Called when somebody signed in, or a sign-in ended."""

    async def load(self) -> None:
        """Read the stored accounts. One that the settings no longer name is left out."""
        for account in await self._store.load() if self._store else ():
            if self._is_allowed(account):
                self._accounts[account.role] = account

    async def reload(self, role: Role) -> None:
        """Take over what another process has stored for a role: renewed tokens, or another sign-in.

        Raises:
            SQLAlchemyError, OSError: the database cannot be read.
        """
        if self._store is None:
            return
        async with self._store_lock:
            if role in self._unwritten:
                return  # ours are newer
            before = self._accounts.get(role)
            self._take(role, await self._store.find(role))
        now = self._accounts.get(role)
        if (before and (before.user_id, before.tokens is None)) != (now and (now.user_id, now.tokens is None)):
            self._notify(role)

    async def write_again(self, role: Role) -> bool:
        """Try again to store what could not be stored before. Returns False where it still cannot."""
        if role in self._unwritten and (account := self._accounts.get(role)) is not None:
            await self._write(account, self._unwritten[role])
        return self.is_stored(role)

    def is_stored(self, role: Role) -> bool:
        """False while the newest tokens of a role are only in memory."""
        return role not in self._unwritten

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
        await self._write(account, None)
        log.info("%s is signed in as the %s account.", account.display_name, account.role)
        self._notify(account.role)

    async def replace_tokens(self, role: Role, tokens: Tokens, used: Tokens) -> None:
        """Token rotation: the platform issued new tokens for those used. They are stored before anybody uses them."""
        if (account := self._accounts.get(role)) is not None:
            await self._write(replace(account, tokens=tokens, why=""), used)
            if account.tokens is None and self.tokens_of(role) is not None:
                self._notify(role)

    async def update(self, account: TwitchAccount) -> None:
        """Store a changed name, scopes or application of a signed-in account."""
        current = self._accounts.get(account.role)
        # Optimistic update: a sign-in or a renewal since the caller read the account is newer, and stays.
        if current is not None and current.tokens == account.tokens is not None:
            self._accounts[account.role] = account
            await self._write(account, account.tokens)
            if self.tokens_of(account.role) is None:
                self._log_end(account.role)

    async def note_spent(self, role: Role, used: Tokens, *, spent: bool) -> bool:
        """Store that tokens are spent, before they are sent, or that they are not. Returns False where it could not."""
        async with self._store_lock:
            try:
                return self._store is None or await self._store.note_spent(role, used, spent=spent)
            except STORE_ERRORS:
                return False

    async def end_sign_in(self, role: Role, used: Tokens | None = None, why: str = "") -> None:
        """Mark the sign-in as ended. ``used`` are the tokens that were refused; newer ones stay.

        Newer ones may also be those that another process has stored. ``why`` is a sentence for the streamer.
        """
        account = self._accounts.get(role)
        if account is None or account.tokens is None or (used is not None and account.tokens != used):
            return
        # Memory first: nothing may be sent with them while the database is written.
        self._accounts[role] = replace(account, tokens=None, why=why)
        await self._write(self._accounts[role], account.tokens)
        if self.tokens_of(role) is None:
            self._log_end(role)

    async def forget(self, role: Role) -> None:
        """Remove the account of a role."""
        if self._accounts.pop(role, None) is not None:
            if self._store is not None:
                async with self._store_lock:
                    self._unwritten.pop(role, None)
                    await self._store.drop(role)
            self._notify(role)

    def next_change(self) -> asyncio.Future[None]:
        """Done when, from this moment on, somebody signs in, or a sign-in ends."""
        return self._next_change.wait()

    async def _write(self, account: TwitchAccount, used: Tokens | None) -> None:
        """Store an account: a new sign-in, or a change of the one that had the tokens ``used``."""
        role = account.role
        if self._store is None:
            self._accounts[role] = account
            return
        async with self._store_lock:
            used = self._unwritten.get(role) if role in self._unwritten and used is not None else used
            try:
                stored = await (self._store.keep(account) if used is None else self._store.swap(account, used))
            except STORE_ERRORS as exc:
                # The tokens in memory stay in use, and are stored later; until then they are not renewed again.
                log.error("The tokens of the %s account could not be kept: %s", role, type(exc).__name__)
                self._unwritten[role] = used
                self._accounts[role] = account
                return
            self._unwritten.pop(role, None)
            self._take(role, stored)

    def _take(self, role: Role, stored: TwitchAccount | None) -> None:
        if stored is not None and self._is_allowed(stored):
            self._accounts[role] = stored
        else:
            self._accounts.pop(role, None)

    def _is_allowed(self, account: TwitchAccount) -> bool:
        return self._fixed.get(account.role, account.user_id) == account.user_id

    def _log_end(self, role: Role) -> None:
        again = f"Sign in again: {self.sign_in_url}" if self.sign_in_url else "Sign in again."
        if (account := self._accounts.get(role)) is not None:
            sentence = f"{account.why} {again}".strip()
            log.warning("The sign-in of %s (%s account) has ended. %s", account.display_name, role, sentence)
        self._notify(role)

    def _notify(self, role: Role) -> None:
        self._next_change.come()
        # A copy: a callback may register or remove others.
        for callback in tuple(self.changed):
            callback(role)
