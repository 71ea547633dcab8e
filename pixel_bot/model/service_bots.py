"""Service bots that are in many chats. They do not play, unless a mod lets one of them."""

SERVICE_BOTS = frozenset(
    {
        "botisimo",
        "botrixoficial",
        "coebot",
        "commanderroot",
        "creatisbot",
        "deepbot",
        "fossabot",
        "kofistreambot",
        "moobot",
        "mixitupapp",
        "nightbot",
        "own3d",
        "phantombot",
        "pokemoncommunitygame",
        "sery_bot",
        "soundalerts",
        "streamelements",
        "streamholics",
        "streamlabs",
        "streamstickers",
        "tangiabot",
        "wizebot",
        "wzbot",
    }
)
"""Their logins."""

COMMAND_BOTS = frozenset(
    {
        "botisimo",
        "botrixoficial",
        "coebot",
        "deepbot",
        "fossabot",
        "mixitupapp",
        "moobot",
        "nightbot",
        "phantombot",
        "streamelements",
        "streamlabs",
        "wizebot",
        "wzbot",
    }
)
"""Logins of those that answer commands of viewers, as this bot does."""

SERVICE_NAMES = SERVICE_BOTS | {f"{login}@joystick" for login in SERVICE_BOTS}
"""Their names in the database, on either platform."""
