"""Any server with ``/v1/audio/speech``: OpenAI's own, or a local one such as Kokoro, LocalAI or Speaches."""

import asyncio
import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, cast

from pydantic import Field, SecretStr

from pixel_bot.backends.base_url import with_version
from pixel_bot.backends.tts.speech import NotSetUp, Speech, match_voice
from pixel_bot.backends.tts.wav import speech_of
from pixel_bot.configuration.cog_settings import CogSettings
from pixel_bot.errors import EffectFailed
from pixel_bot.logs import hide, redact

if TYPE_CHECKING:
    from openai import APIError, AsyncOpenAI

    from pixel_bot.settings import Settings
from pixel_bot.wording.texts import texts

_ = texts(__name__)

log = logging.getLogger(__name__)

OPENAI = "https://api.openai.com/v1"
OPENAI_VOICES = (
    *("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable"),
    *("marin", "nova", "onyx", "sage", "shimmer", "verse"),
)
DEFAULT_VOICE = "alloy"
TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 0.5
FIX = "TTS_ENGINE=openai needs a server: set TTS_BASE_URL, or TTS_API_KEY for OpenAI itself."


@dataclass(frozen=True, slots=True)
class Server:
    """Where the speech comes from. ``timeout`` is for one text, a second try included."""

    base_url: str = ""
    key: str = field(default="", repr=False)
    model: str = "gpt-4o-mini-tts"
    voice: str = DEFAULT_VOICE
    timeout: float = TIMEOUT_SECONDS


class OtherServer(CogSettings):
    """The server that is used where speech has none of its own. Its settings belong to a cog that may not be there."""

    base_url: str = Field("", validation_alias="AI_BASE_URL")
    api_key: SecretStr = Field(SecretStr(""), validation_alias="AI_API_KEY")


def server_from(settings: "Settings") -> Server:
    """What the TTS_ settings say; address and key are those of ``OtherServer`` when they have none of their own."""
    other = settings.for_cog(OtherServer, "tts")
    key = settings.tts_api_key.get_secret_value() or other.api_key.get_secret_value()
    base_url = with_version(settings.tts_base_url or other.base_url)
    if not base_url and key:
        base_url = OPENAI
    return Server(base_url, key, settings.tts_model, settings.tts_voice or DEFAULT_VOICE)


class SpeechServer:
    """Speaks with what a server sends."""

    def __init__(self, server: Server) -> None:
        hide(server.key)
        self._server = server
        self._client: AsyncOpenAI | None = None
        self._voices: Sequence[str] = ()

    async def voices(self) -> Sequence[str]:
        """The server's list at ``/audio/voices``; OpenAI's own voices where there is none."""
        if not self._voices:
            self._voices = await self._list_voices()
        return self._voices

    async def check(self, text: str, voice: str = "") -> None:
        """See ``Engine.check``. These models read all scripts."""

    async def speak(self, text: str, voice: str = "") -> Speech:
        """See ``Engine.speak``. Tried once more when the server was busy, broken or out of reach for a moment."""
        name = match_voice(voice, await self.voices()) if voice else self._server.voice
        try:
            async with asyncio.timeout(self._server.timeout):
                wav = await self._fetch(text, name)
        except TimeoutError as exc:
            log.warning("The speech server took longer than %g s.", self._server.timeout)
            raise EffectFailed(_("The voice took too long over that text.")) from exc
        return await asyncio.to_thread(speech_of, wav)

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _fetch(self, text: str, voice: str) -> bytes:
        client = await self._connect()
        from openai import APIError

        try:
            return await self._request(client, text, voice)
        except APIError as exc:
            if not _may_pass(exc):
                _fail(exc)
            log.info("The speech server failed, trying once more: %s", _described(exc))
        await asyncio.sleep(RETRY_SECONDS)
        try:
            return await self._request(client, text, voice)
        except APIError as exc:
            _fail(exc)

    async def _request(self, client: "AsyncOpenAI", text: str, voice: str) -> bytes:
        answer = await client.audio.speech.create(
            input=text, model=self._server.model, voice=voice, response_format="wav"
        )
        return answer.content

    async def _list_voices(self) -> Sequence[str]:
        client = await self._connect()
        from openai import APIError, APIStatusError

        if self._server.base_url == OPENAI:
            return OPENAI_VOICES
        try:
            return _names(await client.get("/audio/voices", cast_to=object)) or OPENAI_VOICES
        except APIStatusError as exc:
            log.debug("The speech server does not list its voices: %s", _described(exc))
            return OPENAI_VOICES
        except APIError as exc:
            _fail(exc)

    async def _connect(self) -> "AsyncOpenAI":
        if not self._server.base_url:
            log.warning("%s", FIX)
            raise NotSetUp(FIX)
        # The import takes half a second, in which chat goes on.
        sdk = await asyncio.to_thread(importlib.import_module, "openai")
        if self._client is None:
            self._client = cast("type[AsyncOpenAI]", sdk.AsyncOpenAI)(
                base_url=self._server.base_url,
                api_key=self._server.key or "none",
                timeout=self._server.timeout,
                max_retries=0,
            )
        return self._client


def _names(listed: object) -> list[str]:
    """Voices as servers list them: names, or objects with a name or an id, in a list or below ``voices``."""
    found: Any = cast(dict[str, Any], listed).get("voices") if isinstance(listed, dict) else listed
    voices = cast(list[Any], found) if isinstance(found, list) else []
    names = {_name(cast(dict[str, Any], voice)) if isinstance(voice, dict) else str(voice) for voice in voices}
    return sorted(names - {""})


def _name(voice: dict[str, Any]) -> str:
    return str(voice.get("id") or voice.get("name") or "")


def _may_pass(exc: "APIError") -> bool:
    """True when a second try makes sense: no connection, too many requests, or the server's own fault."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(exc, APIStatusError):
        return exc.status_code == 429 or exc.status_code >= 500
    return isinstance(exc, APIConnectionError) and not isinstance(exc, APITimeoutError)


def _fail(exc: Exception) -> NoReturn:
    log.warning("The speech server did not speak: %s", _described(exc))
    raise EffectFailed(_("The voice is not available right now.")) from exc


def _described(exc: Exception) -> str:
    return redact(f"{type(exc).__name__}: {exc}")[:300]
