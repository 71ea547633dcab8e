"""The application at Twitch that this copy of the bot brings along, if whoever packaged it filled one in."""

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from pixel_bot.db.engine import Database
from pixel_bot.db.models_twitch import AccountRow
from pixel_bot.settings import Settings

CLIENT_ID = ""
"""Client id of an application of the type Public, for people who register none. It is no secret.

Empty: there is none. It does not take the bot to Twitch by itself: without TWITCH_CLIENT_ID the bot stays on the
sandbox until somebody signs in with ``python -m pixel_bot login``.
"""


def with_default_app(settings: Settings) -> Settings:
    """The settings with the built-in application, where they name none."""
    if settings.on_twitch or not CLIENT_ID:
        return settings
    return settings.model_copy(update={"twitch_client_id": CLIENT_ID})


async def with_app_of_sign_ins(settings: Settings) -> Settings:
    """The settings with the built-in application, where they name none and somebody has signed in with it."""
    if settings.on_twitch or not CLIENT_ID or not await _has_sign_in(settings):
        return settings
    return with_default_app(settings)


async def _has_sign_in(settings: Settings) -> bool:
    database = Database(settings.database_for("live"))
    try:
        if database.path is not None and not database.path.exists():
            return False  # opening it would make the file
        async with database.readers() as session:
            mine = select(func.count()).select_from(AccountRow).where(AccountRow.client_id == CLIENT_ID)
            return bool((await session.execute(mine)).scalar_one())
    except (SQLAlchemyError, OSError):
        return False  # no such table yet, or no such server: the start says what is wrong
    finally:
        await database.close()
