"""Encryption of tokens at rest, with a key that is not in the database."""

import base64
import binascii
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from pixel_bot.logs import hide
from pixel_bot.security.secret_file import kept_secret
from pixel_bot.settings import Settings

NAME = "secret.key"
SALT = b"pixel bot tokens"


class Cipher:
    """Encrypts and decrypts texts (https://cryptography.io/en/latest/fernet/)."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def seal(self, text: str) -> str:
        """The text, encrypted."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str | None:
        """The text again; None where it was encrypted with another key, or is damaged."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except (InvalidToken, ValueError):
            return None


def load_cipher(settings: Settings) -> Cipher:
    """The cipher of PIXEL_SECRET_KEY, or of a key that is made once and kept in DATA_DIR.

    Raises:
        FolderNotWritable: DATA_DIR cannot be written.
    """
    secret = settings.pixel_secret_key.get_secret_value()
    if not secret:
        secret = kept_secret(settings.data_dir / NAME, _is_key, lambda: Fernet.generate_key().decode())
    hide(secret)
    return Cipher(secret.encode() if _is_key(secret) else _stretched(secret))


def _is_key(secret: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(secret)) == 32
    except (binascii.Error, ValueError):
        return False


def _stretched(passphrase: str) -> bytes:
    """Key derivation from a passphrase, slow to guess. The salt is fixed: there is nowhere else to keep it."""
    return base64.urlsafe_b64encode(hashlib.scrypt(passphrase.encode(), salt=SALT, n=2**14, r=8, p=1, dklen=32))
