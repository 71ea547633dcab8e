"""Clips that Twitch makes."""

import asyncio
import logging

from twitchio import HTTPException

from pixel_bot.plugin import EffectFailed, PixelBot, later, texts

_ = texts(__name__)
log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
FAILED = later("Twitch did not make the clip.")
OFFLINE = later("The stream is offline, so Twitch has nothing to clip.")
STREAMER = "broadcaster"
"""Whose sign-in makes clips: by its role, because one account may have both."""


class TwitchClips:
    """Has Twitch make clips of the streamer's channel."""

    def __init__(self, bot: PixelBot) -> None:
        self._bot = bot

    @property
    def is_there(self) -> bool:
        """True once the bot is on Twitch."""
        return "twitch" in self._bot.channels

    async def make(self) -> str:
        """Make a clip. Returns its address, when it is really there.

        Twitch makes clips in its own time, and says so only by listing them.

        Raises:
            EffectFailed: there is none.
        """
        channel = self._bot.create_partialuser(self._bot.owner_id or self._bot.bot_id)
        try:
            made = await channel.create_clip(token_for=STREAMER)
            while True:
                async for clip in self._bot.fetch_clips(clip_ids=[made.id], token_for=STREAMER, first=1):
                    return str(clip.url)
                await asyncio.sleep(LOOK_SECONDS)
        except HTTPException as exc:
            log.warning("Twitch refused a clip: %s %s", exc.status, exc.extra.get("message", ""))
            offline = exc.status == 404
            raise EffectFailed(_(OFFLINE if offline else FAILED)) from None
        except (OSError, LookupError, KeyError) as exc:
            log.warning("Twitch's answer on a clip cannot be used: %s", type(exc).__name__)
            raise EffectFailed(_(FAILED)) from None
