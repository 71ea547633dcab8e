"""Which settings are secrets, so that none of them is ever logged or packed into a report."""

from collections.abc import Iterator

from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pixel_bot.logs import hide
from pixel_bot.settings import Settings


def hide_secrets(settings: Settings) -> None:
    """From now on no secret setting is logged."""
    for secret in secrets_of(settings):
        hide(secret)


def secrets_of(settings: Settings) -> Iterator[str]:
    """Every secret of the settings: keys, tokens, passwords, also the one in the database's URL."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and value.get_secret_value():
            yield value.get_secret_value()
    try:
        password = make_url(settings.database_url).password
    except (ArgumentError, ValueError):
        return
    if password:
        yield password
