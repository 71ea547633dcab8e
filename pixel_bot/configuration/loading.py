"""Reads settings from ``.env`` and the environment, and collects what is wrong with them."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

from pixel_bot.configuration.cog_settings import IS_SENTENCE, folder_in, names_in_cogs
from pixel_bot.configuration.env_file import EnvFile, read_env_file
from pixel_bot.configuration.finding import Finding, hint, warning
from pixel_bot.configuration.names import accused
from pixel_bot.configuration.wording import sentence
from pixel_bot.errors import SettingsError

ENV_FILE = Path(".env")
"""In the working directory."""

T = TypeVar("T", bound=BaseSettings)


def load(model: type[T], overrides: Mapping[str, object]) -> tuple[T, tuple[Finding, ...]]:
    """The checked settings, and what is strange about where they come from.

    Args:
        model: the class of the settings.
        overrides: values that go before both, by their lower-case names.

    Raises:
        SettingsError: with one sentence for each wrong setting, naming it; then what else may be the cause.
    """
    known = {name.upper() for name in model.model_fields}
    logging.getLogger("dotenv").setLevel(logging.ERROR)  # what it would say is among our findings, with the mend
    of_cogs = _of_cogs(read_env_file(ENV_FILE, known), known)
    known |= of_cogs.keys()
    sentences = {name for name, is_sentence in of_cogs.items() if is_sentence} | _sentences(model)
    file = read_env_file(ENV_FILE, known, sentences)
    findings = (*file.findings, *_environment(file, known))
    try:
        return model(**cast(Mapping[str, Any], overrides)), findings
    except ValidationError as exc:
        # The value may be a secret, so neither the sentence nor the traceback repeats it.
        errors = exc.errors(include_input=False)
        wrong = {str(error["loc"][0]).upper() for error in errors if error["loc"]}
        also = [str(f) for f in findings if f.weight == "warning" and not any(name in f.words for name in wrong)]
        raise SettingsError([*(_problem(error, model, file) for error in errors), *also]) from None


def names_set() -> frozenset[str]:
    """The upper-case names of everything that has a value in ``.env`` or the environment, foreign names included."""
    entries = read_env_file(ENV_FILE, ()).entries
    return frozenset(
        name.upper() for name, value in [*os.environ.items(), *((e.name, e.value) for e in entries)] if value
    )


def _sentences(model: type[BaseSettings]) -> set[str]:
    """The settings whose values are words for people."""
    return {name.upper() for name, field in model.model_fields.items() if IS_SENTENCE in field.metadata}


def _of_cogs(file: EnvFile, known: set[str]) -> dict[str, bool]:
    """The settings of cogs, also of those that are off, and whether each is a sentence.

    Installed packages, which take longer to be found, are asked for an unknown name alone.
    """
    names = [entry.name.upper() for entry in file.entries]
    values = {entry.name.upper(): entry.value for entry in file.entries if entry.value}
    folder = folder_in(values)
    found = names_in_cogs(folder, installed=False)
    if any(name not in known | found.keys() for name in names):
        found |= names_in_cogs(folder, installed=True)
    return found


def _environment(file: EnvFile, known: set[str]) -> list[Finding]:
    """Names of the environment that are nearly ours, and those that go before another value of the file."""
    found = [
        warning(f"{name} is set in the environment, and is no setting. Did you mean {ours}?")
        for name, ours in accused(os.environ.keys(), known)
    ]
    there = {name.upper(): value for name, value in os.environ.items() if value}
    for entry in file.entries:
        name = entry.name.upper()
        if name in known and name in there and there[name] != entry.value:
            words = f"the environment has another {name}, which goes before this one."
            found.append(hint(f".env, line {entry.line}: {words}"))
    return found


def _problem(error: ErrorDetails, model: type[BaseSettings], file: EnvFile) -> str:
    if not error["loc"]:
        return error["msg"].removeprefix("Value error, ")
    name = str(error["loc"][0])
    words = sentence(error, model.model_fields.get(name))
    in_file = name.upper() in file.lines and name.upper() not in {there.upper() for there in os.environ}
    return f"{name.upper()}: " + (f"{words[:-1]} (line {file.lines[name.upper()]} of .env)." if in_file else words)
