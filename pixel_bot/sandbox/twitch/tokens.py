"""The double's OAuth tokens: their users, scopes and expiry."""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pixel_bot.platforms.twitch.scopes import SCOPES

TOKEN_SECONDS = 14_400
UNUSED_SECONDS = 30 * 86_400.0
"""A refresh token of a public application ends when it was not used for so long."""

FORGET_ABOVE = 1_000

ALL_SCOPES = tuple(sorted(SCOPES))
"""What the sandbox knows; others are refused, as Twitch refuses scopes that it does not know."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a user, or (None) of the application; ``until`` is a moment of the double's clock."""

    user_id: str | None
    scopes: tuple[str, ...]
    until: float
    client_id: str = ""
    refresh_until: float = float("inf")


class Tokens:
    """All tokens by their text."""

    def __init__(self) -> None:
        self.client_id = ""
        """The application that tokens are granted to, and may be used by."""
        self.is_public = False
        """Whether it is of the type Public: it has no secret and no token of its own, and its sign-ins end unused."""
        self.now: Callable[[], float] = time.monotonic
        """Seconds; a test may set another clock."""
        self.spent_again: list[str] = []
        """Who presented a refresh token that was used before, by user id."""
        self.when_spent_again: set[Callable[[float], None]] = set()
        """Called when a refresh token is presented that was used before, with the moment at which it was used."""
        self._spent: dict[str, tuple[str, float]] = {}
        self.token_seconds: float = TOKEN_SECONDS
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
        unused = self.now() + UNUSED_SECONDS if self.is_public else float("inf")
        token = Token(user_id, granted, self.now() + self.token_seconds, self.client_id, unused)
        self._access[access] = token
        if user_id is not None:
            self._refresh[refresh] = token
        return access, refresh

    def renew(self, refresh: str) -> tuple[str, str] | None:
        """New tokens for a refresh token, which is used up; None for one that is unknown, too old or another's."""
        old = self._refresh.get(refresh)
        if old is None:
            self._note_spent_again(refresh)
            return None
        if old.client_id != self.client_id or old.refresh_until <= self.now():
            return None
        del self._refresh[refresh]
        self._spent[refresh] = old.user_id or "", self.now()
        if len(self._spent) > FORGET_ABOVE:
            del self._spent[next(iter(self._spent))]
        return self.grant(old.user_id, old.scopes)

    def expire(self, access: str) -> None:
        """The access token's time is over. Its refresh token still works."""
        self._access.pop(access, None)

    def expire_all(self, user_id: str | None) -> None:
        """The time of all access tokens of a user, or (None) of the application, is over."""
        self._access = {text: token for text, token in self._access.items() if token.user_id != user_id}

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
        return token if token is not None and token.until > self.now() else None

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

    def _note_spent_again(self, refresh: str) -> None:
        if refresh in self._spent:
            user_id, spent = self._spent[refresh]
            self.spent_again.append(user_id)
            for listener in tuple(self.when_spent_again):
                listener(spent)

    def _forget_expired(self) -> None:
        if len(self._access) > FORGET_ABOVE:
            now = self.now()
            self._access = {text: token for text, token in self._access.items() if token.until > now}
