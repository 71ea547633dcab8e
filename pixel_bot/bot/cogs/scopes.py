"""Which scopes of Twitch the loaded cogs need, and which of them are missing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, cast

from twitchio.ext import commands

from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.scopes import SCOPES, WORDS, role_for


class CogScopes:
    """The scopes that cog classes name. What is missing turns off that part of the cog alone."""

    def __init__(self) -> None:
        self._needed: dict[object, tuple[str, tuple[str, ...]]] = {}
        self.granted: Callable[[Role], Collection[str] | None] = lambda _: None
        """The scopes of the account that is signed in for a role; None where there is no Twitch, or none yet."""

    def check(self, component: commands.Component) -> None:
        """Refuse a cog class that names scopes which Twitch does not have.

        Raises:
            ComponentLoadError: the sentence says which.
        """
        named: Any = getattr(component, "scopes", ())
        if isinstance(named, str) or not isinstance(named, Collection):
            raise commands.ComponentLoadError(f"scopes of {type(component).__name__} must be a list of texts")
        for scope in cast(Collection[object], named):
            if scope not in SCOPES:
                raise commands.ComponentLoadError(f"Twitch has no scope {scope!r:.60}")

    def add(self, cog: str, component: commands.Component) -> None:
        """A cog class is there."""
        if named := tuple(getattr(component, "scopes", ())):
            self._needed[component] = (cog, named)

    def remove(self, component: commands.Component) -> None:
        """A cog class goes."""
        self._needed.pop(component, None)

    def of(self, role: Role) -> frozenset[str]:
        """All that cogs need of an account."""
        return frozenset(scope for _, named in self._needed.values() for scope in named if role_for(scope) == role)

    def has(self, scope: str) -> bool:
        """False where the account is signed in and does not allow it."""
        granted = self.granted(role_for(scope))
        return granted is None or scope in granted

    def missing(self, cog: str) -> Sequence[str]:
        """What a cog needs and does not have, by name."""
        return sorted({s for owner, named in self._needed.values() if owner == cog for s in named if not self.has(s)})

    def missing_of(self, role: Role) -> Mapping[str, str]:
        """What is missing of an account, each with what it is for, in words."""
        cogs: dict[str, set[str]] = {}
        for cog, named in self._needed.values():
            for scope in named:
                if role_for(scope) == role and not self.has(scope):
                    cogs.setdefault(scope, set()).add(cog)
        return {scope: _words(scope, sorted(names)) for scope, names in sorted(cogs.items())}


def _words(scope: str, cogs: Sequence[str]) -> str:
    whose = f"the cog {cogs[0]}" if len(cogs) == 1 else f"the cogs {', '.join(cogs)}"
    what = WORDS.get(scope)
    return f"{what}, for {whose}" if what is not None else f"what {whose} asks for"
