"""``diagnose``: a report about this bot, also while it runs and when it cannot start."""

import sys
from datetime import datetime
from pathlib import Path

from pixel_bot.bot.cogs.settings_findings import findings_of_cogs, settings_of_cogs
from pixel_bot.diagnostics.report import write_report


async def diagnose(file: Path | None) -> int:
    """Pack the report.

    Args:
        file: where to; None for a name with the time in the working directory.

    Returns:
        0; or 1 when the file cannot be written.
    """
    target = file or Path(f"pixel-report-{datetime.now().astimezone():%Y%m%d-%H%M%S}.zip")
    try:
        names = await write_report(target, findings_of_cogs, settings_of_cogs)
    except OSError as exc:
        sys.stderr.write(f"{target} cannot be written: {exc.strerror}. Name another file.\n")
        return 1
    sys.stdout.write(f"Packed {', '.join(names)} into {target}.\n")
    sys.stdout.write("Secrets were taken out. Names of viewers may be in it: look through it before you send it.\n")
    return 0
