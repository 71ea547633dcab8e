"""The settings of cogs, checked without loading any: for ``check-config`` and ``diagnose``."""

import sys
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr

from pixel_bot.configuration.cog_files import CogFile, find_cogs
from pixel_bot.configuration.cog_settings import CogSettings, names_in, names_of
from pixel_bot.configuration.finding import Finding, warning
from pixel_bot.errors import CogError
from pixel_bot.settings import Settings

Shown = dict[str, Any]
"""Values of settings by their names, as a report shows them."""


def check_cog_settings(settings: Settings) -> tuple[list[Finding], Shown]:
    """Check the settings of all cogs that are not off.

    A cog of which nothing is set is left alone, because its defaults are right. The modules of another one are
    imported, and taken away again; its ``setup`` is not run.

    Returns:
        What is wrong or strange, and the settings of the cogs that were looked at. Of secrets only that they are set.
    """
    findings: list[Finding] = []
    shown: Shown = {}
    there = settings.names_set()
    for cog in find_cogs(settings.cogs_dir, settings.cogs_left_out).cogs.values():
        if there.isdisjoint(names_in(cog)):
            continue
        try:
            models = _models_of(cog)
        except CogError as exc:
            findings.append(warning(str(exc)))
            continue
        for model in models:
            try:
                read = settings.for_cog(model, cog.name)
            except CogError as exc:
                findings.append(warning(f"{exc} The cog {cog.name} is left out."))
                continue
            findings += map(warning, read.strange(live=settings.live))
            shown |= _shown(read, cog.name, there)
    return findings, shown


def _models_of(cog: CogFile) -> list[type[CogSettings]]:
    """The classes of settings in a cog's modules. Nothing of them stays imported.

    Raises:
        CogError: they cannot be imported.
    """
    # Most of a bot is imported with it, which nobody waits for who has set nothing of a cog.
    from pixel_bot.bot.cogs.importing import import_cog, modules_of, reason, take_away

    before = modules_of(cog)
    take_away(before)
    try:
        import_cog(cog)
        found = modules_of(cog)
        take_away(found)
    except (Exception, SystemExit) as exc:
        raise CogError(f"The cog {cog.name} cannot be imported, and is left out: {reason(exc, cog)}.") from exc
    finally:
        sys.modules.update(before)
    return [model for module in found.values() for model in _declared_in(module)]


def _declared_in(module: Any) -> Iterator[type[CogSettings]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, CogSettings) and value.__module__ == module.__name__:
            yield value


def _shown(read: CogSettings, cog: str, there: frozenset[str]) -> Shown:
    shown: Shown = {}
    for field, info in type(read).model_fields.items():
        value = getattr(read, field)
        if isinstance(value, SecretStr):
            value = "[hidden]" if value.get_secret_value() else ""
        names = names_of(field, info, cog)
        given = "default" if there.isdisjoint(names) else "set"
        shown[names[0]] = {"value": value if isinstance(value, bool | int | float) else str(value), "from": given}
    return shown
