"""How people spell commands, brought into one form before a command is looked for.

Understood besides ``!points``: ``/me !points`` (which may arrive as ``\\x01ACTION !points\\x01``), ``！points`` of an
East Asian keyboard, ``@thebot !points``, ``!points@thebot``, ``!points?``, in a reply also a mention of anybody in
front; and ``!give 10 @bob`` for ``!give @bob 10``, for every command that takes a person and an amount. Texts that
stand for themselves, like the one after ``!tts``, are not touched.

Who mentions the bot by its name reaches commands that are asleep, too (``@thebot !uptime``). Mods may leave the prefix
out (``@thebot cmd add ...``), but for redeems, which cost points, and in a reply, which begins with the name by itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from twitchio.ext import commands

from pixel_bot.bot.converters import Amount, KnownViewer, Total
from pixel_bot.bot.redeem_command import RedeemCommand
from pixel_bot.points.amounts import looks_like_amount
from pixel_bot.texts import ENDINGS, narrow

_AT = ("@", "＠")
_ACTION = "\x01"
_ACTION_WORD = "ACTION"
_MENTION = re.compile(r"[@＠](\S+)\s*")
_BETWEEN = " ,:\u3000"
"""What may stand between a person and an amount: a client puts a blank behind a name, and then comes the comma."""
_QUOTES = frozenset("\"'‘“„«‹「『《〈")
MOST_MENTIONS = 5
"""In front of a command in a reply: each thread adds one."""

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


Names = Callable[[], Mapping[str, commands.Command[Any, ...]]]


class Request(NamedTuple):
    """What a message asks of a bot.

    Attributes:
        text: from the prefix on, which is the first one.
        is_addressed: whether the bot is mentioned in front of it.
        is_bare: whether the mention stands in place of the prefix.
    """

    text: str
    is_addressed: bool = False
    is_bare: bool = False


class Spelling:
    """Finds the command in a chat message.

    Args:
        prefixes: what commands begin with; all are brought into the first one.
        names: all commands by name, lower case, as they are loaded now.
        reachable: those behind a mention of the bot; left out: the same.
    """

    def __init__(self, prefixes: Sequence[str], names: Names, reachable: Names | None = None) -> None:
        self.prefix = prefixes[0]
        self._names = names
        self._reachable = reachable or names
        longest_first = sorted(prefixes, key=len, reverse=True)
        self._prefixes = tuple(form for one in longest_first for form in (one, one.translate(_WIDE)))
        self.openings = (*self._prefixes, *_AT, _ACTION)
        """Whatever begins otherwise is plain chat."""
        self.own_names: set[str] = set()
        """What the bot is called in chat, case-folded."""

    def request_in(self, text: str, *, is_reply: bool, is_mod: bool = False) -> Request | None:
        """What a message asks of a bot; None for plain chat.

        Args:
            text: of the message.
            is_reply: whether it replies to another one.
            is_mod: whether a mod or the streamer wrote it.
        """
        if not text.startswith(self.openings):
            return None
        if text.startswith(_ACTION):
            text = text.strip(_ACTION).removeprefix(_ACTION_WORD).strip()
        for prefix in self._prefixes:
            if text.startswith(prefix):
                return Request(self.prefix + text[len(prefix) :])
        return self._request_after_mentions(text, is_reply=is_reply, is_mod=is_mod)

    def _request_after_mentions(self, text: str, *, is_reply: bool, is_mod: bool) -> Request | None:
        start, is_addressed = 0, False
        for _ in range(MOST_MENTIONS):
            mention = _MENTION.match(text, start)
            if mention is None:
                break
            is_own = self._is_own(mention[1])
            if not (is_reply or is_own):
                return None
            start, is_addressed = mention.end(), is_addressed or is_own
            for prefix in self._prefixes:
                if text.startswith(prefix, start):
                    return Request(self.prefix + text[start + len(prefix) :], is_addressed)
        if is_reply or not is_mod or not is_addressed:
            return None
        bare = Request(self.prefix + text[start:], is_addressed=True, is_bare=True)
        return bare if self.command_in(bare) is not None else None

    def command_in(self, request: Request) -> str | None:
        """A request in the form that commands are read in: prefix, name, input. None where no command of ours is meant.

        Args:
            request: as ``request_in`` returned it.
        """
        names = self._reachable() if request.is_addressed else self._names()
        first, rest = _first_word(request.text[len(self.prefix) :])
        name = self._known_as(first, names)
        second, after = _first_word(rest)
        base = names[name].name if name in names else name
        if second and (longer := self._longer(base, second, names) or self._longer(name, second, names)):
            name, rest = longer, after
        if name not in names or (request.is_bare and isinstance(names[name], RedeemCommand)):
            return None
        rest = _arranged(names[name], rest)
        if name != names[name].name and name not in names[name].aliases:
            name = names[name].name  # another name, which the streamer gave it
        return f"{self.prefix}{name} {rest}" if rest else f"{self.prefix}{name}"

    def name_in(self, request: Request) -> str:
        """The first word of a request, lower case, without prefix and punctuation."""
        return self._known_as(_first_word(request.text[len(self.prefix) :])[0], self._reachable())

    def _known_as(self, word: str, names: Mapping[str, Any]) -> str:
        """The first word as a command may have it."""
        ways = self._readings(word)
        return next((way for way in ways if way in names), ways[-1])

    def _longer(self, base: str, second: str, names: Mapping[str, Any]) -> str | None:
        """The command of two words, if there is one."""
        return next((name for way in self._readings(second) if (name := f"{base} {way}") in names), None)

    def _readings(self, word: str) -> Sequence[str]:
        """What a word of a command can mean: itself, or what is left without the bot's name and punctuation."""
        word = narrow(word).lower()
        bare = word.rstrip(ENDINGS)
        name, at, owner = bare.partition("@")
        return word, (name.rstrip(ENDINGS) if at and self._is_own(owner) else bare)

    def _is_own(self, name: str) -> bool:
        return narrow(name).lstrip("@").rstrip(ENDINGS).casefold() in self.own_names


