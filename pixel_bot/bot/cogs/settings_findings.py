"""The settings of cogs, looked over while no bot runs: for ``check-config`` and ``diagnose``."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pydantic import SecretStr

from pixel_bot.bot.cogs.importing import import_cog, modules_of, reason, take_away
from pixel_bot.configuration.cog_files import CogFile, find_cogs, sources_of
from pixel_bot.configuration.cog_settings import CogSettings, names_in, names_of
from pixel_bot.configuration.finding import Finding, warning
from pixel_bot.errors import CogError
from pixel_bot.settings import Settings
from pixel_bot.sounds.library import Sounds

METHOD = "def problems("


@dataclass(frozen=True, slots=True)
class BotToStart:
    """What is known of a bot that does not run."""

    settings: Settings
    sounds: Sounds


def findings_of_cogs(settings: Settings) -> Iterator[Finding]:
    """A warning for each setting of a cog that is wrong, and for each sentence that a cog says of its settings.

    Cogs that are off are left alone, and so are those that have nothing to say and of which nothing is set: their
    defaults are right. The modules of another one are imported, and taken away again; its ``setup`` is not run.
    """
    bot = BotToStart(settings, Sounds(settings.sounds_dir))
    there = settings.names_set()
    for cog in find_cogs(settings.cogs_dir, settings.cogs_left_out).cogs.values():
        if there.isdisjoint(names_in(cog)) and not _has_something_to_say(cog):
            continue
        try:
            for model in _models_of(cog):
                yield from map(warning, settings.for_cog(model, cog.name).problems(bot))
        except CogError as exc:
            yield warning(f"{exc} The cog {cog.name} is left out.")
        except Exception as exc:  # noqa: BLE001 - a cog's own check may raise anything; the other settings are checked
            yield warning(f"The cog {cog.name} could not be asked about its settings: {type(exc).__name__}.")


def settings_of_cogs(settings: Settings) -> Mapping[str, Any]:
    """The settings of the cogs of which something is set, as a report shows them: of secrets only that they are set."""
    shown: dict[str, Any] = {}
    there = settings.names_set()
    for cog in find_cogs(settings.cogs_dir, settings.cogs_left_out).cogs.values():
        if there.isdisjoint(names_in(cog)):
            continue
        try:
            for model in _models_of(cog):
                shown |= _shown(settings.for_cog(model, cog.name), cog.name, there)
        except CogError as exc:
            shown[cog.name] = str(exc)
    return shown


def _has_something_to_say(cog: CogFile) -> bool:
    return any(METHOD in path.read_text(encoding="utf-8", errors="replace") for path in sources_of(cog))


def _models_of(cog: CogFile) -> list[type[CogSettings]]:
    """The classes of settings in a cog's modules. Nothing of them stays imported.

    Raises:
        CogError: they cannot be imported.
    """
    before = dict(modules_of(cog))
    take_away(before)
    try:
        import_cog(cog)
        found = modules_of(cog)
        take_away(found)
    except (Exception, SystemExit) as exc:
        # Importing runs the cog's code, which may raise anything. It becomes a sentence with the place in the cog.
        raise CogError(f"The cog {cog.name} cannot be imported: {reason(exc, cog)}.") from exc
    finally:
        sys.modules.update(before)
    return [model for module in found.values() for model in _declared_in(module)]


def _declared_in(module: ModuleType) -> Iterator[type[CogSettings]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, CogSettings) and value.__module__ == module.__name__:
            yield value


def _shown(read: CogSettings, cog: str, there: frozenset[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for field, info in type(read).model_fields.items():
        value = getattr(read, field)
        if isinstance(value, SecretStr):
            value = "[hidden]" if value.get_secret_value() else ""
        names = names_of(field, info, cog)
        given = "default" if there.isdisjoint(names) else "set"
        shown[names[0]] = {"value": value if isinstance(value, bool | int | float) else str(value), "from": given}
    return shown
