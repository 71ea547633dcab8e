"""Arithmetic for ``$(math)``: numbers, brackets, ``+ - * / % ^`` and a few functions. Nothing runs as code."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGEST = 200
DEEPEST = 20
LARGEST = 1e15

_TOKEN = re.compile(r"\s*(?:(\d{1,16}(?:\.\d{1,16})?|\.\d{1,16})|([a-z]{1,8})|([-+*/%^(),]))")

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs, "ceil": math.ceil, "floor": math.floor, "round": round, "sqrt": math.sqrt, "min": min, "max": max,
}  # fmt: skip


class NoResult(ValueError):
    """It is no arithmetic, or what comes out is no number that could be shown."""


def calculate(text: str) -> float:
    """The result of an expression.

    Raises:
        NoResult: it cannot be worked out.
    """
    if len(text) > LONGEST:
        raise NoResult("too long")
    work = _Expression(_tokens(text.lower()))
    try:
        result = work.sum()
    except (ArithmeticError, ValueError, TypeError) as exc:
        raise NoResult(str(exc)) from exc
    if work.left or not math.isfinite(result) or abs(result) > LARGEST:
        raise NoResult("no number")
    return result


def shown(value: float) -> str:
    """A number without a needless fraction."""
    return str(int(value)) if value == int(value) else f"{value:.6f}".rstrip("0").rstrip(".")


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NoResult("no arithmetic")
        tokens.append(match[1] or match[2] or match[3])
        at = match.end()
    return tokens


class _Expression:
    """A recursive descent; brackets are counted, so that it cannot go deep."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = list(reversed(tokens))
        self._depth = 0

    @property
    def left(self) -> bool:
        return bool(self._tokens)

    def sum(self) -> float:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NoResult("too deep")
        value = self._product()
        while self._next in {"+", "-"}:
            value = value + self._product() if self._take() == "+" else value - self._product()
        self._depth -= 1
        return value

    def _product(self) -> float:
        value = self._signed()
        while self._next in {"*", "/", "%"}:
            match self._take():
                case "*":
                    value *= self._signed()
                case "/":
                    value /= self._signed()
                case _:
                    value %= self._signed()
        return value

    def _signed(self) -> float:
        sign = 1.0
        while self._next in {"+", "-"}:
            sign = -sign if self._take() == "-" else sign
        return sign * self._power()

    def _power(self) -> float:
        value = self._atom()
        if self._next != "^":
            return value
        self._take()
        self._depth += 1
        if self._depth > DEEPEST:
            raise NoResult("too deep")
        exponent = self._signed()
        self._depth -= 1
        result = float(value) ** exponent
        if isinstance(result, complex):
            raise NoResult("no real number")
        return result

    def _atom(self) -> float:
        first = self._take()
        if first == "(":
            value = self.sum()
            self._expect(")")
            return value
        return self._call(first) if first in _FUNCTIONS else float(first)

    def _call(self, name: str) -> float:
        self._expect("(")
        arguments = [self.sum()]
        while self._next == ",":
            self._take()
            arguments.append(self.sum())
        self._expect(")")
        return float(_FUNCTIONS[name](*arguments))

    @property
    def _next(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _take(self) -> str:
        if not self._tokens:
            raise NoResult("it ends too soon")
        return self._tokens.pop()

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise NoResult(f"{token} is missing")
