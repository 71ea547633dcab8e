"""``--version``, and with ``--verbose`` the parts that the bot uses, with their licences."""

import platform
import sys

from pixel_bot import __version__
from pixel_bot.diagnostics.licences import NOTICES, installed_parts


def show_version(*, verbose: bool) -> int:
    """Print the version.

    Returns:
        0.
    """
    lines = [f"Pixel Bot {__version__}"]
    if verbose:
        lines += [f"Python {platform.python_version()} on {platform.platform()}", "Licence: MIT", ""]
        lines += [f"{part.name} {part.version}: {part.licence}" for part in installed_parts()]
        lines += ["", *NOTICES]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
