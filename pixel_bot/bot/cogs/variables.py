"""``@variable``: a method of a cog that knows the value of a variable in the texts of streamers."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pixel_bot.bot.cogs.timing import marked_with
from pixel_bot.variables.rendering import Known

MARK = "__pixel_variable__"

M = TypeVar("M", bound=Callable[..., Any])


def variable(*names: str, fresh: bool = False, most: int = 0) -> Callable[[M], M]:
    """Decorator: the method, which gets a ``VariableCall``, knows the value of ``$(name)``, or None for no value.

    Its docstring says what that is. ``VariableFailed("Why.")`` says that there is none because something does not work.

    Args:
        names: lower case. One may have a dot, like ``random.pick``; else what follows a dot is the call's
            ``field``. ``1`` stands for all numbers of words, like ``$(2)`` and ``$(1:)``.
        fresh: asked at each place of a text. Else a text asks once for the same arguments, and has one value.
        most: how often a text may ask, for what is slow or is written; 0 for any number.

    Raises:
        TypeError: the method is not ``async``.
        ValueError: there is no name, or it is not written in lower case.
    """

    def wrap(method: M) -> M:
        if not inspect.iscoroutinefunction(method):
            raise TypeError(f"The variable {method.__qualname__} must be an async method.")
        if not names or any(name != name.lower() or not name for name in names):
            raise ValueError("@variable needs names in lower case.")
        setattr(method, MARK, (names, fresh, most))
        return method

    return wrap


class Variables:
    """The variables of all loaded cogs, by name."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    @property
    def names(self) -> Mapping[str, Known]:
        """Each name, with the method that knows its value."""
        return self._known

    def check(self, component: object) -> None:
        """Refuse a cog class with a variable of another cog.

        Raises:
            ValueError: there is one.
        """
        for name in _variables_of(component):
            if name in self._known:
                raise ValueError(f"the variable {name} exists already, in another cog")

    def add(self, component: object) -> None:
        """The variables of a cog class are there."""
        self._known |= _variables_of(component)

    def remove(self, component: object) -> None:
        """They are gone."""
        for name, known in _variables_of(component).items():
            if self._known.get(name) == known:
                del self._known[name]

    def find(self, name: str, after: str) -> tuple[Known, str] | None:
        """The method for a name and what follows its dot, with what of that is left; None where there is none."""
        first, _, rest = after.partition(".")
        longer = self._known.get(f"{name}.{first.lower()}") if first else None
        if longer is not None:
            return longer, rest
        known = self._known.get("1" if name[0].isdigit() else name)
        return (known, after) if known is not None else None


def _variables_of(component: object) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for _, method, (names, fresh, most) in marked_with(MARK, component):
        found |= dict.fromkeys(names, Known(method, fresh, most))
    return found
