"""Looks over settings that the bot can start with: folders that are missing, settings that contradict each other."""

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from pixel_bot.backends.tts.openai import server_from
from pixel_bot.configuration.finding import Finding, hint, warning
from pixel_bot.model.hosts import is_every_address, is_loopback
from pixel_bot.settings import Settings

FOLDERS = ("sounds_dir", "cogs_dir", "backup_dir", "data_dir")
MADE_WHEN_MISSING = ("backup_dir", "data_dir")
FILES = ("level_rewards_file", "tts_words_file")
HOSTS = ("web_host", "obs_host", "web_allowed_hosts")


def look_over(settings: Settings) -> list[Finding]:
    """All that is strange about settings which do not stop the bot; also what ``.env`` and its names say."""
    return [*settings.findings, *_paths(settings), *_addresses(settings), *_contradictions(settings)]


def warnings_of(settings: Settings) -> list[str]:
    """The sentences that are shown at the start and on the set-up page."""
    return [str(finding) for finding in look_over(settings) if finding.weight == "warning"]


def chosen(settings: Settings, name: str) -> bool:
    """Whether a person set it: a path that only follows DATA_DIR counts as not set."""
    if name not in settings.model_fields_set:
        return False
    value, default = getattr(settings, name), Settings.model_fields[name].default
    if name == "data_dir" or not isinstance(value, Path) or not isinstance(default, Path):
        return bool(value)
    return value != settings.data_dir / default.name


def _paths(settings: Settings) -> Iterator[Finding]:
    for name in (*FOLDERS, *FILES):
        path = getattr(settings, name)
        if isinstance(path, Path) and chosen(settings, name):
            yield from _strange_path(name.upper(), path)
            yield from _missing(name, path)


def _strange_path(setting: str, path: Path) -> Iterator[Finding]:
    written = str(path)
    if os.name != "nt" and re.match(r"[A-Za-z]:[\\/]|\\\\", written):
        yield warning(f"{setting}: {written} is a path of Windows, and this system is another one.")
    elif os.name != "nt" and "\\" in written:
        yield warning(f"{setting}: {written} has a backslash in its name. Between folders write /.")
    if re.search(r"%\w+%|\$\w+", written):
        yield warning(f"{setting}: names like %NAME% and $NAME are not replaced. Write the whole path.")
    if written[:1] in "\"'" or written[-1:] in "\"' " or written[:1] == " ":
        yield warning(f"{setting}: {written} begins or ends with a quote or a space, which belongs to its name.")


def _missing(name: str, path: Path) -> Iterator[Finding]:
    setting = name.upper()
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except OSError as exc:
        yield warning(f"{setting}: {path} cannot be looked at: {exc.strerror}.")
        return
    if name in FOLDERS and exists and not is_folder:
        yield warning(f"{setting}: {path} is a file, and must be a folder.")
    elif name in FILES and is_folder:
        yield warning(f"{setting}: {path} is a folder, and must be a file.")
    elif exists:
        return
    elif name == "data_dir":
        yield hint(f"{setting}: the folder {path} is not there yet. The bot makes it.")
    elif name in MADE_WHEN_MISSING:
        yield warning(f"{setting}: the folder {path} is not there. The bot will make it; if it is a disk, connect it.")
    elif name in FOLDERS:
        yield warning(f"{setting}: there is no folder {path}. Make it, or correct the setting.")
    else:
        yield warning(f"{setting}: there is no file {path}. Correct the setting, or leave it out.")


def _addresses(settings: Settings) -> Iterator[Finding]:
    url = settings.tts_base_url.strip()
    if url and not _is_http(url):
        yield warning("TTS_BASE_URL: must begin with http:// or https:// and name a server.")
    for name in HOSTS:
        hosts = [host.strip() for host in str(getattr(settings, name)).split(",")]
        if any("/" in host or re.search(r"[^:\]]:\d+$", host) for host in hosts):
            yield warning(f"{name.upper()}: takes only names or addresses, without http:// and without a port.")


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _is_here(host: str) -> bool:
    return is_loopback(host) or is_every_address(host)


def _contradictions(settings: Settings) -> Iterator[Finding]:
    """Settings that have no effect beside others, or cannot be meant together."""
    if settings.obs_configured and settings.obs_port == settings.web_port and _is_here(settings.obs_host):
        yield warning(f"OBS_PORT and WEB_PORT are both {settings.web_port}. OBS's own is usually 4455.")
    if settings.tts_engine == "openai" and not server_from(settings).base_url:
        yield warning("TTS_ENGINE=openai needs TTS_BASE_URL or TTS_API_KEY, or the same of the AI.")
    if settings.tts_engine == "piper" and find_spec("piper") is None:
        yield warning('TTS_ENGINE=piper needs Piper: python -m pip install -e ".[piper]"')
    if settings.tts_engine != "openai":
        for name in ("tts_base_url", "tts_api_key"):
            if chosen(settings, name):
                yield hint(f"{name.upper()} has no effect without TTS_ENGINE=openai.")
    if not settings.points_watch_amount and not settings.xp_watch_amount and _watch_factors(settings):
        yield warning("POINTS_WATCH_..._FACTOR has no effect, because POINTS_WATCH_AMOUNT is 0.")
    if settings.xp_max_level == 1:
        yield warning("XP_MAX_LEVEL=1: nobody ever levels up.")
    if settings.backup_dir == settings.data_dir:
        yield warning("BACKUP_DIR is the folder of the database itself. Best is another disk.")
    if settings.twitch_bot_id and settings.twitch_bot_id == settings.twitch_owner_id:
        yield hint("TWITCH_BOT_ID and TWITCH_OWNER_ID are the same: the bot speaks with the streamer's account.")
    if not settings.live and any(chosen(settings, name) for name in ("twitch_bot_id", "twitch_owner_id")):
        yield warning("TWITCH_BOT_ID or TWITCH_OWNER_ID is set without TWITCH_CLIENT_ID: the bot stays on the sandbox.")


def _watch_factors(settings: Settings) -> bool:
    return any(chosen(settings, f"points_watch_{role}_factor") for role in ("sub", "vip", "mod"))