def _first_word(text: str) -> tuple[str, str]:
    """The first word of a text, and what follows it."""
    word, *rest = text.split(maxsplit=1) or [""]
    return word, rest[0] if rest else ""


def _arranged(command: commands.Command[Any, ...], rest: str) -> str:
    """The input of a command, with a person and an amount in the order in which the command takes them."""
    order = _order_of(command)
    if order is None or not rest or rest[0] in _QUOTES:
        return rest
    first, after = _first_word(rest)
    if first.startswith(_AT) and "," in first.rstrip(ENDINGS):
        # "@bob,10": no name has a comma in it.
        first, _, amount = first.partition(",")
        after = f"{amount} {after}"
    first, after = _with_percent(first, after.lstrip(_BETWEEN))
    second, more = _with_percent(*_first_word(after))
    if not second and order[0] == "person" and not first.startswith(_AT) and looks_like_amount(first):
        return ""  # nobody is named: how to type it is a better answer than that nobody is called 50
    if second and _is_turned(first, second, order):
        first, second = second, first
    return " ".join(filter(None, (first, second, more)))


def _with_percent(word: str, after: str) -> tuple[str, str]:
    """A word, with the ``%`` that follows it after a blank, and the rest."""
    sign, rest = _first_word(after)
    return (f"{word}%", rest) if narrow(sign) == "%" and looks_like_amount(word) else (word, after)


def _is_turned(first: str, second: str, order: tuple[str, str]) -> bool:
    """True for an amount in the place of the person, and a person in that of the amount."""
    person, amount = (first, second) if order[0] == "person" else (second, first)
    if person.startswith(_AT):
        return False
    # Who has a number for a name can still be meant: by a mention, or where the other word is an amount, too.
    return amount.startswith(_AT) or (looks_like_amount(person) and not looks_like_amount(amount))


def _order_of(command: commands.Command[Any, ...]) -> tuple[str, str] | None:
    """How a command begins that takes a person and an amount; None for all others."""
    kinds = [_KINDS.get(parameter.annotation, "") for parameter in command.parameters.values()]
    return (kinds[0], kinds[1]) if set(kinds[:2]) == {"person", "amount"} else None


_KINDS: Mapping[Any, str] = {KnownViewer: "person", Amount: "amount", Total: "amount"}
