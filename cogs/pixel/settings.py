"""The settings of the AI."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from typing_extensions import override

from pixel_bot.plugin import CheckedBot, CogSettings, Sentence


class Settings(CogSettings):
    """Which AI answers, and how."""

    api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="AI_API_KEY",
        description="Key of the AI server. Ollama and LM Studio need none",
    )
    base_url: str = Field(
        "",
        validation_alias="AI_BASE_URL",
        description=(
            "Any server that works like OpenAI's. If you set a key and leave this out, the bot uses OpenAI itself"
        ),
    )
    model: str = Field("gpt-4o-mini", validation_alias="AI_MODEL", description="Model that answers !pixel")
    persona: Sentence = Field(
        "You are Pixel, the cheerful mascot of a live stream.",
        validation_alias="AI_PERSONA",
        description="The character that the AI plays",
    )
    daily_limit: int = Field(
        200,
        ge=0,
        le=1_000_000,
        validation_alias="AI_DAILY_LIMIT",
        description="How often the bot may ask the AI in a day. 0: no limit",
    )
    prefix: str = Field(
        "AI:",
        min_length=1,
        max_length=20,
        pattern=r"^[^\s!?/.$~+%&>@-][^\n]*$",
        validation_alias="AI_PREFIX",
        description="What each answer of the AI begins with, so that chat knows who speaks",
    )
    speak: bool = Field(False, validation_alias="AI_SPEAK", description="true: answers of !pixel are also read out")

    @property
    def is_server_set(self) -> bool:
        """True when there is a server to ask."""
        return bool(self.api_key.get_secret_value() or self.base_url)

    @override
    def problems(self, bot: CheckedBot) -> Iterator[str]:
        """An address that is none, and an AI that would speak, and is not there."""
        if self.base_url.strip() and not _is_http(self.base_url.strip()):
            yield "AI_BASE_URL: must begin with http:// or https:// and name a server."
        if self.speak and not self.is_server_set and bot.settings.live:
            yield "AI_SPEAK has no effect: there is no AI. Set AI_API_KEY, or AI_BASE_URL for a local one."


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
