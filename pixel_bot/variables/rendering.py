"""Fills variables in: from the inside out, each once. What comes out is never read for variables again."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pixel_bot.variables.call import Rendered, VariableCall, VariableFailed, VariableSource
from pixel_bot.variables.parsing import Choice, Parts, Variable, parse
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

MAX_VALUE = 500
"""Characters of one value: what is longer is cut."""

MAX_OUT = 1_000
"""Characters after which the rest of a text is left out; chat takes fewer."""

SECONDS = 8.0
"""The longest that a text may take, servers that are asked included."""

TOO_MANY = later("A text may have $({name}) {most} times, and no more.")
LATE = later("It took too long.")


class FillIn(Protocol):
    """A method of a cog that knows the value of a variable."""

    def __call__(self, call: VariableCall, /) -> Awaitable[str | None]:
        """The value; None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """A variable that a cog knows.

    Attributes:
        method: has its value.
        fresh: asked at each place in a text; else once for the same arguments.
        most: how often a text may ask it; 0 for any number.
    """

    method: FillIn
    fresh: bool = False
    most: int = 0


Find = Callable[[str, str], tuple[Known, str] | None]
"""The method for a name and what follows its dot, and what of that is left for it; None for an unknown one."""


async def render(text: str, source: VariableSource, find: Find, failed: Callable[[str, Exception], None]) -> Rendered:
    """Fill the variables of a text in.

    Args:
        text: as the streamer wrote it.
        source: for whom.
        find: knows the variables.
        failed: hears of each error that nobody foresaw, with the variable's name.

    Returns:
        The text on one line. Unknown variables stay as they were typed.
    """
    work = _Rendering(source, find, failed)
    try:
        async with asyncio.timeout(SECONDS):
            filled = await work.of(parse(text))
    except TimeoutError:
        return Rendered("", (_(LATE),))
    return Rendered(" ".join(filled.split()), tuple(work.problems))


class _Rendering:
    def __init__(self, source: VariableSource, find: Find, failed: Callable[[str, Exception], None]) -> None:
        self._source = source
        self._find = find
        self._failed = failed
        self._number = 0
        self._asked: Counter[FillIn] = Counter()
        self._values: dict[tuple[FillIn, str, str, tuple[str, ...]], str | None] = {}
        self.problems: list[str] = []

    async def of(self, parts: Parts, limit: int = MAX_OUT) -> str:
        out: list[str] = []
        length = 0
        for part in parts:
            value = part if isinstance(part, str) else await self._value(part)
            out.append(value[: limit - length])
            length += len(out[-1])
            if length >= limit:
                break
        return "".join(out)

    async def _value(self, variable: Variable) -> str:
        known = False
        for index, choice in enumerate(variable.choices):
            value, is_known = await self._choice(choice, is_first=index == 0)
            known = known or is_known
            if value:
                return value[:MAX_VALUE]
        return "" if known else variable.typed

    async def _choice(self, choice: Choice, *, is_first: bool) -> tuple[str | None, bool]:
        """The value of a choice, and whether it is one that is known."""
        if not choice.name:
            return await self.of(choice.text, MAX_VALUE), True
        self._number += 1
        number = self._number
        after = await self.of(choice.field, MAX_VALUE)
        found = self._find(choice.name, after)
        words = [await self.of(word, MAX_VALUE) for word in choice.words] if found or not is_first else []
        if found is None:
            return (None, False) if is_first else (" ".join((choice.name, *words)), True)
        known, after = found
        return await self._ask(known, VariableCall(choice.name, after, tuple(words), self._source, number)), True

    async def _ask(self, known: Known, call: VariableCall) -> str | None:
        same = (known.method, call.name, call.field, call.words)
        if not known.fresh and same in self._values:
            return self._values[same]
        self._asked[known.method] += 1
        if known.most and self._asked[known.method] > known.most:
            self.problems.append(_(TOO_MANY, name=call.name, most=known.most))
            return None
        value = self._values[same] = await self._value_of(known.method, call)
        return value

    async def _value_of(self, method: FillIn, call: VariableCall) -> str | None:
        try:
            return await method(call)
        except VariableFailed as exc:
            self.problems.append(str(exc))
        except TimeoutError:
            raise
        # The viewer is told which one it was, and the error counts against the cog.
        except Exception as exc:  # noqa: BLE001 - a variable of a cog may raise anything
            self.problems.append(_("$({name}) does not work right now.", name=call.name))
            self._failed(call.name, exc)
        return None
