"""``@role``: a method of a cog that says who has a role which no platform gives, like the regulars of a channel."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar, get_args

from pixel_bot.bot.cogs.faults import Faults
from pixel_bot.bot.cogs.timing import marked_with
from pixel_bot.model.people import Viewer

MARK = "__pixel_role__"

GivenRole = Literal["regular"]

GIVEN_ROLES: tuple[GivenRole, ...] = get_args(GivenRole)
"""The roles that cogs may give."""

M = TypeVar("M", bound=Callable[..., Any])

Asked = Callable[[Viewer], Awaitable[bool]]


def role(name: GivenRole) -> Callable[[M], M]:
    """Decorator: the method, which gets a ``Viewer``, says whether they have that role.

    It counts in ``@only``, in ``@command(who=)`` and in the option ``who`` of every command. Where several cogs give
    a role, one that says yes is enough.

    Args:
        name: ``regular``.

    Raises:
        TypeError: the method is not ``async``.
        ValueError: no cog can give a role of that name.
    """
    if name not in GIVEN_ROLES:
        raise ValueError(f"@role takes {', '.join(GIVEN_ROLES)}, and not {name!r}.")

    def wrap(method: M) -> M:
        if not inspect.iscoroutinefunction(method):
            raise TypeError(f"The role method {method.__qualname__} must be an async method.")
        setattr(method, MARK, name)
        return method

    return wrap


class GivenRoles:
    """Who has a role that cogs give.

    Args:
        faults: counts what fails; whom a method fails for does not have the role by it.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._asked: dict[object, list[tuple[str, str, Asked]]] = {}

    def add(self, cog: str, component: object) -> None:
        """A cog class is there."""
        found = [(name, cog, method) for _, method, name in marked_with(MARK, component)]
        if found:
            self._asked[component] = found

    def remove(self, component: object) -> None:
        """It is gone."""
        self._asked.pop(component, None)

    async def has(self, role: GivenRole, viewer: Viewer) -> bool:
        """Whether any cog says that the viewer has the role."""
        for name, cog, method in [one for found in self._asked.values() for one in found]:
            if name != role:
                continue
            with self._faults.caught(cog, f"in the role {role}"):
                if await method(viewer):
                    return True
        return False
