"""``_ = texts(__name__)``: sentences in the language of the chat, or in the streamer's own words."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pixel_bot.wording import numbers
from pixel_bot.wording.catalogue import (
    CORE,
    ENGLISH,
    Catalogue,
    Domain,
    PluralRule,
    domain_of,
    english_plural,
    read_catalogue,
)
from pixel_bot.wording.fields import COUNT_FIELD, Values

OwnWords = Mapping[str, tuple[str, ...]]
"""A streamer's own sentences by their originals; each with one form, or one for the singular and one for more."""


def _none() -> OwnWords:
    return {}


_CURRENCY = re.compile(r"\{point(s?)\}")


@dataclass(slots=True)
class _InForce:
    language: str = ENGLISH
    currency: tuple[str, ...] = ()
    own: Callable[[], OwnWords] = _none
    plural: PluralRule = english_plural
    catalogues: dict[Domain, Catalogue] = field(default_factory=dict[Domain, Catalogue])


_in_force = _InForce()
"""The language of this process. A process has one bot, and a bot speaks one language."""


class Texts:
    """The sentences of one part of the bot."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain

    def __call__(self, text: str, plural: str = "", /, **fields: object) -> str:
        """A sentence as the chat is to read it.

        Args:
            text: the English original, with fields like ``{viewer}``. ``{point}`` and ``{points}`` need no value: they
                are what the points are called.
            plural: the original for another number than one; then the field ``n`` has the number.
            fields: the values. Whole numbers are written as the language does.
        """
        n = abs(int(str(fields[COUNT_FIELD]))) if plural else 1
        forms, rule = _in_force.own().get(text), _in_force.plural
        if forms is None:
            catalogue = self._catalogue()
            forms, rule = catalogue.forms.get(text), catalogue.plural
        if forms is None:
            forms, rule = (text, plural), english_plural
        chosen = forms[min(rule(n), len(forms) - 1)] if plural else forms[0]
        return chosen.format_map(Values(fields, currency)) if "{" in chosen else chosen

    def of_source(self, text: str) -> str:
        """What a cog's source says of itself, like the help of a command: other words in braces stay as they are."""
        forms = _in_force.own().get(text) or self._catalogue().forms.get(text)
        chosen = forms[0] if forms else text
        return _CURRENCY.sub(lambda found: currency(2 if found[1] else 1), chosen) if "{" in chosen else chosen

    def is_translated(self, text: str) -> bool:
        """Whether there are other words than the original."""
        return text in _in_force.own() or text in self._catalogue().forms

    def _catalogue(self) -> Catalogue:
        found = _in_force.catalogues.get(self._domain)
        if found is None:
            english = _in_force.language == ENGLISH
            found = Catalogue() if english else read_catalogue(self._domain.file(_in_force.language))
            _in_force.catalogues[self._domain] = found
        return found


def texts(module: str) -> Texts:
    """The sentences of a module: ``_ = texts(__name__)``."""
    domain = domain_of(module)
    if domain.name != CORE:
        _in_force.catalogues.pop(domain, None)  # a cog that is loaded anew may bring other words
    return Texts(domain)


def texts_of(module: str) -> Texts:
    """The sentences of a module, for others than itself."""
    return Texts(domain_of(module))


def later(text: str) -> str:
    """The text itself. It marks what is translated where it is used: ``_(WORDS[key])``."""
    return text


_ = texts(__name__)


def use_language(language: str = ENGLISH, currency: Sequence[str] = (), own: Callable[[], OwnWords] = _none) -> None:
    """From now on everything is said in this language.

    Args:
        language: one that has catalogues; ``en`` needs none.
        currency: what one point is called, and what several are, where that is set.
        own: called for the streamer's own words.
    """
    _in_force.language, _in_force.currency, _in_force.own = language, tuple(currency), own
    _in_force.catalogues = {}
    _in_force.plural = _._catalogue().plural  # noqa: SLF001 - of this module
    numbers.use_sample(_("1,234.5"))


def language() -> str:
    """The language in force."""
    return _in_force.language


def currency(n: int) -> str:
    """What so many points are called, without their number."""
    if forms := _in_force.currency:
        return forms[min(_in_force.plural(abs(n)), len(forms) - 1)]
    return _("point", "points", n=n)


def currency_title() -> str:
    """What points are called, as a heading."""
    name = currency(2)
    return name[:1].upper() + name[1:]


__all__ = [
    "CORE",
    "OwnWords",
    "Texts",
    "currency",
    "currency_title",
    "language",
    "later",
    "texts",
    "texts_of",
    "use_language",
]
