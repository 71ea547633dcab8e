"""A report about a bot for whoever helps: a zip file without secrets. Each part stands alone; what fails says so."""

import asyncio
import importlib.metadata
import io
import json
import os
import platform
import sqlite3
import sys
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from pixel_bot import __version__
from pixel_bot.configuration.finding import Finding
from pixel_bot.diagnostics.database_facts import database_facts
from pixel_bot.diagnostics.file_check import check_files, running_on
from pixel_bot.diagnostics.licences import installed_parts
from pixel_bot.diagnostics.scrub import HIDDEN, Scrubber, known_secrets, written
from pixel_bot.diagnostics.secrets import secrets_of
from pixel_bot.diagnostics.settings_check import look_over
from pixel_bot.errors import SettingsError
from pixel_bot.model.hosts import reached_here
from pixel_bot.settings import Settings, load_settings

LOG_BYTES = 2_000_000
"""The end of the log that is packed."""

HEALTH_SECONDS = 3.0

READ_ME = """Report about a Pixel Bot, for whoever helps you.

Keys, tokens and passwords were taken out, and whatever looks like one: [hidden]. Names of viewers may stand in log.txt
and in database.json. Look through the files before you send them, and send them only to somebody you trust.

versions.json   Pixel Bot, Python, the system, installed packages
settings.json   the settings that are in force; of secrets only whether they are set
findings.txt    what check-config says
health.json     what the running bot says of itself
database.json   schema, size, result of db check, numbers of rows, the queue
figures.txt     queue, awards, outbox, loop lag and refunds, as the bot wrote them last (within a minute)
log.txt         the end of the log
"""

FindingsOfCogs = Callable[[Settings], Iterable[Finding]]
SettingsOfCogs = Callable[[Settings], Mapping[str, Any]]


async def write_report(
    file: Path, of_cogs: FindingsOfCogs = lambda _: (), more_settings: SettingsOfCogs = lambda _: {}
) -> list[str]:
    """Pack a report.

    Args:
        file: the zip file; it is replaced.
        of_cogs: what cogs say of their settings.
        more_settings: the settings of cogs, as they are shown.

    Returns:
        The names of the files in it.

    Raises:
        OSError: the file cannot be written.
    """
    settings, problems = _settings()
    scrubber = Scrubber([*known_secrets([settings.data_dir]), *secrets_of(settings)])
    parts: dict[str, Callable[[], Awaitable[str]]] = {
        "versions.json": _versions,
        "settings.json": lambda: _settings_in_force(settings, more_settings),
        "findings.txt": lambda: _findings(settings, problems, of_cogs),
        "health.json": lambda: _health(settings),
        "database.json": lambda: database_facts(settings),
        "figures.txt": lambda: _figures(settings),
        "log.txt": lambda: _log(settings),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("README.txt", READ_ME)
        for name, part in parts.items():
            pack.writestr(name, scrubber.clean(await _safely(part)))
    await asyncio.to_thread(file.write_bytes, packed.getvalue())
    return ["README.txt", *parts]


async def _safely(part: Callable[[], Awaitable[str]]) -> str:
    try:
        return await part()
    except Exception as exc:  # noqa: BLE001 - whatever is broken, the other parts of the report are made
        return f"This part could not be made: {type(exc).__name__}: {exc}\n"


def _settings() -> tuple[Settings, list[str]]:
    """The settings; where they are wrong, the defaults with the folders that can be read nevertheless."""
    try:
        return load_settings(), []
    except SettingsError as exc:
        folder = os.environ.get("DATA_DIR") or dict(written()).get("DATA_DIR") or "./data"
        return Settings.model_construct(_fields_set={"data_dir"}, data_dir=Path(folder)), exc.problems


async def _versions() -> str:
    packages = {part.name: part.version for part in installed_parts(extras=frozenset({"piper"}))}
    return _as_json(
        {
            "pixel_bot": __version__,
            "python": sys.version,
            "system": platform.platform(),
            "machine": platform.machine(),
            "processors": os.cpu_count(),
            "sqlite": sqlite3.sqlite_version,
            "packages": packages,
            "other_packages": sorted(
                {there.metadata["Name"] for there in importlib.metadata.distributions()} - packages.keys()
            ),
        }
    )


async def _settings_in_force(settings: Settings, more: SettingsOfCogs) -> str:
    shown: dict[str, Any] = {}
    for name in sorted(Settings.model_fields):
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = HIDDEN if value.get_secret_value() else ""
        given = "set" if name in settings.model_fields_set else "default"
        shown[name.upper()] = {"value": value if isinstance(value, bool | int | float) else str(value), "from": given}
    return _as_json(shown | dict(more(settings)))


async def _findings(settings: Settings, problems: list[str], of_cogs: FindingsOfCogs) -> str:
    if problems:
        return (
            "The settings are wrong, and the bot does not start:\n" + "\n".join(f"  {line}" for line in problems) + "\n"
        )
    found = [*look_over(settings), *await check_files(settings), *of_cogs(settings)]
    return "\n".join(f"[{finding.weight}] {finding}" for finding in found) + "\n" if found else "Everything is fine.\n"


async def _health(settings: Settings) -> str:
    running = running_on(settings)
    url = f"http://{reached_here(settings.web_host, settings.web_port)}/healthz"
    answer: Any = "not asked: WEB_PORT is 0, so the port is not known"
    if settings.web_port:
        try:
            timeout = aiohttp.ClientTimeout(total=HEALTH_SECONDS)
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
                answer = {"status": response.status, "text": (await response.text())[:10_000]}
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            answer = f"no answer: {type(exc).__name__}"
    return _as_json({"running_on": str(running) if running else None, "healthz": answer})


async def _figures(settings: Settings) -> str:
    from pixel_bot.diagnostics.figures import NAME

    file = settings.data_dir / NAME
    if not file.is_file():
        return "There are none: the bot has not run for a minute yet.\n"
    at = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
    return f"# written {at:%Y-%m-%d %H:%M:%S %z}\n{file.read_text(encoding='utf-8')}"


async def _log(settings: Settings) -> str:
    file = settings.data_dir / "logs" / "pixel.log"
    if not file.is_file():
        return "There is no log file.\n"
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - LOG_BYTES))
        return log.read().decode("utf-8", errors="replace")


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"
