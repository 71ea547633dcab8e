"""The double's OAuth tokens: their users, scopes and expiry."""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

TOKEN_SECONDS = 14_400
FORGET_ABOVE = 1_000

ALL_SCOPES = (
    "bits:read",
    "channel:bot",
    "channel:manage:redemptions",
    "channel:moderate",
    "channel:read:hype_train",
    "channel:read:redemptions",
    "channel:read:subscriptions",
    "channel:read:vips",
    "clips:edit",
    "moderation:read",
    "moderator:read:banned_users",
    "moderator:read:chatters",
    "moderator:read:followers",
    "user:bot",
    "user:read:chat",
    "user:write:chat",
)
"""What the sandbox knows; others are refused, as Twitch refuses scopes that it does not know."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a user, or (None) of the application; ``until`` is a moment of the monotonic clock."""

    user_id: str | None
    scopes: tuple[str, ...]
    until: float


class Tokens:
    """All tokens by their text."""

    def __init__(self) -> None:
        self.token_seconds = TOKEN_SECONDS
        """How long an access token is good."""
        self.revoked: set[Callable[[str], None]] = set()
        """Called with the id of a user who took the consent back."""
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}

    def grant(self, user_id: str | None, scopes: Iterable[str] = ALL_SCOPES) -> tuple[str, str]:
        """A new access and refresh token, for a user, or (None) for the application."""
        self._forget_expired()
        access, refresh = secrets.token_hex(15), secrets.token_hex(25)
        granted = tuple(scopes) if user_id is not None else ()
        token = Token(user_id, granted, time.monotonic() + self.token_seconds)
        self._access[access] = token
        if user_id is not None:
            self._refresh[refresh] = token
        return access, refresh

    def renew(self, refresh: str) -> tuple[str, str] | None:
        """New tokens for a refresh token, which is used up; None for an unknown one."""
        old = self._refresh.pop(refresh, None)
        return None if old is None else self.grant(old.user_id, old.scopes)

    def expire(self, access: str) -> None:
        """The access token's time is over. Its refresh token still works."""
        self._access.pop(access, None)

    def revoke(self, access: str) -> bool:
        """The access token is given back, and worth nothing from now on. Returns False for an unknown one."""
        return self._access.pop(access, None) is not None

    def revoke_user(self, user_id: str) -> None:
        """Somebody disconnects the bot: no token of theirs works any more, and their subscriptions end."""
        self._access = {text: token for text, token in self._access.items() if token.user_id != user_id}
        self._refresh = {text: token for text, token in self._refresh.items() if token.user_id != user_id}
        for callback in tuple(self.revoked):
            callback(user_id)

    def find(self, access: str) -> Token | None:
        """The token behind a text, while it is good."""
        token = self._access.get(access)
        return token if token is not None and token.until > time.monotonic() else None

    def is_token(self, access: str) -> bool:
        """True for a token that stands."""
        return self.find(access) is not None

    def owner_of(self, access: str) -> str | None:
        """The user id behind a token; None for the application's own."""
        token = self.find(access)
        return token.user_id if token is not None else None

    def consents(self, user_id: str) -> set[str]:
        """All that somebody allows the application, by whatever token."""
        standing = (*self._access.values(), *self._refresh.values())
        return {scope for token in standing if token.user_id == user_id for scope in token.scopes}

    def trusts(self, user_id: str) -> bool:
        """True for somebody who signed in here and did not take it back, with whatever scopes."""
        return any(token.user_id == user_id for token in (*self._access.values(), *self._refresh.values()))

    def _forget_expired(self) -> None:
        if len(self._access) > FORGET_ABOVE:
            now = time.monotonic()
            self._access = {text: token for text, token in self._access.items() if token.until > now}
