"""Who an event is about, and the tier of a subscription."""

from typing import Protocol

from pixel_bot.model.people import Person
from pixel_bot.platforms.decoding import Unreadable

ANONYMOUS_ACCOUNTS = frozenset({"274598607", "407665396"})
"""AnAnonymousGifter and AnAnonymousCheerer, whom Twitch names where somebody stays anonymous."""

TIERS = {"1000": 1, "2000": 2, "3000": 3}
"""Everything else (``Prime`` in older events) counts as the first tier."""


class User(Protocol):
    """A user in an event; the fields are empty for nobody."""

    @property
    def user_id(self) -> str | None:
        """The account's number."""
        ...

    @property
    def user_login(self) -> str | None:
        """The login."""
        ...

    @property
    def user_name(self) -> str | None:
        """The display name."""
        ...


class Giver(User, Protocol):
    """Somebody who may stay anonymous."""

    @property
    def is_anonymous(self) -> bool | None:
        """Whether they do; None where the event does not say."""
        ...


def person(user: User) -> Person:
    """The person whom an event names.

    Raises:
        Unreadable: it names nobody.
    """
    return named(user.user_id, user.user_login, user.user_name)


def giver(user: Giver) -> Person | None:
    """Who gave something; None where they stay anonymous.

    Raises:
        Unreadable: it names nobody, and does not say that they are anonymous.
    """
    if user.is_anonymous or (user.user_id and is_anonymous_account(user.user_id)):
        return None
    return person(user)


def named(user_id: str | None, login: str | None, name: str | None) -> Person:
    """A person by these fields.

    Raises:
        Unreadable: the id or the login is missing.
    """
    if not user_id or not login:
        raise Unreadable("an event of nobody")
    return Person(user_id, login.lower(), name or login)


def is_anonymous_account(user_id: str) -> bool:
    """True for the accounts that stand for whoever stays anonymous."""
    return user_id in ANONYMOUS_ACCOUNTS


def tier_number(tier: str | None) -> int:
    """1, 2 or 3."""
    return TIERS.get(tier or "", 1)
