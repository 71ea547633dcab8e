"""Token store: accounts as database rows, their tokens encrypted.

Several processes may share the rows, and a refresh token of a public application works once. So a change names the
tokens that it is made from, and does nothing where the row has others by now.
"""

import json
import logging
from datetime import timedelta
from typing import cast

from sqlalchemy import delete, select

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models_twitch import AccountRow
from pixel_bot.platforms.twitch.accounts import ROLES, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.security.cipher import Cipher

log = logging.getLogger(__name__)

UNUSED_LIFE = timedelta(days=30)
"""A refresh token of a public application ends when it was not used for so long
(https://dev.twitch.tv/docs/authentication/refresh-tokens/)."""

UNUSED = "Twitch ends a sign-in that was not used for 30 days."
INTERRUPTED = "The bot ended while it renewed the sign-in, and Twitch takes each refresh token once."
OTHER_APP = "It belongs to another application: TWITCH_CLIENT_ID was changed."

NOT_OUR_APP = (
    "The sign-in of the %s account belongs to another application: sign in again, or put TWITCH_CLIENT_ID back."
)
_SPENT, _LOST = "spent", "lost"
"""Marks beside the tokens: a renewal was begun with them; its outcome is unknown, and they are not used any more."""

KEY_DOES_NOT_FIT = "The key does not fit the tokens of the %s account: sign in again, or put back secret.key."


class TokenStore:
    """``AccountStore`` in the database.

    Args:
        database, clock, cipher: of this bot.
        client_id: the application's; tokens of another one are not given out. They stay, in case the id is put back.
    """

    def __init__(self, database: Database, clock: Clock, cipher: Cipher, client_id: str = "") -> None:
        self._database = database
        self._clock = clock
        self._cipher = cipher
        self._client_id = client_id
        self._reported: set[str] = set()

    async def load(self) -> list[TwitchAccount]:
        """All stored accounts; without tokens where they cannot be used here."""
        async with self._database.readers() as session:
            rows = (await session.execute(select(AccountRow))).scalars().all()
        return [self._account(row) for row in rows if row.role in ROLES]

    async def find(self, role: Role) -> TwitchAccount | None:
        """The stored account of a role."""
        async with self._database.readers() as session:
            row = await session.get(AccountRow, role)
            return None if row is None else self._account(row)

    async def keep(self, account: TwitchAccount) -> TwitchAccount:
        """Store an account that has just signed in, in place of an older one of its role. Returns it as stored."""
        row = AccountRow(role=account.role, renewed_at=self._clock.now())
        self._fill(row, account, account.tokens)
        async with self._database.write() as session:
            await session.merge(row)
        return self._account(row)

    async def swap(self, account: TwitchAccount, used: Tokens) -> TwitchAccount | None:
        """Store a change of the account that had the tokens ``used``.

        Returns:
            What is stored now: this, or what another process wrote before. None where the account was dropped.
        """
        async with self._database.write() as session:
            row = await session.get(AccountRow, account.role, with_for_update=True)
            if row is None:
                return None
            # New tokens also replace none: who was refused, because we were faster, may have ended the sign-in.
            stored, mark = self._open(row)
            is_free = (stored is None or mark == _LOST) and account.tokens is not None
            if row.user_id == account.user_id and (is_free or stored == used):
                if account.tokens is None and account.why == INTERRUPTED:
                    # Kept: the process that began the renewal may only have been stopped, and finish it yet.
                    self._fill(row, account, used, _LOST)
                else:
                    self._fill(row, account, account.tokens, mark if account.tokens == used else "")
                if account.tokens not in {None, used}:
                    row.renewed_at = self._clock.now()
            return self._account(row)

    async def note_spent(self, role: Role, used: Tokens, *, spent: bool) -> bool:
        """Store whether a renewal was begun with these tokens. Returns False where others are stored by now."""
        async with self._database.write() as session:
            row = await session.get(AccountRow, role, with_for_update=True)
            if row is None or self._open(row)[0] != used:
                return False
            row.tokens = self._seal(used, _SPENT if spent else "")
            return True

    async def drop(self, role: Role) -> None:
        """Delete the account of a role."""
        async with self._database.write() as session:
            await session.execute(delete(AccountRow).where(AccountRow.role == role))

    def _fill(self, row: AccountRow, account: TwitchAccount, tokens: Tokens | None, mark: str = "") -> None:
        row.user_id, row.login, row.display_name = account.user_id, account.login, account.display_name
        row.tokens = None if tokens is None else self._seal(tokens, mark)
        row.scopes = " ".join(sorted(account.scopes))
        row.client_id = account.client_id or self._client_id or None
        row.updated_at = self._clock.now()

    def _account(self, row: AccountRow) -> TwitchAccount:
        (tokens, mark), why = self._open(row), ""
        if mark == _LOST:
            tokens, why = None, INTERRUPTED
        if row.tokens is None and row.renewed_at is not None and row.updated_at - row.renewed_at >= UNUSED_LIFE:
            why = UNUSED
        if row.client_id and self._client_id and row.client_id != self._client_id:
            tokens, why = None, OTHER_APP
            self._report(row, NOT_OUR_APP)
        return TwitchAccount(
            cast(Role, row.role),
            row.user_id,
            row.login,
            row.display_name,
            frozenset(row.scopes.split()),
            tokens,
            row.client_id or "",
            row.renewed_at,
            why,
            mark == _SPENT,
        )

    def _seal(self, tokens: Tokens, mark: str) -> str:
        return self._cipher.seal(json.dumps([tokens.access, tokens.refresh, *filter(None, [mark])]))

    def _open(self, row: AccountRow) -> tuple[Tokens | None, str]:
        """The tokens of a row, and the mark beside them."""
        opened = self._cipher.unseal(row.tokens) if row.tokens else None
        if row.tokens and opened is None:
            self._report(row, KEY_DOES_NOT_FIT)
        if opened is None:
            return None, ""
        access, refresh, *marks = cast(list[str], json.loads(opened))
        return Tokens(access, refresh), "".join(marks)

    def _report(self, row: AccountRow, sentence: str) -> None:
        """Log it once for each row's tokens: the rows are read again and again."""
        if (row.tokens or "") not in self._reported:
            self._reported.add(row.tokens or "")
            log.warning(sentence, row.role)
