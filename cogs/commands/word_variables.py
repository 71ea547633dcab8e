"""Variables on what was typed, and on texts and numbers."""

import secrets
from urllib.parse import quote

from pixel_bot.plugin import Cog, VariableCall, VariableFailed, later, texts, variable

from .arithmetic import NoResult, calculate, shown

_ = texts(__name__)

EMOTES = (
    "Kappa", "LUL", "PogChamp", "Kreygasm", "SeemsGood", "HeyGuys", "NotLikeThis", "BibleThump", "VoHiYo",
    "TwitchUnity", "CoolCat", "GivePLZ", "TakeNRG", "PopCorn", "CurseLit", "BloodTrail", "SMOrc", "DansGame",
    "WutFace", "FBtouchdown",
)  # fmt: skip
"""Emotes that everybody has on Twitch."""

MOST_REPEATS = 100
FARTHEST = 10**12

NO_MATH = later("I cannot work that out.")


class WordVariables(Cog):
    """Words, chance and arithmetic."""

    @variable("1")
    async def word(self, call: VariableCall) -> str | None:
        """A word of what was typed: `$(1)` is the first one; `$(2:)` all from the second on, `$(2:4)` up to the fourth.

        `$(1.emote)` is that word if it is an emote. `$(1|sender)` has who typed where there is no word.
        """
        first, colon, last = call.name.partition(":")
        words, begin = call.source.words, int(first) - 1
        if begin < 0:
            return call.source.command if begin == -1 and not colon else None
        if colon:
            return " ".join(words[begin : int(last) if last else None]) or None
        word = words[begin] if begin < len(words) else None
        return word if call.field != "emote" or word in call.source.emotes else None

    @variable("args", "query")
    async def query(self, call: VariableCall) -> str:
        """All that was typed after the command."""
        return call.source.text

    @variable("querystring")
    async def querystring(self, call: VariableCall) -> str:
        """The same, written so that it fits into a web address."""
        return quote(call.source.text, safe="")

    @variable("queryescape", "pathescape")
    async def escape(self, call: VariableCall) -> str:
        """Its argument, written so that it fits into a web address."""
        return quote(call.text, safe="")

    @variable("random", "random.number", fresh=True)
    async def random(self, call: VariableCall) -> str | None:
        """A random number: `$(random.1-6)` or `$(random 1-6)`; without numbers from 1 to 100."""
        typed = (call.field or call.text).replace(" ", "")
        low, high = _range(typed) if typed else (1, 100)
        return str(low + secrets.randbelow(high - low + 1))

    @variable("random.pick", fresh=True)
    async def pick(self, call: VariableCall) -> str | None:
        """One of several: `$(random.pick 'heads' 'tails')`."""
        return secrets.choice(call.words) if call.words else None

    @variable("random.emote", fresh=True)
    async def emote(self, call: VariableCall) -> str:
        """An emote that everybody has on Twitch."""
        return secrets.choice(EMOTES)

    @variable("math")
    async def math(self, call: VariableCall) -> str:
        """The result of `+ - * / % ^` and brackets, also `round floor ceil abs sqrt min max`: `$(math 2*(3+4))`."""
        try:
            return shown(calculate(call.text))
        except NoResult as exc:
            raise VariableFailed(_(NO_MATH)) from exc

    @variable("repeat")
    async def repeat(self, call: VariableCall) -> str | None:
        """A text several times: `$(repeat 3 Kappa)`."""
        times, *words = call.words or ("",)
        if not (times.isascii() and times.isdigit() and len(times) < 5 and words):
            return None
        return " ".join([" ".join(words)] * min(int(times), MOST_REPEATS))

    @variable("pointsname")
    async def pointsname(self, call: VariableCall) -> str:
        """What the points are called."""
        return _("{points}")


def _range(typed: str) -> tuple[int, int]:
    """Both ends of ``5-10``; of a number alone, from 1 to it."""
    first, dash, second = typed.partition("-") if not typed.startswith("-") else ("", "", "")
    numbers = [first, second] if dash else ["1", first]
    if not all(n.isascii() and n.isdigit() and len(n) <= len(str(FARTHEST)) for n in numbers):
        return 1, 100
    low, high = sorted(int(n) for n in numbers)
    return low, high
