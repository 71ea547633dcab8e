"""Service bots that are in many chats. They do not play, unless a mod lets one of them."""

from pixel_bot.model.names import name_of

SERVICE_BOTS = frozenset(
    {
        "botrixoficial",
        "commanderroot",
        "creatisbot",
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

SERVICE_NAMES = SERVICE_BOTS | {name_of(login, "joystick") for login in SERVICE_BOTS}
"""Their names in the database, on either platform."""
