"""All backends of one bot, built together and closed together."""

from dataclasses import dataclass

from pixel_bot.backends.obs import Obs
from pixel_bot.backends.tts import Engine, engine_for
from pixel_bot.filters import TextFilter
from pixel_bot.filters.bad_words import WordList
from pixel_bot.model.last_good import LastGoodFile
from pixel_bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Backends:
    """Speech, OBS (None: not set up), and the filter for everything that is spoken."""

    speech: Engine
    obs: Obs | None
    text_filter: TextFilter

    def start(self) -> None:
        """Begin to connect. Needs a running event loop."""
        if self.obs is not None:
            self.obs.start()

    async def close(self) -> None:
        """End child processes and connections."""
        await self.speech.close()
        if self.obs is not None:
            await self.obs.close()


def build_backends(settings: Settings, words: LastGoodFile[WordList] | None = None) -> Backends:
    """The backends that the settings ask for. Starts nothing.

    Args:
        settings: which ones, and where they are.
        words: the blocked words; read from their file if left out.
    """
    text_filter = TextFilter(words or settings.tts_words_file, settings.tts_max_chars)
    obs = Obs(settings.obs_host, settings.obs_port, settings.obs_password.get_secret_value())
    return Backends(
        speech=engine_for(settings),
        obs=obs if settings.obs_configured else None,
        text_filter=text_filter,
    )
