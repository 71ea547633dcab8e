"""The double's clips: created asynchronously, ready a moment later."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser

READY_SECONDS = 0.5
"""How long a clip is being made. Twitch takes some seconds."""

LENGTH_SECONDS = 30.0
MOST = 100


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that was asked for; ``ready`` is a moment of the monotonic clock."""

    id: str
    creator: SandboxUser
    at: datetime
    ready: float

    def as_json(self, url: str) -> Json:
        """The clip as Helix lists it. ``url`` is where a person can look at it."""
        return {
            "id": self.id,
            "url": url,
            "embed_url": url,
            "broadcaster_id": STREAMER.id,
            "broadcaster_name": STREAMER.name,
            "creator_id": self.creator.id,
            "creator_name": self.creator.name,
            "video_id": "",
            "game_id": "",
            "language": "en",
            "title": f"A moment of {STREAMER.name}",
            "view_count": 0,
            "created_at": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            "thumbnail_url": "",
            "duration": LENGTH_SECONDS,
            "vod_offset": None,
            "is_featured": False,
        }


class Clips:
    """The last clips of the streamer's channel."""

    def __init__(self) -> None:
        self._clips: dict[str, Clip] = {}

    def make(self, creator: SandboxUser) -> Clip:
        """Begin a clip. It is found from ``READY_SECONDS`` later on."""
        clip = Clip(f"Sandbox{secrets.token_hex(8)}", creator, datetime.now(UTC), time.monotonic() + READY_SECONDS)
        self._clips[clip.id] = clip
        if len(self._clips) > MOST:
            del self._clips[next(iter(self._clips))]
        return clip

    def ready(self, broadcaster_id: str = "", ids: list[str] | None = None) -> list[Clip]:
        """The clips that are there by now: those of the ids, or all of a channel, newest first."""
        there = [clip for clip in reversed(self._clips.values()) if clip.ready <= time.monotonic()]
        if ids:
            return [clip for clip in there if clip.id in ids]
        return there if broadcaster_id == STREAMER.id else []
