"""Clips: from OBS where it is set up, else from Twitch."""

import asyncio
import logging
from typing import Any

from twitchio import HTTPException, PartialUser

from pixel_bot.backends.obs import Obs
from pixel_bot.errors import ChatError, EffectFailed

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
FAILED = "Twitch did not make the clip."
STREAMER = "broadcaster"
"""Whose sign-in makes clips: by its role, because one account may have both."""


class Clips:
    """Saves the last moments of the show."""

    def __init__(self, obs: Obs | None) -> None:
        self._obs = obs
        self._http: Any = None
        self._owner_id = ""

    def join_twitch(self, http: Any, owner_id: str) -> None:
        """From now on Twitch can make clips of this channel."""
        self._http = http
        self._owner_id = owner_id

    async def check(self) -> None:
        """Refuse before any point moves, when no clip could be saved now.

        Raises:
            ChatError: with what is missing.
        """
        if self._obs is not None:
            await self._obs.check()
        elif not self._owner_id:
            raise ChatError("Clips are not set up here: neither OBS nor Twitch is connected. Nothing was charged.")

    async def save(self) -> str:
        """Save a clip. Returns, when it is really there, what to say about it.

        Raises:
            EffectFailed: it was not saved.
        """
        if self._obs is not None:
            await self._obs.save_clip()
            return "The clip is saved on the streamer's disk."
        return f"Here is the clip: {await self._on_twitch()}"

    async def _on_twitch(self) -> str:
        """Twitch makes clips in its own time, and says so only by listing them."""
        channel = PartialUser(id=self._owner_id, http=self._http)
        try:
            made = await channel.create_clip(token_for=STREAMER)
            while True:
                async for clip in self._http.get_clips(clip_ids=[made.id], token_for=STREAMER, first=1):
                    return str(clip.url)
                await asyncio.sleep(LOOK_SECONDS)
        except HTTPException as exc:
            log.warning("Twitch refused a clip: %s %s", exc.status, exc.extra.get("message", ""))
            offline = exc.status == 404
            raise EffectFailed("The stream is offline, so Twitch has nothing to clip." if offline else FAILED) from None
        except (OSError, LookupError, KeyError) as exc:
            log.warning("Twitch's answer on a clip cannot be used: %s", type(exc).__name__)
            raise EffectFailed(FAILED) from None
