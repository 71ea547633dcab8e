"""``cog new`` and ``cog check``: for authors of cogs."""

import logging
import sys
from pathlib import Path

from pixel_bot.cog_tools import check as checking
from pixel_bot.cog_tools.new import shown, write_cog
from pixel_bot.settings import Settings
from pixel_bot.texts import count

USUAL_FOLDER = Path("my_cogs")


def new_cog(settings: Settings, name: str) -> int:
    """Write a cog and its test, and say what to do with them.

    Returns:
        0.

    Raises:
        StartError: the name cannot be used, or something of that name is there.
    """
    folder = settings.cogs_dir or USUAL_FOLDER
    made = write_cog(name, folder.absolute())
    cog, test = shown(made.cog), shown(made.test)
    _say(f"Wrote {cog} and {test}.")
    if settings.cogs_dir is None:
        _say(f"Add the line COGS_DIR={USUAL_FOLDER} to .env, start the bot, and type !{name} in chat.")
    else:
        _say(f"COGS_DIR names that folder already. Start the bot, or type !cog load {name}; then type !{name} in chat.")
    _say(f"Test it: python -m pytest {test}")
    _say(f"Check it: python -m pixel_bot cog check {cog}")
    return 0


async def check_cog(path: Path) -> int:
    """Look a cog over, and print what is wrong with it. It runs on a database of its own, without the network.

    Returns:
        0 when nothing is wrong; 1 otherwise.

    Raises:
        StartError: there is no cog at that path.
    """
    logging.disable(logging.CRITICAL)  # what the bot would log about it is among the findings
    try:
        found = await checking.check_cog(path)
    finally:
        logging.disable(logging.NOTSET)
    for finding in found:
        _say(str(finding))
    _say(f"{count(len(found), 'finding')}." if found else "Nothing is wrong with it.")
    return 1 if found else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
