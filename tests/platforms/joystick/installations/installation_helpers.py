"""What tests of Joystick's installations look at."""

from cryptography.fernet import Fernet
from sqlalchemy import select

from pixel_bot.db.engine import Database
from pixel_bot.db.models import JoystickInstall
from pixel_bot.security.cipher import Cipher

KEY = Fernet.generate_key()
TOKEN, IDENTITY, REVOKE = "oauth/token", "v1/me/identity", "oauth/revoke"
GONE = (400, {"error": "invalid_grant"})


async def rows(database: Database) -> list[JoystickInstall]:
    """Installations as they stand in the database."""
    async with database.readers() as session:
        return list((await session.execute(select(JoystickInstall).order_by(JoystickInstall.id))).scalars())


async def tokens(database: Database) -> tuple[str | None, str | None]:
    """Those of the only installation, decrypted."""
    (row,) = await rows(database)
    return Cipher(KEY).unseal(row.access_token), Cipher(KEY).unseal(row.refresh_token or "")
