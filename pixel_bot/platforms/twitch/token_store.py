"""Token store: accounts as database rows, their tokens encrypted."""

import json
import logging
from typing import Any, cast

from sqlalchemy import delete, select

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models_twitch import AccountRow
from pixel_bot.platforms.twitch.accounts import ROLES, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.security.cipher import Cipher

log = logging.getLogger(__name__)


class TokenStore:
    """``AccountStore`` in the database."""

    def __init__(self, database: Database, clock: Clock, cipher: Cipher) -> None:
        self._database = database
        self._clock = clock
        self._cipher = cipher

    async def load(self) -> list[TwitchAccount]:
        """All stored accounts; without tokens where the key cannot decrypt them."""
        async with self._database.readers() as session:
            rows = (await session.execute(select(AccountRow))).scalars().all()
        return [self._account(row) for row in rows if row.role in ROLES]

    async def keep(self, account: TwitchAccount) -> None:
        """Store an account, in place of an older one of its role."""
        tokens = account.tokens
        sealed = None if tokens is None else self._cipher.seal(json.dumps([tokens.access, tokens.refresh]))
        row = AccountRow(
            role=account.role,
            user_id=account.user_id,
            login=account.login,
            display_name=account.display_name,
            tokens=sealed,
            scopes=" ".join(sorted(account.scopes)),
            updated_at=self._clock.now(),
        )
        async with self._database.write() as session:
            await session.merge(row)

    async def drop(self, role: Role) -> None:
        """Delete the account of a role."""
        async with self._database.write() as session:
            await session.execute(delete(AccountRow).where(AccountRow.role == role))

    def _account(self, row: AccountRow) -> TwitchAccount:
        scopes = frozenset(row.scopes.split())
        tokens = self._tokens(row)
        return TwitchAccount(cast(Role, row.role), row.user_id, row.login, row.display_name, scopes, tokens)

    def _tokens(self, row: AccountRow) -> Tokens | None:
        opened = self._cipher.unseal(row.tokens) if row.tokens else None
        if row.tokens and opened is None:
            log.warning(
                "The key does not fit the tokens of the %s account: sign in again, or put back secret.key.", row.role
            )
        if opened is None:
            return None
        pair: Any = json.loads(opened)
        return Tokens(*pair)
