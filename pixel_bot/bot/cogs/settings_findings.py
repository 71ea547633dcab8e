"""What cogs say about the files that their settings name, asked while no bot runs."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from pixel_bot.bot.cogs.importing import import_cog, modules_of, take_away
from pixel_bot.configuration.cog_files import CogFile, find_cogs, sources_of
from pixel_bot.configuration.cog_settings import CogSettings
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
    """A warning for each sentence of the cogs whose settings have the method ``problems``; others are not imported."""
    bot = BotToStart(settings, Sounds(settings.sounds_dir))
    for cog in find_cogs(settings.cogs_dir, settings.cogs_left_out, installed=False).cogs.values():
        if not any(METHOD in path.read_text(encoding="utf-8", errors="replace") for path in sources_of(cog)):
            continue
        try:
            yield from map(warning, _problems(cog, bot))
        except CogError as exc:
            yield warning(str(exc))
        except Exception as exc:  # noqa: BLE001 - the boundary to a cog: starting the bot says where it fails
            yield warning(f"The cog {cog.name} could not be asked about its settings: {type(exc).__name__}.")


def _problems(cog: CogFile, bot: BotToStart) -> list[str]:
    import_cog(cog)
    modules = modules_of(cog)
    try:
        found = {value for module in modules.values() for value in vars(module).values() if inspect.isclass(value)}
        own = [model for model in found if issubclass(model, CogSettings) and model.__module__ in modules]
        return [words for model in own for words in bot.settings.for_cog(model, cog.name).problems(bot)]
    finally:
        take_away(modules)
