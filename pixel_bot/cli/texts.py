"""``texts``: lists everything that the bot can say, and brings catalogues up to date."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pixel_bot.cog_tools.check import cog_at
from pixel_bot.configuration.cog_files import CogFile, find_cogs, sources_of
from pixel_bot.model.own_words import NAME, own_words
from pixel_bot.settings import Settings
from pixel_bot.wording.catalogue import CORE, ENGLISH, FOLDER, HERE, Catalogue, Domain, read_catalogue
from pixel_bot.wording.extract import Sentence, sentences_of
from pixel_bot.wording.po_file import update

CORE_DOMAIN = Domain(CORE, HERE / FOLDER)


def work_on_texts(settings: Settings, language: str | None, path: Path | None) -> int:
    """``texts`` without, and with a language. Returns the exit code, 0."""
    return list_texts(settings) if language is None else update_catalogues(settings, language, path)


def list_texts(settings: Settings) -> int:
    """Print every sentence as a line for ``texts.toml``: the original, and what is said now.

    Returns:
        0.
    """
    _say(f"# What the bot says, in the language {settings.bot_language}. Copy a line into {settings.data_dir / NAME},")
    _say('# and change what stands behind "=". Keep the words in braces.')
    file = own_words(settings.data_dir, lambda: {k: v for _, found in _parts(settings) for k, v in found.items()})
    own = file.now_or_without().words
    for domain, found in _parts(settings):
        english = settings.bot_language == ENGLISH
        forms = Catalogue().forms if english else read_catalogue(domain.file(settings.bot_language)).forms
        _say(f"\n# {domain.name}")
        for text, sentence in found.items():
            _say(f"{_quoted(text)} = {_value(own.get(text) or forms.get(text) or sentence.originals)}")
    return 0


def update_catalogues(settings: Settings, language: str, path: Path | None) -> int:
    """Bring catalogues up to date with the source, and say how much of each is left to translate.

    Args:
        settings: for where cogs are.
        language: a code like ``de``.
        path: a cog's file or folder; None for the bot itself and the cogs that come along.

    Returns:
        0.

    Raises:
        StartError: there is no cog at that path.
    """
    if path is not None:
        cog = cog_at(path)
        parts: Iterator[tuple[Domain, Mapping[str, Sentence]]] = iter([(_domain(cog), sentences_of(sources_of(cog)))])
    else:
        parts = ((domain, found) for domain, found in _parts(settings, built_in=True) if found)
    for domain, found in parts:
        file = domain.file(language)
        done = update(file, language, found)
        left = f"{done.empty} to translate" if done.empty else "complete"
        gone = f", {done.gone} gone" if done.gone else ""
        _say(f"{file}: {done.all} sentences, {left}{gone}.")
    return 0


def _parts(settings: Settings, *, built_in: bool = False) -> Iterator[tuple[Domain, Mapping[str, Sentence]]]:
    """The core and each cog, with what they say."""
    yield CORE_DOMAIN, sentences_of(sorted(HERE.rglob("*.py")))
    found = find_cogs(None, installed=False) if built_in else find_cogs(settings.cogs_dir, settings.cogs_left_out)
    for cog in found.cogs.values():
        yield _domain(cog), sentences_of(sources_of(cog))


def _domain(cog: CogFile) -> Domain:
    first = next(iter(sources_of(cog)), Path(cog.name))
    return Domain(cog.name, first.parent / FOLDER)


def _value(forms: tuple[str, ...]) -> str:
    return _quoted(forms[0]) if len(forms) == 1 else f"[{', '.join(map(_quoted, forms))}]"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
