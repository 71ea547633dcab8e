"""The small persona that answers in the sandbox when no AI is set up. It knows nothing, and says so."""

import hashlib

from pixel_bot.plugin import later, texts

from .text import seen

_ = texts(__name__)

MARK = later("(offline demo)")

_GREETINGS = (
    later("Hey there, nice to meet you!"),
    later("Hello, my pixels are all warmed up."),
    later("Hi, you just made my day a little brighter."),
)
_ABOUT_ME = (
    later("I am Pixel, sixteen squares wide and very proud of it."),
    later("I am Pixel, the mascot that lives between your points and the wheel."),
    later("My name is Pixel, and I run on snacks and stray electrons."),
)
_AMOUNTS = (
    later("I counted twice and got 42."),
    later("Somewhere between three and a whole bag of pixels."),
    later("More than a few, fewer than a lot."),
)
_REASONS = (
    later("Because somebody pressed the big red button again."),
    later("It has always been like that, ask the oldest pixel you know."),
    later("Because the wheel wanted it so."),
)
_VERDICTS = (
    later("Yes, and I would bet a point on it."),
    later("My crystal pixel says no."),
    later("Ask me again after the next spin!"),
    later("Absolutely, but bring a snack."),
    later("I would not count on it."),
)
_MUSINGS = (
    later("I had to think about that for a whole frame, and I like it."),
    later("That is a question for a bigger screen than mine."),
    later("My best guess: turn it off and on again."),
    later("I would paint that in violet and gold."),
    later("Chat surely knows better than I do!"),
    later("Let us spin the wheel and call it science."),
)
_BY_OPENING = (
    (("hi", "hello", "hey", "yo", "hallo", "hola", "how are you"), _GREETINGS),
    (("who are you", "what are you", "what is your name", "who is pixel"), _ABOUT_ME),
    (("how many", "how much", "how long", "how old", "how far", "how often"), _AMOUNTS),
    (("why", "how come"), _REASONS),
    (("is", "are", "am", "do", "does", "did", "will", "would", "can", "could", "should", "shall", "has"), _VERDICTS),
)
"""How a question begins, and what fits it."""


class OfflineAi:
    """Answers from a short list. It reaches for no network, and says nothing that a viewer typed."""

    async def answer(self, asker: str, question: str) -> str:
        """An answer that is the same for the same question, and ends with ``MARK``."""
        asked = " ".join("".join(c if c.isalnum() else " " for c in seen(question).casefold()).split())
        answers = next((some for openings, some in _BY_OPENING if _begins(asked, openings)), _MUSINGS)
        digest = hashlib.sha256(asked.encode()).digest()
        return f"{_(answers[int.from_bytes(digest[:8]) % len(answers)])} {_(MARK)}"

    async def close(self) -> None:
        """Nothing is open."""


def _begins(asked: str, openings: tuple[str, ...]) -> bool:
    return f"{asked} ".startswith(tuple(f"{opening} " for opening in openings))
