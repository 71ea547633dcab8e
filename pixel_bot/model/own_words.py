"""The streamer's own words: ``texts.toml`` in ``DATA_DIR``, whose sentences win over the bot's."""

import difflib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pixel_bot.configuration.cog_files import find_cogs, sources_of
from pixel_bot.model.last_good import LastGoodFile, Unreadable, text_of
from pixel_bot.wording.catalogue import HERE
from pixel_bot.wording.extract import Sentence, sentences_of
from pixel_bot.wording.fields import misfit
from pixel_bot.wording.texts import OwnWords, later, texts

_ = texts(__name__)

NAME = "texts.toml"

NAMED = 3
"""Sentences that cannot be used and are told; the log and ``check-config`` tell of the same."""


@dataclass(frozen=True, slots=True)
class Content:
    """What can be used of the file, and a sentence for each entry that cannot."""

    words: OwnWords
    problems: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """What cannot be used, in one sentence; empty where all can."""
        more = len(self.problems) - NAMED
        return " ".join([*self.problems[:NAMED], *([_("And {n} more.", n=more)] if more > 0 else [])])


def all_sentences(cogs_dir: Path | None = None) -> dict[str, Sentence]:
    """Every sentence that the bot and all cogs can say, by its English original."""
    cogs = find_cogs(cogs_dir).cogs.values()
    core = sorted(HERE.rglob("*.py"))
    return sentences_of([*core, *(path for cog in cogs for path in sources_of(cog))])


def own_words(folder: Path, sentences: Callable[[], Mapping[str, Sentence]]) -> LastGoodFile[Content]:
    """The file in ``DATA_DIR``, which may be missing.

    Args:
        folder: ``DATA_DIR``.
        sentences: called for all sentences that there are, when the file has to be read.
    """
    return LastGoodFile(
        folder / NAME,
        lambda raw: parse(raw, sentences()),
        Content({}),
        later("The bot says everything in its own words."),
        later("The words that it had before stay."),
        lambda content: content.remark,
    )


def parse(raw: bytes, sentences: Mapping[str, Sentence]) -> Content:
    """Read the file: ``"You have {points}." = "{points}, wow."``, or a list with a singular and a plural.

    Raises:
        Unreadable: it is no TOML.
    """
    try:
        entries = tomllib.loads(text_of(raw, NAME))
    except tomllib.TOMLDecodeError as exc:
        raise Unreadable(_("{file} cannot be read: {why}.", file=NAME, why=str(exc)[:120])) from None
    words: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for original, value in entries.items():
        forms = _forms(value)
        why = _why_not(original, forms, sentences)
        if why:
            problems.append(_('{file}: "{text}" is not used: {why}.', file=NAME, text=_short(original), why=why))
        else:
            words[original] = forms
    return Content(words, tuple(problems))


def _forms(value: Any) -> tuple[str, ...]:
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str)) if all(isinstance(v, str) for v in values) else ()


def _why_not(original: str, forms: tuple[str, ...], sentences: Mapping[str, Sentence]) -> str:
    known = sentences.get(original)
    if known is None:
        near = difflib.get_close_matches(original, sentences, 1, 0.8)
        if near:
            return _('the bot has no such sentence, but "{near}"', near=near[0])
        return _("the bot has no such sentence")
    if not forms or not all(form.strip() for form in forms):
        return _('it must be a text between "')
    return next(_misfits(known, forms), "")


def _misfits(known: Sentence, forms: tuple[str, ...]) -> Iterator[str]:
    if len(forms) > 1 and not known.plural:
        yield _("it has no plural, so one text is enough")
    yield from (why for form in forms if (why := misfit(form, known.originals, _)))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
