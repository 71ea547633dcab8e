"""Every setting that there is: the bot's own, and those of the cogs that come along."""

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from pixel_bot.bot.cogs.importing import import_cog, modules_of, take_away
from pixel_bot.configuration.cog_files import CogFile, find_cogs, sources_of
from pixel_bot.configuration.cog_settings import CogSettings, names_of
from pixel_bot.settings import Settings


def all_settings() -> dict[str, FieldInfo]:
    """The fields of all settings, by their names in ``.env``."""
    own = {name.upper(): info for name, info in Settings.model_fields.items()}
    cogs = find_cogs(None, installed=False).cogs.values()
    return own | {name: info for cog in cogs for name, info in _of_cog(cog)}


def _of_cog(cog: CogFile) -> Iterator[tuple[str, FieldInfo]]:
    if not any("CogSettings" in path.read_text(encoding="utf-8") for path in sources_of(cog)):
        return
    import_cog(cog)
    modules = modules_of(cog)
    take_away(modules)
    for module in modules.values():
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, CogSettings) and value.__module__ == module.__name__:
                for field, info in value.model_fields.items():
                    yield names_of(field, info, cog.name)[0], info
