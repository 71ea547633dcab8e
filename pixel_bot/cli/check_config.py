"""``check-config``: all that can be said about settings and files without starting the bot."""

import sys
from collections import Counter
from pathlib import Path

from pixel_bot.bot.cogs.settings_findings import findings_of_cogs
from pixel_bot.configuration.loading import ENV_FILE
from pixel_bot.diagnostics.file_check import check_files
from pixel_bot.diagnostics.settings_check import look_over
from pixel_bot.settings import Settings
from pixel_bot.texts import count

MARKS = {"error": "[error]", "warning": "[warning]", "hint": "[hint]"}
ORDER = list(MARKS)


async def check_config(settings: Settings) -> int:
    """Print what would stop the bot, what is not as it was meant, and hints.

    Returns:
        0 when the bot would start; 2 when it would not.
    """
    found = [*look_over(settings), *await check_files(settings), *findings_of_cogs(settings)]
    findings = sorted(found, key=lambda f: ORDER.index(f.weight))
    where = (
        f"{Path.cwd() / ENV_FILE}" if ENV_FILE.is_file() else f"no {ENV_FILE} in {Path.cwd()}, all from the environment"
    )
    _say(f"Settings: {where}")
    _say("Mode: " + ("live" if settings.live else "sandbox (no TWITCH_CLIENT_ID, no JOYSTICK_CLIENT_ID)"))
    for finding in findings:
        _say(f"{MARKS[finding.weight]} {finding}")
    many = Counter(finding.weight for finding in findings)
    told = ", ".join(count(many[weight], weight) for weight in MARKS if many[weight])
    if many["error"]:
        _say(f"The bot would not start: {told}.")
        return 2
    _say(f"The bot would start: {told}." if told else "Everything is fine.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
