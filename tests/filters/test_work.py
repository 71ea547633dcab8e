"""How much work a text may make."""

import re
import sys
from pathlib import Path
from types import FrameType, ModuleType
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.filters import TextFilter, bad_words, links, noise
from pixel_bot.filters.noise import calmed
from tests.harness.rounds import rounds

NOWHERE = Path("there_is_no_such_file.txt")
HOSTILE = [
    "a.",
    "f a g ",
    "1!|",
    "n-i-g-",
    "www.",
    "a@",
    "dot com ",
    "[.]",
    "ха",
    "\u0301",
    "()",
    "a_^",
    "0 ",
    "ﷺ",
    "！",
]


def steps(text: str) -> int:
    """How many functions are called to clean a text, those of the C library included."""
    calls = 0

    def note(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    text_filter = TextFilter(NOWHERE, 1_000)
    text_filter.clean("warm")
    calmed.cache_clear()
    sys.setprofile(note)
    try:
        text_filter.clean(text)
    finally:
        sys.setprofile(None)
    return calls


MOST_STEPS = 150
"""Calls for each character, however the text is built; a search that grows with the square would need thousands."""


@given(parts=st.lists(st.sampled_from([*HOSTILE, "n", "i", "g", "н", "ɪ", " ", "."]), min_size=150, max_size=500))
@settings(deadline=None, max_examples=rounds(25))
def test_the_work_grows_with_the_length_of_the_text(parts: list[str]) -> None:
    text = "".join(parts)[:500]
    assert steps(text) < MOST_STEPS * (len(text) + 100)


@pytest.mark.parametrize("module", [links, noise, bad_words])
def test_every_repetition_in_a_pattern_is_bounded_or_of_one_kind(module: ModuleType) -> None:
    """``(a+)+`` is how a pattern takes for ever."""
    values = vars(module).values()
    patterns = [cast("re.Pattern[str]", value).pattern for value in values if isinstance(value, re.Pattern)]
    assert patterns
    assert [pattern for pattern in patterns if re.search(r"[+*]\)[+*]", pattern)] == []
