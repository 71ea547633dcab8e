"""The small persona that answers in the sandbox when no AI is set up. It knows nothing, and says so."""

import hashlib

from .text import seen

MARK = "(offline demo)"

_GREETINGS = (
    "Hey there, nice to meet you!",
    "Hello, my pixels are all warmed up.",
    "Hi, you just made my day a little brighter.",
)
_ABOUT_ME = (
    "I am Pixel, sixteen squares wide and very proud of it.",
    "I am Pixel, the mascot that lives between your points and the wheel.",
    "My name is Pixel, and I run on snacks and stray electrons.",
)
_AMOUNTS = (
    "I counted twice and got 42.",
    "Somewhere between three and a whole bag of pixels.",
    "More than a few, fewer than a lot.",
)
_REASONS = (
    "Because somebody pressed the big red button again.",
    "It has always been like that, ask the oldest pixel you know.",
    "Because the wheel wanted it so.",
)
_VERDICTS = (
    "Yes, and I would bet a point on it.",
    "My crystal pixel says no.",
    "Ask me again after the next spin!",
    "Absolutely, but bring a snack.",
    "I would not count on it.",
)
_MUSINGS = (
    "I had to think about that for a whole frame, and I like it.",
    "That is a question for a bigger screen than mine.",
    "My best guess: turn it off and on again.",
    "I would paint that in violet and gold.",
    "Chat surely knows better than I do!",
    "Let us spin the wheel and call it science.",
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
        return f"{answers[int.from_bytes(digest[:8]) % len(answers)]} {MARK}"

    async def close(self) -> None:
        """Nothing is open."""


def _begins(asked: str, openings: tuple[str, ...]) -> bool:
    return f"{asked} ".startswith(tuple(f"{opening} " for opening in openings))
