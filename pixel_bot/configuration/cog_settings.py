"""Settings of cogs: from ``.env`` and the environment, under names that begin with the cog's own."""

import ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import AliasChoices, BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from pixel_bot.configuration.cog_files import CogFile, find_cogs, sources_of
from pixel_bot.configuration.wording import sentence
from pixel_bot.errors import CogError

BASE = "CogSettings"

SENTENCES = ("Sentence", "Template")
"""Types of fields whose values are words for people."""

IS_SENTENCE = "sentence"
"""What such a type is marked with."""


class CheckedBot(Protocol):
    """What ``check-config`` knows of the bot that would start; the bot itself has the same."""

    @property
    def settings(self) -> Any:
        """The settings of the bot."""
        ...

    @property
    def sounds(self) -> Any:
        """The sounds of the bot."""
        ...


class CogSettings(BaseSettings):
    """The settings of a cog. Each field is one: ``max_stake`` of the cog ``slots`` is ``SLOTS_MAX_STAKE``.

    ``Field(validation_alias="REELS_FILE")`` gives a field another name; ``AliasChoices`` gives several. A value that a
    field does not take is named when the cog is loaded, and the cog is left out. A ``SecretStr`` is never shown or
    logged.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    def problems(self, bot: CheckedBot) -> Iterable[str]:
        """What is strange about these settings, or wrong with files that they name: a sentence each, with the name.

        ``check-config`` asks for it. It imports only cogs that have this method, or of which something is set.

        Args:
            bot: ``settings`` and ``sounds`` of the bot that would start.
        """
        del bot
        return ()


T = TypeVar("T", bound=CogSettings)


def read_cog_settings(model: type[T], cog: str, given: Mapping[str, object] | None = None) -> T:
    """The checked settings of a cog.

    Args:
        model: its class of settings.
        cog: its name.
        given: where it is not None, these alone count, by their lower-case names, like ``slots_max_stake``.

    Raises:
        CogError: with one sentence for each wrong setting, naming it.
    """
    try:
        if given is None:
            return model(_env_prefix=f"{cog}_")  # pyright: ignore[reportCallIssue]
        values = {
            field: given[name.lower()]
            for field, info in model.model_fields.items()
            for name in reversed(names_of(field, info, cog))
            if name.lower() in given
        }
        made = model.__new__(model)
        BaseModel.__init__(made, **values)
    except ValidationError as exc:
        # The value may be a secret, so neither the sentence nor the traceback repeats it.
        raise CogError(" ".join(_problems(exc, model, cog))) from None
    return made


def names_of(field: str, info: FieldInfo, cog: str) -> tuple[str, ...]:
    """What a field is called in ``.env``, in upper case; the first name that is set counts."""
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(name).upper() for name in alias.choices)
    return ((alias if isinstance(alias, str) else f"{cog}_{field}").upper(),)


def secrets_in(settings: CogSettings) -> Iterator[str]:
    """The secrets of a cog, which are never logged."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and value.get_secret_value():
            yield value.get_secret_value()


def names_in_cogs(folder: Path | None, *, installed: bool) -> dict[str, bool]:
    """The settings of all cogs, in upper case, and whether each is a sentence.

    Their source is read for it; nothing of it is run.
    """
    found = find_cogs(folder, installed=installed).cogs.values()
    return {name: is_sentence for cog in found for name, is_sentence in declared_in(cog)}


def names_in(cog: CogFile) -> Iterator[str]:
    """The settings that the source of one cog declares."""
    return (name for name, _ in declared_in(cog))


def declared_in(cog: CogFile) -> Iterator[tuple[str, bool]]:
    """The settings that the source of one cog declares, and whether each is a sentence."""
    for path in sources_of(cog):
        try:
            text = path.read_text(encoding="utf-8")
            yield from _declared(text, cog.name) if BASE in text else ()
        except (OSError, ValueError, SyntaxError):
            continue  # loading it says what is wrong with it


def folder_in(values: Mapping[str, str]) -> Path | None:
    """``COGS_DIR``, before the settings are checked: the environment goes before the file.

    Args:
        values: those of ``.env``, by their upper-case names.
    """
    there = {**values, **{name.upper(): value for name, value in os.environ.items() if value}}
    folder = there.get("COGS_DIR", "").strip()
    try:
        return Path(folder).expanduser() if folder else None
    except RuntimeError:
        return None


@lru_cache(maxsize=64)  # parsing takes most of the time that reading settings does, and they are read more than once
def _declared(text: str, cog: str) -> Sequence[tuple[str, bool]]:
    classes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
    ours = {BASE}
    for _ in classes:  # each round finds those that build on the ones before
        ours |= {cls.name for cls in classes if any(ast.unparse(base).split(".")[-1] in ours for base in cls.bases)}
    return [found for cls in classes if cls.name in ours for node in cls.body for found in _names_in(node, cog)]


def _names_in(node: ast.stmt, cog: str) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        is_sentence = ast.unparse(node.annotation).split(".")[-1] in SENTENCES
        yield from ((name, is_sentence) for name in _names(node, node.target.id, cog))


def _names(node: ast.AnnAssign, field: str, cog: str) -> Iterator[str]:
    if field.startswith("_") or field == "model_config" or "ClassVar" in ast.unparse(node.annotation):
        return
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    aliases = [word.value for call in calls for word in call.keywords if word.arg in {"validation_alias", "alias"}]
    if not aliases:
        yield f"{cog}_{field}".upper()
    for part in (part for alias in aliases for part in ast.walk(alias)):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value.upper()


def _problems(exc: ValidationError, model: type[CogSettings], cog: str) -> Iterator[str]:
    for error in exc.errors(include_input=False):
        place = str(error["loc"][0]) if error["loc"] else ""
        info = model.model_fields.get(place)
        name = names_of(place, info, cog)[0] if info is not None else place.upper()
        missing = error["type"] == "missing"
        words = "must be set." if missing else sentence(error, info or _aliased(model, place))
        yield f"{name}: {words}" if name else _as_sentence(words)


def _aliased(model: type[CogSettings], alias: str) -> Any:
    fields = model.model_fields.items()
    return next((info for field, info in fields if alias.upper() in names_of(field, info, "")), None)


def _as_sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
