"""Reads a text with variables, in the forms that the bots before us have.

``$(user)`` and ``${user}`` (Nightbot, StreamElements, Fossabot), ``{user.name}`` (Streamlabs) and ``$username``
(Streamlabs' desktop bot). They nest: ``$(urlfetch https://x.example/?q=$(querystring))``.

The parser goes once over the text with a stack of its own. Texts are hostile, so length, depth and number of variables
are limited; what is beyond stays text, and so does what is never closed. It raises nothing.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_TEXT = 1_500
MAX_DEPTH = 8
MAX_VARIABLES = 40
MAX_CHOICES = 5

STREAMLABS = frozenset({"user", "touser", "target", "channel", "uptime", "readapi"})
"""What may stand in single braces; everything else in braces is text."""

DESKTOP = frozenset({"username", "tousername", "randuserid"})
"""What may follow a bare ``$``."""

_TOKEN = re.compile(r"\$[({]|\$[a-z]+|(?<!\{)\{[a-z]+(?=[.}])|[(){}'\"]")
_QUOTE_END = re.compile(r"['\"](?=[\s)}|]|$)")
_NAME = re.compile(r"([a-zA-Z_]\w{0,39}|\d{1,2}(?::\d{0,2})?)(?=$|[.|\s])")
_PLAIN = {")": "(", "}": "{"}
_QUOTES = "'\""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to fill a variable in: a name with what follows its dot, and its arguments; or a text, without a name."""

    name: str
    field: "Parts" = ()
    words: "tuple[Parts, ...]" = ()
    text: "Parts" = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: its choices, of which the first that has a value counts, and how it was typed."""

    choices: tuple[Choice, ...]
    typed: str


Parts = tuple[str | Variable, ...]


@dataclass(slots=True)
class _Open:
    """A variable that is not closed yet; the outermost one is the text itself."""

    start: int = 0
    opener: str = ""
    closer: str = ""
    depth: int = 0
    quote: str = ""
    parts: list[str | Variable] = field(default_factory=list[str | Variable])

    @property
    def is_text(self) -> bool:
        """True for the text itself, and for the inside of quotes."""
        return not self.closer or bool(self.quote)

    def add(self, part: str | Variable) -> None:
        if isinstance(part, str) and self.parts and isinstance(last := self.parts[-1], str):
            self.parts[-1] = last + part
        elif part:
            self.parts.append(part)


def parse(text: str) -> Parts:
    """The text as pieces: plain texts, and variables. What is longer than ``MAX_TEXT`` is cut."""
    return _Parser(text[:MAX_TEXT]).parse()


def variables_in(text: str) -> list[tuple[str, str]]:
    """All variables in a text, those inside of others included: the name, and what follows its dot."""
    found, waiting = list[tuple[str, str]](), [part for part in parse(text) if isinstance(part, Variable)]
    while waiting:
        for index, choice in enumerate(waiting.pop().choices):
            if choice.name and index == 0:
                found.append((choice.name, "".join(part for part in choice.field if isinstance(part, str))))
            within = (*choice.field, *choice.text, *(part for word in choice.words for part in word))
            waiting += [part for part in within if isinstance(part, Variable)]
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._stack = [_Open()]
        self._count = 0
        ends = [match.start() for match in _QUOTE_END.finditer(text)]
        self._ends = {quote: [at for at in ends if text[at] == quote] for quote in _QUOTES}

    def parse(self) -> Parts:
        at = 0
        for match in _TOKEN.finditer(self._text):
            if match.start() > at:
                self._stack[-1].add(self._text[at : match.start()])
            self._take(match[0], match.start())
            at = match.end()
        self._stack[-1].add(self._text[at:])
        while len(self._stack) > 1:  # never closed: text, in which what was closed counts
            unclosed = self._stack.pop()
            for part in (unclosed.opener, *unclosed.parts):
                self._stack[-1].add(part)
        return tuple(self._stack[0].parts)

    def _take(self, token: str, at: int) -> None:
        top = self._stack[-1]
        if token in {"$(", "${"}:
            self._open(top, token, "", at)
        elif token[0] == "{" and len(token) > 1 and token[1:] in STREAMLABS:
            self._open(top, "{", token[1:], at)
        elif token[0] == "$" and token[1:] in DESKTOP and self._count < MAX_VARIABLES:
            self._count += 1
            top.add(Variable((Choice(token[1:]),), token))
        elif token in _QUOTES:
            self._quote(top, token, at)
        else:
            self._plain(top, token, at)

    def _open(self, top: _Open, opener: str, begun: str, at: int) -> None:
        if len(self._stack) > MAX_DEPTH or self._count >= MAX_VARIABLES:
            self._plain(top, opener + begun, at)
            return
        self._count += 1
        self._stack.append(_Open(at, opener, ")" if opener[-1] == "(" else "}", parts=[begun] if begun else []))

    def _quote(self, top: _Open, quote: str, at: int) -> None:
        if not top.closer:
            top.add(quote)
            return
        before = self._text[at - 1 : at]
        if top.quote == quote and self._next_end(quote, at) == at:
            top.quote = ""
        elif not top.is_text and (before.isspace() or before == "|") and self._next_end(quote, at + 1) >= 0:
            top.quote = quote
        top.add(quote)

    def _next_end(self, quote: str, at: int) -> int:
        ends = self._ends[quote]
        index = bisect_left(ends, at)
        return ends[index] if index < len(ends) else -1

    def _plain(self, top: _Open, token: str, at: int) -> None:
        """A bracket, or what turned out to be no variable."""
        if not top.is_text and token == top.closer and not top.depth:
            self._stack.pop()
            typed = self._text[top.start : at + 1]
            self._stack[-1].add(_variable(tuple(top.parts), typed) or typed)
            return
        if not top.is_text and _PLAIN[top.closer] in token:
            top.depth += 1
        elif not top.is_text and token == top.closer:
            top.depth -= 1
        top.add(token)


def _variable(parts: Parts, typed: str) -> Variable | None:
    """What stands between the brackets as a variable; None where it does not begin like one."""
    first = parts[0] if parts else ""
    if not isinstance(first, str) or _NAME.match(first) is None:
        return None
    head, _ = _first_word(parts)
    ways = (
        _split_at_bars(parts)[:MAX_CHOICES] if any("|" in part for part in head if isinstance(part, str)) else [parts]
    )
    return Variable(tuple(_choice(way) for way in ways), typed)


def _choice(parts: Parts) -> Choice:
    first = parts[0] if parts else ""
    match = _NAME.match(first) if isinstance(first, str) else None
    if match is None or not isinstance(first, str):
        words = words_of(parts)
        return Choice("", text=words[0] if len(words) == 1 else parts)
    head, rest = _first_word(parts)
    after = str(head[0])[match.end() :].removeprefix(".")
    name_field = tuple(part for part in (after, *head[1:]) if part)
    return Choice(match[1].lower(), name_field, words_of(rest))


def _first_word(parts: Parts) -> tuple[Parts, Parts]:
    """The pieces up to the first blank, and what follows it."""
    for index, part in enumerate(parts):
        if isinstance(part, str) and (found := re.search(r"\s", part)) is not None:
            head = (*parts[:index], part[: found.start()])
            return tuple(p for p in head if p), tuple(
                p for p in (part[found.end() :].lstrip(), *parts[index + 1 :]) if p
            )
    return parts, ()


def _split_at_bars(parts: Parts) -> list[Parts]:
    ways: list[list[str | Variable]] = [[]]
    for part in parts:
        if isinstance(part, Variable):
            ways[-1].append(part)
            continue
        first, *others = part.split("|")
        ways[-1] += [first] if first else []
        ways += [list[str | Variable]([other] if other else []) for other in others]
    return [tuple(way) for way in ways]


def words_of(parts: Sequence[str | Variable]) -> tuple[Parts, ...]:
    """Arguments one by one. In quotes they may have blanks, and be empty; a variable inside of one never parts it."""
    words = _Words()
    for part in parts:
        if isinstance(part, Variable):
            words.put(part)
            continue
        for at, char in enumerate(part):
            words.take(char, ends=char in _QUOTES and _QUOTE_END.match(part, at) is not None)
    return words.end()


class _Words:
    def __init__(self) -> None:
        self._done: list[Parts] = []
        self._now = _Open()

    def put(self, part: str | Variable) -> None:
        self._now.add(part)

    def take(self, char: str, *, ends: bool) -> None:
        """A character; ``ends``: it is a quotation mark behind which a word ends."""
        if char == self._now.quote and ends:
            self._finish()
        elif self._now.quote or (not char.isspace() and (self._now.parts or char not in _QUOTES)):
            self._now.add(char)
        elif char in _QUOTES:
            self._now.quote = char
        elif self._now.parts:
            self._finish()

    def _finish(self) -> None:
        self._done.append(tuple(self._now.parts))
        self._now = _Open()

    def end(self) -> tuple[Parts, ...]:
        left = self._now
        if left.quote:  # it was none, but an apostrophe
            left.parts = [left.quote, *left.parts]
        if left.parts:
            self._done.append(tuple(left.parts))
        return tuple(self._done)
