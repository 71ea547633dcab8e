"""The cog classes of a bot, and the settings of the cogs that come along."""

import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from pixel_bot.bot.bot import PixelBot
from pixel_bot.configuration.cog_settings import BASE, CogSettings, names_of
from tests.harness.paths import ROOT


def cog_class(bot: PixelBot, name: str) -> Any:
    """The object of a loaded cog class, by the name of the class."""
    found = bot.get_component(name)
    assert found is not None, f"no cog class {name} is loaded"
    return found


async def thanks_said(bot: PixelBot) -> None:
    """What is gathered for the next thanks is said now."""
    await cog_class(bot, "Thanks").close()


class CogSetting(NamedTuple):
    """A setting of a cog that comes along."""

    cog: str
    model: type[CogSettings]
    field: str

    @property
    def info(self) -> FieldInfo:
        """What the field says of itself."""
        return self.model.model_fields[self.field]


def settings_of_cogs() -> dict[str, CogSetting]:
    """All settings of the cogs that come along, by name."""
    return {
        names_of(field, info, cog)[0]: CogSetting(cog, model, field)
        for cog, model in _models()
        for field, info in model.model_fields.items()
    }


def _models() -> Iterator[tuple[str, type[CogSettings]]]:
    for path in sorted((ROOT / "cogs").rglob("*.py")):
        if BASE not in path.read_text(encoding="utf-8"):
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and issubclass(value, CogSettings) and value.__module__ == name:
                yield name.split(".")[1], value
