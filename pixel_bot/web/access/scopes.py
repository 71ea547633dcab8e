"""Scopes: what a token or a session may do. Each area has ``:view`` and ``:manage``; to manage is also to view."""

from collections.abc import Collection, Iterable

from pixel_bot.errors import StartError

AREAS = (
    "show",
    "viewers",
    "points",
    "redeems",
    "commands",
    "overlay",
    "settings",
    "keeping",
    "cogs",
    "people",
    "audit",
)
SCOPES = frozenset(f"{area}:{right}" for area in AREAS for right in ("view", "manage"))
EVERYTHING = frozenset({"*"})
"""All scopes, those of later versions too."""


class UnknownScope(StartError):
    """A scope that does not exist."""

    exit_code = 2

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"There is no scope {scope[:60]!r}. A scope is an area with :view or :manage, like viewers:manage. "
            f"The areas: {', '.join(AREAS)}."
        )


def checked(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes, each of them known; all there are when none is named.

    Raises:
        UnknownScope: one of them does not exist.
    """
    wanted = frozenset(scopes)
    if unknown := sorted(wanted - SCOPES):
        raise UnknownScope(unknown[0])
    return wanted or EVERYTHING


def allows(granted: Collection[str], needed: str) -> bool:
    """Whether the granted scopes include the one that is needed.

    Raises:
        UnknownScope: the one that is needed does not exist.
    """
    if needed not in SCOPES:
        raise UnknownScope(needed)
    area = needed.partition(":")[0]
    return "*" in granted or needed in granted or f"{area}:manage" in granted
